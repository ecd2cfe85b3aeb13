import { KnownError } from '../platform/errors.ts';
import type { RunEvents } from '../report/events.ts';
import type { Reporter } from './reporter.ts';

/**
 * Many reporters as one. A reporter that throws is left out from then on, stops neither the others nor
 * the run, and is said at the end through `say`.
 *
 * @param reporters by name, such as `html`
 * @param say takes one line, for stderr
 */
export function fanOut(
  reporters: Readonly<Record<string, Reporter>>,
  say: (line: string) => void,
): RunEvents & AsyncDisposable {
  const failures = new Map<string, unknown>();
  const call = (invoke: (reporter: Reporter) => void): void => {
    for (const [name, reporter] of Object.entries(reporters)) {
      if (failures.has(name)) continue;
      try {
        invoke(reporter);
      } catch (error) {
        failures.set(name, error);
      }
    }
  };
  return {
    begin: (run) => call((reporter) => reporter.begin?.(run)),
    phase: (phase) => call((reporter) => reporter.phase?.(phase)),
    criterionStart: (criterion) => call((reporter) => reporter.criterionStart?.(criterion)),
    criterionEnd: (result) => call((reporter) => reporter.criterionEnd?.(result)),
    progress: (progress) => call((reporter) => reporter.progress?.(progress)),
    notice: (line) => call((reporter) => reporter.notice?.(line)),
    report: (report) => call((reporter) => reporter.report?.(report)),
    async [Symbol.asyncDispose]() {
      // Also those that failed: they may hold a timer or the cursor.
      const ends = Object.entries(reporters).map(async ([name, reporter]) => {
        try {
          await reporter[Symbol.asyncDispose]?.();
        } catch (error) {
          if (!failures.has(name)) failures.set(name, error);
        }
      });
      await Promise.all(ends);
      for (const [name, error] of failures) say(`The ${name} report failed: ${describe(error)}`);
    },
  } satisfies Required<RunEvents> & AsyncDisposable;
}

/** A known error with its mend; an unknown one keeps its stack. */
function describe(error: unknown): string {
  if (error instanceof KnownError) return error.mend === undefined ? error.message : `${error.message}. ${error.mend}`;
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}
