import { LearnerError } from '../platform/errors.ts';
import type { CommandResult } from '../platform/process.ts';
import type { Assumption } from '../report/schema.ts';
import { causeIn } from './causes.ts';

/** The longest that a build may take. */
export const BUILD_TIMEOUT_MS = 5 * 60_000;
const LOG_LINES = 40;

/** The error of a build that failed, with the cause that its output names. */
export function buildError(command: readonly string[], result: CommandResult): LearnerError {
  const logs = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-LOG_LINES)
    .map((line) => line.slice(0, 2000));
  const cause = causeIn(logs);
  const how = result.timedOut
    ? 'did not end in time'
    : result.spawnError === 'ENOENT'
      ? `failed: "${command[0]}" is not there`
      : `failed with exit code ${result.exitCode ?? 'unknown'}`;
  return new LearnerError(
    `The build (${command.join(' ')}) ${how}${cause && !result.timedOut ? `: ${cause.cause}` : ''}.`,
    {
      fault: result.timedOut ? 'timeout' : 'learner',
      logs,
      mend: cause?.mend ?? 'Run the build on your machine after a fresh npm ci, and mend what it says.',
    },
  );
}

/** What is said of a build that failed and made all the same what it is for. */
export function builtAnyway(command: readonly string[], result: CommandResult, produces: string): Assumption {
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  const first = lines.find((line) => /error/i.test(line));
  return {
    what: `The app was started although its build (${command.join(' ')}) failed with exit code ${result.exitCode ?? 'unknown'}`,
    because: `${produces} is there${first === undefined ? '' : `; the build says: ${first.trim().slice(0, 300)}`}`,
  };
}
