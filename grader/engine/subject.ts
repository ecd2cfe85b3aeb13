import type { LearnerError } from '../platform/errors.ts';
import type { Target } from '../target/target.ts';

/** The submission under test, as the engine holds it. */
export interface Subject {
  /** As it is now; another one after a restart. */
  readonly target: Target;
  /** Why there is no app to talk to: it never came up, or did not come up again. */
  readonly bootFailure: LearnerError | undefined;
  /** How the app ended, when it has ended by itself since it was last started. */
  crash(): { reason: string; outOfMemory: boolean; logs: string[] } | undefined;
  /** What the app's log says of a service that it lacks, while it runs and does not answer: "MongoDB refused the connection at …". */
  suspicion(): string | undefined;
  /** Resolves when the app has ended, from when on `crash` tells how; at once when there is none, or when `signal` aborts. */
  ended(signal: AbortSignal): Promise<unknown>;
  /** Starts the app anew on the same data; sets `bootFailure` when it does not come up. */
  restart(): Promise<void>;
  /** @throws {InfrastructureError} when a service that the run needs no longer answers */
  assertServicesHealthy(): Promise<void>;
}
