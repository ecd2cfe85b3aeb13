import { LearnerError, type Place } from '../platform/errors.ts';
import type { Fault } from '../report/schema.ts';
import { type Cause, causeIn, type Facts, NO_FACTS } from './causes.ts';
import type { Readiness } from './readiness.ts';
import type { AppExit } from './submission.ts';

/** Why an app is not there, in a learner's words. */
export interface Diagnosis {
  reason: string;
  mend: string | undefined;
  fault: Extract<Fault, 'learner' | 'timeout' | 'out-of-memory'>;
  /** Its kind: one of a cause that the log names, or how the start went wrong (`watched`, `never-listened`, …). */
  kind: string;
  /** Where in the submission it shows. */
  places: Place[];
}

export interface StartContext {
  /** The start of the sentence: "The app (node server.js)". */
  what: string;
  timeoutMs: number;
  /** PORT. */
  preferred: number | undefined;
  facts?: Facts | undefined;
}

/** Why an app did not come up. */
export function explainStart(
  readiness: Exclude<Readiness, { state: 'ready' }>,
  lines: readonly string[],
  { what, timeoutMs, preferred, facts = NO_FACTS }: StartContext,
): Diagnosis {
  const seconds = `${Math.round(timeoutMs / 100) / 10} s`;
  switch (readiness.state) {
    case 'exited':
      return explainExit(readiness.exit, lines, `${what} ended before it answered`, facts);
    case 'watched':
      return explainWatched(readiness.watcher, lines, `${what} ended before it answered`, facts);
    case 'flooded':
      return {
        reason: `${what} printed without end while it started, and never answered.`,
        mend: 'Look for a loop that logs.',
        fault: 'learner',
        kind: 'flooded',
        places: [],
      };
    case 'timeout': {
      const cause = causeIn(lines, facts) ?? unsetBefore(facts);
      if (readiness.ports.length > 0) {
        return named(cause, {
          reason: `${what} listens on port ${readiness.ports.join(', ')}, but gave no HTTP answer in ${seconds}`,
          mend: 'Look for work that blocks the event loop, or a server that speaks something else than HTTP.',
          fault: 'timeout',
          kind: 'no-answer',
        });
      }
      return named(cause, {
        reason: `${what} did not listen on any port in ${seconds}`,
        mend: `Call app.listen(process.env.PORT)${preferred === undefined ? '' : ` (PORT was ${preferred})`} as soon as the app starts.`,
        fault: cause ? 'learner' : 'timeout',
        kind: 'never-listened',
      });
    }
  }
}

/** Why an app ended. `what` is the start of the sentence: "The app ended while it was graded". */
export function explainExit(exit: AppExit, lines: readonly string[], what: string, facts: Facts = NO_FACTS): Diagnosis {
  if (exit.outOfMemory || isHeapExhausted(lines)) return outOfMemory(what);
  const how = exit.signal === undefined ? `exit code ${exit.exitCode ?? 'unknown'}` : exit.signal;
  return named(causeIn(lines, facts), {
    reason: `${what} (${how})`,
    mend:
      exit.exitCode === 0
        ? 'Make sure that it calls app.listen and does not end by itself.'
        : 'Start it on your machine as the grader does (npm ci, then its start command) and look at the log.',
    fault: 'learner',
    kind: 'exited',
  });
}

/** Why an app ended below a watcher, whose process lives on. */
export function explainWatched(
  watcher: string | undefined,
  lines: readonly string[],
  what: string,
  facts: Facts = NO_FACTS,
): Diagnosis {
  if (isHeapExhausted(lines)) return outOfMemory(what);
  return named(causeIn(lines, facts), {
    reason: `${what}, and ${watcher ?? 'what started it'} waits for its files to change`,
    mend: 'Look at the log; a start script of "node server.js", without a watcher, would have said it at once.',
    fault: 'learner',
    kind: 'watched',
  });
}

/** The error for an app that is not there. */
export function startError({ reason, ...rest }: Diagnosis, logs: readonly string[]): LearnerError {
  return new LearnerError(reason, { ...rest, logs });
}

/** Whether V8 gave up for lack of heap. */
export function isHeapExhausted(lines: readonly string[]): boolean {
  return lines.some((line) =>
    /JavaScript heap out of memory|Array buffer allocation failed|ERR_WORKER_OUT_OF_MEMORY/.test(line),
  );
}

function outOfMemory(what: string): Diagnosis {
  return {
    reason: `${what}: it ran out of memory.`,
    mend: 'Look for data that is kept for ever, or read whole where a page or a stream would do.',
    fault: 'out-of-memory',
    kind: 'out-of-memory',
    places: [],
  };
}

/** A diagnosis with its cause at the end of the sentence, where there is one. */
function named(
  cause: Cause | undefined,
  otherwise: { reason: string; mend: string; fault: Diagnosis['fault']; kind: string },
): Diagnosis {
  if (cause === undefined) return { ...otherwise, reason: `${otherwise.reason}.`, places: [] };
  const { kind, mend, places } = cause;
  return { reason: `${otherwise.reason}: ${cause.cause}.`, mend, fault: otherwise.fault, kind, places };
}

/** An app that waits in silence may wait for a database whose variable nobody has set. */
function unsetBefore(facts: Facts): Cause | undefined {
  const unset = facts.missing.find(({ meaning }) => meaning.kind === 'service');
  if (unset === undefined) return undefined;
  const { name, file, line } = unset;
  return {
    kind: 'missing-variable',
    cause: `it may wait for a server whose address it takes from ${name}, which is not set (${file}:${line})`,
    mend: `Name a value for ${name} in grade.yaml (env:), or read a usual name (DATABASE_URL, MONGODB_URI, REDIS_URL).`,
    places: [{ file, line, message: `${name} is read here` }],
  };
}
