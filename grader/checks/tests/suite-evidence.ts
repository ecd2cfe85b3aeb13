import type { Recorder } from '../recorder.ts';
import { type Trace, traceOf } from './line-coverage.ts';
import type { OwnFile } from './own-source.ts';
import { readScripts } from './script-positions.ts';
import type { SuiteResult } from './suite-result.ts';

/** Most failed tests that are named, and most of what one says. */
const MAX_FAILURES = 5;
const MAX_MESSAGE = 300;

/**
 * Notes how a run of the learner's suite came out: that it ends, has tests, and passes.
 *
 * @returns whether all of that holds
 */
export function recordSuite(record: Recorder, result: SuiteResult, timeoutMs: number): boolean {
  const { run, tally, passed } = result;
  record.command(run);
  const seconds = `${timeoutMs / 1000} s`;
  if (run.timedOut) {
    return record.assert('the test suite comes to its end', false, {
      expected: `an end within ${seconds}`,
      received:
        tally === undefined
          ? `it was stopped after ${seconds}`
          : `it was stopped after ${seconds}: all tests had ended (${tallyInWords(tally)}), but something was still open, such as a server, a timer or a database connection`,
      command: run,
    });
  }
  record.assert('the test suite comes to its end', true);
  const some = tally !== undefined && tally.passed + tally.failed > 0;
  if (!some) {
    return record.assert('the test suite has tests', false, {
      expected: 'at least one test that is run',
      received: `${tally === undefined ? 'no test runner told of any test' : tallyInWords(tally)}; exit code ${run.exitCode ?? run.signal}`,
      command: run,
    });
  }
  record.assert('the test suite has tests', true);
  return record.assert('every test passes', passed, {
    expected: 'no test fails, and exit code 0',
    received: [tallyInWords(tally), ...(passed ? [] : whatFailed(result))].join('\n'),
    command: run,
  });
}

/**
 * What V8's counts say of each file. Files whose transform leaves no source map (Vitest's, for one) can't be counted,
 * which is noted as a failure of its own: it is not that no test runs them.
 */
export function traceFiles(record: Recorder, files: readonly OwnFile[], { scripts }: SuiteResult): Map<OwnFile, Trace> {
  const read = readScripts(scripts);
  const traces = new Map(files.map((file) => [file, traceOf(file, read)]));
  const lost = files.filter((file) => traces.get(file)?.lost);
  if (lost.length > 0) {
    record.assert('what the tests run can be traced back to the source', false, {
      expected: 'files that run as they are, or with a source map, as under Jest, node:test and Mocha',
      received: `no source map for ${lost
        .slice(0, 5)
        .map(({ path }) => path)
        .join(', ')}${lost.length > 5 ? ` and ${lost.length - 5} more` : ''}`,
    });
  }
  return traces;
}

export function tallyInWords({ passed, failed, skipped }: NonNullable<SuiteResult['tally']>): string {
  return [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ');
}

function whatFailed({ run, failures }: SuiteResult): string[] {
  if (failures.length === 0) return [`exit code ${run.exitCode ?? run.signal}`];
  const more = failures.length - MAX_FAILURES;
  return [
    ...failures.slice(0, MAX_FAILURES).map(({ name, message }) => `${name}: ${message.slice(0, MAX_MESSAGE)}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}
