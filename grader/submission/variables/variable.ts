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
  /** The source itself shows the meaning; otherwise names do. */
  byUse: boolean;
  /** It is read somewhere without a default, and not only looked at. */
  required: boolean;
  /**
   * It stands beside parts that the source fixes (a database's name) or lacks (a password), so that it must name
   * this machine, where everybody is let in: see `Habit`.
   */
  local: boolean;
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
  | { kind: 'pem'; half: 'private' | 'public'; algorithm?: KeyAlgorithm; encoding?: 'base64' }
  /** NODE_ENV and its like. */
  | { kind: 'mode' }
  /** A setting without which it breaks, with a value that does. */
  | { kind: 'setting'; value: string }
  | { kind: 'unknown' };

export type KeyAlgorithm = 'rsa' | 'ec' | 'ed25519';

/** To a `server-url` the app itself appends `/` and the database's name, to an `open-url` a `?` and options. */
export type ServicePart = 'url' | 'host' | 'port' | 'user' | 'password' | 'database' | 'server-url' | 'open-url';
