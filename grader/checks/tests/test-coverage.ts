import { z } from 'zod';
import { defineCheck } from '../check.ts';
import { duration } from '../duration.ts';
import { recordFailurePlaces } from './failure-places.ts';
import { recordCoverage } from './coverage-evidence.ts';
import { LearnerSuite } from './learner-suite.ts';
import { fileCoverage } from './line-coverage.ts';
import { ownSource } from './own-source.ts';
import { sourceGlobs } from './suite-params.ts';
import { recordSuite, traceFiles } from './suite-evidence.ts';
import { looksAtResults } from './test-assertions.ts';

const params = z.strictObject({
  ...sourceGlobs,
  timeout: duration.default(120_000).describe('The longest that the suite may take'),
});

/**
 * Runs the learner's own suite (`npm test`) in the sandbox and counts which lines of their source it runs, for
 * `score: { metric: linesCovered, zero: 40, full: 80 }` (per cent; `statementsCovered` beside it).
 *
 * The count is the grader's own. V8 counts in each Node process of the suite, asked by a probe that is loaded before
 * anything else, and the grader maps the counts to the files as they were handed in. What a test runner reports, its
 * settings (thresholds, `coveragePathIgnorePatterns`) and comments such as `istanbul ignore` are not asked. Files that
 * no test loads count as uncovered. Why not NODE_V8_COVERAGE alone: what Jest runs is Babel's output, and V8's JSON
 * holds offsets into that text, but neither the text nor its source map; the probe brings both along.
 *
 * What can't be kept from a learner: the tests run beside the probe, as the same user. A test may call everything
 * and look at nothing, and code written against this probe could forge its records. Coverage shows what no test runs;
 * that tests would notice a mistake is for `test-mutation` to tell. Let that one be worth more.
 *
 * Limits of the count. V8 counts blocks, not lines: what follows a call that threw, in the same block, counts as run. A
 * process that is killed (SIGKILL) takes its counts with it. A transform that leaves no source map can't be traced back
 * (Vitest; Jest with Babel, ts-jest or swc, node:test, tsx, Mocha can); the learner is told so.
 *
 * It runs alone and last, and the app is started anew after it: the tests get the app's variables, thus its databases,
 * and may empty them.
 */
export const check = defineCheck<z.infer<typeof params>>({
  id: 'test-coverage',
  summary: 'Runs the learner’s own tests and counts which lines of their source are run',
  params,
  inputs: ['workspace', 'files'],
  alone: true,
  disruptive: true,
  timeoutMs: 200_000,
  async run(context, { files, except, timeout }) {
    const { record, target } = context;
    const source = await ownSource(target.files, files, except);
    if (source.assumed)
      record.note(`No source file is in ${files.join(', ')}: all files but tests and settings were counted.`);
    await using workspace = await target.workspace();
    const suite = await LearnerSuite.open(context, workspace);
    const result = await suite.run({ timeoutMs: timeout, probe: true });
    const held = recordSuite(record, result, timeout);
    await recordFailurePlaces(context, result);
    if (result.run.timedOut) return;
    if (held) await looksAtResults(context, result, source.files);
    const traces = traceFiles(record, source.files, result);
    recordCoverage(
      record,
      [...traces].map(([file, trace]) => fileCoverage(file, trace)),
      result,
    );
  },
});
