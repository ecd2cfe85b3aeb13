/**
 * A failure that we understand: one line that says what and where, one that says how to mend it.
 * Shown without a stack. Everything else is unknown and keeps its stack.
 */
export class KnownError extends Error {
  /** What to do about it, in the imperative; shown on a line of its own. */
  readonly mend: string | undefined;
  override name = 'KnownError';

  constructor(message: string, options: { mend?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.mend = options.mend;
  }
}

/** Wrong use or configuration: a bad argument, a broken rubric, a missing path. Exit code 2. */
export class UsageError extends KnownError {
  override name = 'UsageError';
}

/**
 * The grader's own trouble: no Docker engine, a registry that is down, a database that did not start.
 * Never costs a learner points. Exit code 3.
 */
export class InfrastructureError extends KnownError {
  override name = 'InfrastructureError';
}

/** What went wrong on the learner's side before or during checks: install, build, boot, crash. */
export class LearnerError extends KnownError {
  override name = 'LearnerError';
  readonly fault: 'learner' | 'timeout' | 'out-of-memory';
  /** The last lines that the submission printed, oldest first. */
  readonly logs: readonly string[];
  /** The kind of mistake, where it is known: `missing-variable`, `service-refused`. */
  readonly kind: string | undefined;
  /** Where in the submission it shows. */
  readonly places: readonly Place[];

  constructor(
    message: string,
    options: {
      fault?: 'learner' | 'timeout' | 'out-of-memory' | undefined;
      mend?: string | undefined;
      cause?: unknown;
      logs?: readonly string[] | undefined;
      kind?: string | undefined;
      places?: readonly Place[] | undefined;
    } = {},
  ) {
    super(message, { cause: options.cause, ...(options.mend === undefined ? {} : { mend: options.mend }) });
    this.fault = options.fault ?? 'learner';
    this.logs = options.logs ?? [];
    this.kind = options.kind;
    this.places = options.places ?? [];
  }
}

/** A line of a submission's file, relative to its root, and what is seen there. */
export interface Place {
  file: string;
  line: number;
  message: string;
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.split('\n', 1)[0] ?? '';
}

/**
 * A full disk in words, wherever it was noticed; every other error as it is.
 *
 * @param error anything that was thrown, also with the system's error as its cause
 */
export function explainSystemError(error: unknown): unknown {
  if (error instanceof KnownError) return error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code, path, dest } = cause as NodeJS.ErrnoException & { dest?: string };
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new InfrastructureError(`no space is left on the disk${(dest ?? path) ? ` for ${dest ?? path}` : ''}`, {
        mend: 'Make room, or point TMPDIR and GRADE_CACHE_DIR at a disk that has some.',
        cause: error,
      });
    }
  }
  return error;
}
