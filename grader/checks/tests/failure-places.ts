import type { CheckContext } from '../check.ts';
import { fileOf, type Frame, stacksIn } from './stack-frames.ts';
import type { SuiteResult } from './suite-result.ts';

/** Most failed tests that are pointed at. */
const MAX_PLACES = 20;
const MAX_MESSAGE = 300;
const TEST_FILE = /\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|\/)(?:tests?|__tests__|spec)\//;

/**
 * Notes where the tests that failed did so: at the assertion in the test's own file, else at the first line of the
 * submission in its stack. Jest says which test it was; of other runners the stacks that they print are read, and
 * only those that lead into a test file: an app may print stacks of its own.
 */
export async function recordFailurePlaces({ record, target }: CheckContext, result: SuiteResult): Promise<void> {
  if (result.passed) return;
  const paths = await target.files.list();
  const seen = new Set<string>();
  const point = async (frame: Frame | undefined, message: string) => {
    const file = frame && fileOf(frame, paths);
    if (frame === undefined || file === undefined || seen.size === MAX_PLACES) return;
    const key = `${file}:${frame.line}`;
    // A suite may say anything of itself: a line that the file lacks is no place.
    const lines = (await target.files.read(file))?.split('\n').length ?? 0;
    if (seen.has(key) || frame.line < 1 || frame.line > lines) return;
    seen.add(key);
    record.position({ file, line: frame.line, message });
  };
  const isTest = (frame: Frame) => TEST_FILE.test(fileOf(frame, paths) ?? '');
  for (const { name, message, stack } of result.failures) {
    const [frames = []] = stacksIn(stack);
    const own = frames.find(isTest) ?? frames.find((frame) => fileOf(frame, paths) !== undefined);
    await point(own, `the test “${name}” fails: ${message}`.slice(0, MAX_MESSAGE));
  }
  if (result.failures.length > 0) return;
  for (const frames of stacksIn(`${result.run.stdout}\n${result.run.stderr}`)) {
    await point(frames.find(isTest), 'a test fails here');
  }
}
