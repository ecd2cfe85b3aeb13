import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { LearnerError } from '../../platform/errors.ts';
import type { Workspace } from '../../target/target.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration } from '../duration.ts';
import { recordFailurePlaces } from './failure-places.ts';
import { LearnerSuite } from './learner-suite.ts';
import { chooseMutants, type Mutant, mutantsOf } from './mutants.ts';
import { suiteLimit, totalLimit } from './mutation-limits.ts';
import { recordMutation } from './mutation-evidence.ts';
import { passesAgain, runMutants } from './mutation-run.ts';
import { ownSource } from './own-source.ts';
import { sourceGlobs } from './suite-params.ts';
import type { SuiteResult } from './suite-result.ts';
import { recordSuite, tallyInWords, traceFiles } from './suite-evidence.ts';
import { findTestFiles } from './test-files.ts';

const params = z.strictObject({
  ...sourceGlobs,
  mutants: z.int().min(1).max(100).default(24).describe('Most mistakes that are made, one at a time'),
  least: z.int().min(1).default(8).describe('Fewest that say anything; a suite too slow for so many is told so'),
  timeout: duration.default(60_000).describe('The longest that one run of the suite may take'),
  budget: duration
    .default(480_000)
    .describe('How long all runs may take together; up to three times as long where the unchanged suite takes long'),
});

/**
 * Breaks the learner's source in small ways that people really break it in, one at a time, and runs the learner's
 * own tests on each: a suite that checks something notices. For `score: { metric: mutantsNoticed, zero: 20, full: 65 }`
 * (per cent). Ask for 60 to 70 at most: some mistakes can't show in any test. Let it need a `test-coverage` criterion,
 * since only code that the tests run is broken, and a suite that runs little has little to notice.
 *
 * The mistakes follow from the source text, not from the seed: the same source is always judged by the same ones, and
 * a regraded submission keeps its mark. They are spread over kinds, files and lines. A suite that hangs notices; how
 * long it may take follows from how long it takes on the unchanged source.
 *
 * Where Jest is the runner, each of its test files is run alone once, to see what it reaches: a mistake is then tried on
 * those test files only that run the place where it is, since no other can notice.
 *
 * Noticing is only worth something when the suite passes on the unchanged source, and does so each time. It is run on
 * it first, again with a line added that changes nothing (tests that look at the source instead of what it does notice
 * that too), and now and then between mistakes: data that a broken run has left behind makes later runs fail.
 *
 * It runs alone and last, and the app is started anew after it: the tests get the app's variables, thus its databases.
 * A run takes what the suite takes, for each mistake and some times more: give a slow suite fewer `mutants`, and set
 * the criterion's `timeout` above three times a longer `budget`. All limits follow from the time of the unchanged suite,
 * so that a busy machine costs nobody points.
 */
export const check = defineCheck<z.infer<typeof params>>({
  id: 'test-mutation',
  summary: 'Breaks the learner’s source in small ways and counts how many of them their own tests notice',
  params,
  inputs: ['workspace', 'files'],
  alone: true,
  disruptive: true,
  timeoutMs: 1_800_000,
  async run(context, { files, except, mutants: most, least, timeout, budget }) {
    const { record, target, signal } = context;
    const start = performance.now();
    const source = await ownSource(target.files, files, except);
    await using workspace = await target.workspace();
    const suite = await LearnerSuite.open(context, workspace);
    const baseline = await suite.run({ timeoutMs: timeout, probe: true });
    const held = recordSuite(record, baseline, timeout);
    await recordFailurePlaces(context, baseline);
    if (!held) return;

    const traces = traceFiles(record, source.files, baseline);
    if (!record.ok) return;
    const all = [...traces].flatMap(([file, { reached }]) => mutantsOf(file, reached));
    const mutants = chooseMutants(all, most);
    const some = record.assert('the tests run code of the app that can be broken', mutants.length > 0, {
      expected: 'tests that load the source and run its functions',
      received: `${mutants.length} places to break in what the tests run`,
    });
    if (!some || !(await isSteady(context, suite, workspace, baseline, mutants))) return;

    const testFilesFor = await findTestFiles(suite, baseline, mutants);
    const limit = totalLimit(baseline, mutants.length, budget);
    const deadline = start + limit;
    const { outcomes, cut } = await runMutants({
      suite,
      workspace,
      baseline,
      mutants,
      testFilesFor,
      deadline,
      signal,
    });
    const enough = outcomes.length >= Math.min(least, mutants.length);
    if (cut?.because === 'not repeatable' && !enough) return noteUnsteady(context, cut.control);
    if (!enough) {
      throw new LearnerError(
        `The test suite is too slow: within ${limit / 1000} s it could be run for ${outcomes.length} of ${mutants.length} changes of the source.`,
        { fault: 'timeout', mend: 'Make tests wait for what they need, and for no longer; open connections once.' },
      );
    }
    if (cut !== undefined) {
      const why =
        cut.because === 'budget'
          ? 'there was no time for more'
          : 'then the suite failed on the unchanged source as well: it depends on data that an earlier run left behind';
      record.note(`${outcomes.length} of ${mutants.length} changes were tried; ${why}.`);
    }
    recordMutation(record, outcomes);
  },
});

/** Whether the suite passes again, and with a line in each file to be broken that changes nothing. Each gets a second try. */
async function isSteady(
  context: CheckContext,
  suite: LearnerSuite,
  workspace: Workspace,
  baseline: SuiteResult,
  mutants: readonly Mutant[],
): Promise<boolean> {
  const files = new Set(mutants.map(({ file }) => file));
  const run = () => suite.run({ timeoutMs: suiteLimit(baseline) });
  const rewrite = async (addition: string) => {
    for (const { inApp, text } of files) await workspace.writeFile(inApp, text + addition);
  };
  for (let tries = 1; ; tries++) {
    await rewrite('\n// This line changes nothing.\nvoid 0;\n');
    const harmless = await run();
    await rewrite('');
    if (harmless.passed) return true;
    const again = await passesAgain(run);
    if (!again.passed) {
      noteUnsteady(context, again);
      return false;
    }
    if (tries === 1) continue;
    context.record.assert('the tests look at what the source does, not at how it is written', false, {
      expected: 'the suite still passes when a comment and "void 0;" are added at the end of its source files',
      received: harmless.tally ? tallyInWords(harmless.tally) : 'no test ran',
      command: kept(context, harmless),
    });
    return false;
  }
}

function noteUnsteady(context: CheckContext, again: SuiteResult): void {
  context.record.assert('the suite passes each time that it is run', false, {
    expected:
      'the same outcome on the same source: each test makes the data that it needs, and cleans up what was there before',
    received: [
      again.tally ? tallyInWords(again.tally) : 'no test ran',
      ...again.failures.slice(0, 3).map(({ name, message }) => `${name}: ${message.slice(0, 300)}`),
    ].join('\n'),
    command: kept(context, again),
  });
}

function kept({ record }: CheckContext, { run }: SuiteResult): SuiteResult['run'] {
  record.command(run);
  return run;
}
