import type { Limits, Runtime, Submission } from '../submission.ts';
import type { Npm } from './npm.ts';

export interface InstallOptions {
  submission: Submission;
  runtime: Runtime;
  npm: Npm;
  /** A folder of this user, where installed packages are kept from run to run. */
  cacheDir: string;
  /** Of install scripts. */
  limits: Limits;
  signal: AbortSignal;
  /** Packages that the app's commands use without declaring them, by range. Default: none. */
  tools?: Readonly<Record<string, string>>;
  /** Default 5 minutes. */
  timeoutMs?: number;
}

export const DEFAULT_TIMEOUT_MS = 5 * 60_000;
