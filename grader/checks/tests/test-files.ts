import type { LearnerSuite } from './learner-suite.ts';
import { traceOf } from './line-coverage.ts';
import type { Mutant } from './mutants.ts';
import { suiteLimit } from './mutation-limits.ts';
import type { OwnFile } from './own-source.ts';
import { readScripts } from './script-positions.ts';
import type { SuiteResult } from './suite-result.ts';

/** The test files that run the place where a mutant is; undefined where all have to be tried. */
export type TestFilesFor = (mutant: Mutant) => readonly string[] | undefined;

/**
 * Runs each test file alone, on the unchanged source, to see what it reaches. Nothing is told apart where the runner is
 * not Jest, where that would cost more runs than there are mutants, or where a file does not pass alone: tests that need
 * others before them are only ever run together.
 */
export async function findTestFiles(
  suite: LearnerSuite,
  baseline: SuiteResult,
  mutants: readonly Mutant[],
): Promise<TestFilesFor> {
  const { testFiles } = baseline;
  if (testFiles.length < 2 || testFiles.length > mutants.length) return () => undefined;
  const files = new Set(mutants.map(({ file }) => file));
  const reachedBy = new Map<string, Map<OwnFile, ReturnType<typeof traceOf>>>();
  for (const testFile of testFiles) {
    const alone = await suite.run({ timeoutMs: suiteLimit(baseline), probe: true, only: [testFile] });
    if (!alone.passed || alone.testFiles.join('\n') !== testFile) return () => undefined;
    const scripts = readScripts(alone.scripts);
    reachedBy.set(testFile, new Map([...files].map((file) => [file, traceOf(file, scripts)])));
  }
  return ({ file, shows }) => {
    const reaching = testFiles.filter((testFile) =>
      reachedBy.get(testFile)?.get(file)?.reached(shows.start, shows.end),
    );
    return reaching.length > 0 ? reaching : undefined;
  };
}
