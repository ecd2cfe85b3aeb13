import type { ServiceKind } from '../../target/target.ts';

/** An environment variable that a submission reads, or that its settings files name. */
export interface Variable {
  name: string;
  meaning: Meaning;
  /** Where it is read, relative to the repository. */
  file: string;
  line: number;
  /** The literal that the source takes when it is not set. */
  fallback: string | undefined;
}

/** What an app takes a variable for. */
export type Meaning =
  /** Where it listens. */
  | { kind: 'listen'; part: 'port' | 'host' }
  | { kind: 'service'; service: ServiceKind; part: ServicePart }
  /** Any long random text: signs tokens, sessions, cookies. */
  | { kind: 'secret' }
  /** A text that must only look like a key of Stripe. */
  | { kind: 'stripe-key' }
  /** A half of a key pair. */
  | { kind: 'pem'; half: 'private' | 'public' }
  /** NODE_ENV and its like. */
  | { kind: 'mode' }
  /** A setting without which it breaks, with a value that does. */
  | { kind: 'setting'; value: string }
  | { kind: 'unknown' };

/** `server-url` is a URL to which the app itself appends `/` and the database's name. */
export type ServicePart = 'url' | 'host' | 'port' | 'user' | 'password' | 'database' | 'server-url';
