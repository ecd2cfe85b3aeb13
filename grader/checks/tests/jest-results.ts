import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { InfrastructureError } from '../../platform/errors.ts';
import type { Recorder } from '../recorder.ts';
import type { JestResults } from './jest-run.ts';
import { stacksIn } from './stack-frames.ts';

/** Most characters of one failure that are told. */
const MAX_MESSAGE_CHARS = 1500;

/**
 * Notes one assertion for each test that ran.
 *
 * @throws {InfrastructureError} for a spec file that is broken in itself, or holds no test
 */
export function recordResults(record: Recorder, { testResults }: JestResults, dir: string): void {
  for (const { name, message, assertionResults } of testResults) {
    const spec = relative(dir, name);
    if (assertionResults.length === 0) {
      throw new InfrastructureError(
        `the spec ${spec} can’t be run: ${
          plain(message)
            .split('\n')
            .find((line) => line.trim() !== '' && !line.includes('●'))
            ?.trim() ?? 'it holds no test'
        }`,
        {
          mend: 'Run it with Jest by hand, and mend it.',
        },
      );
    }
    for (const test of assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') {
        const received = test.failureMessages
          .map((text) => plain(text))
          .join('\n\n')
          .slice(0, MAX_MESSAGE_CHARS);
        const place = placeIn(test.failureMessages[0] ?? '', name);
        record.assert(test.fullName, test.status === 'passed', {
          expected: 'the test passes',
          received: `${received || test.status}${place === undefined ? '' : `\n\nat ${spec}:${place}`}`,
        });
      } else {
        record.note(`The test "${test.fullName}" in ${spec} is switched off (${test.status}).`);
      }
    }
  }
}

/** The line and column of the assertion in the spec that failed; the spec is the rubric's, not the learner's. */
function placeIn(message: string, spec: string): string | undefined {
  const frame = stacksIn(stripVTControlCharacters(message))
    .flat()
    .find(({ path }) => path === spec);
  return frame && `${frame.line}:${frame.column}`;
}

/** Without colours and without the frames of the grader's own stack. */
function plain(message: string): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => !/^\s+at /.test(line))
    .join('\n')
    .trim();
}
