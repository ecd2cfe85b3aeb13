import { performance } from 'node:perf_hooks';
import type { Workspace } from '../../target/target.ts';
import type { LearnerSuite } from './learner-suite.ts';
import { type Mutant, mutated } from './mutants.ts';
import { suiteLimit, testLimit } from './mutation-limits.ts';
import type { SuiteResult } from './suite-result.ts';
import type { TestFilesFor } from './test-files.ts';

/** What became of one mutant. */
export interface Outcome {
  mutant: Mutant;
  /** `failed`: tests failed; `endless`: the suite did not come to its end. Both are noticing. */
  noticed: 'failed' | 'endless' | undefined;
}

export interface MutationResult {
  outcomes: Outcome[];
  /** Why not all of the mutants have an outcome; undefined when they have. */
  cut: { because: 'budget' } | { because: 'not repeatable'; control: SuiteResult } | undefined;
}

export interface MutationOptions {
  suite: LearnerSuite;
  workspace: Workspace;
  /** The suite on the unchanged source. */
  baseline: SuiteResult;
  mutants: readonly Mutant[];
  /** The test files that can notice a mutant; undefined: any may. */
  testFilesFor: TestFilesFor;
  /** When to stop beginning new ones, on the clock of `performance.now()`. */
  deadline: number;
  signal: AbortSignal;
}

/** After so many mutants, and after each that had to be stopped, the unchanged source is tried again. */
const SEGMENT = 10;

/**
 * Runs the suite once for each mutant. What one run leaves in a database can make every later run fail, which is
 * not noticing: the unchanged source is tried again now and then, and outcomes count only when it passes after them.
 */
export async function runMutants(options: MutationOptions): Promise<MutationResult> {
  const { suite, baseline, mutants, deadline, signal } = options;
  const outcomes: Outcome[] = [];
  let waiting: Outcome[] = [];
  const run = (only?: readonly string[]) =>
    suite.run({ timeoutMs: suiteLimit(baseline), jest: quick(suite, baseline), only });

  for (const [index, mutant] of mutants.entries()) {
    signal.throwIfAborted();
    // What is begun still has to be checked against the unchanged source.
    const late = performance.now() + 2 * baseline.run.durationMs > deadline;
    if (!late) waiting.push(await tryMutant(options, mutant, () => run(options.testFilesFor(mutant))));
    const last = late || index === mutants.length - 1;
    if (waiting.length >= SEGMENT || last || waiting.at(-1)?.noticed === 'endless') {
      const control = waiting.length === 0 ? undefined : await passesAgain(() => run());
      if (control !== undefined && !control.passed) return { outcomes, cut: { because: 'not repeatable', control } };
      outcomes.push(...waiting);
      waiting = [];
    }
    if (late) return { outcomes, cut: { because: 'budget' } };
  }
  return { outcomes, cut: undefined };
}

/** Options for runs of which only the outcome matters. */
function quick({ command }: LearnerSuite, baseline: SuiteResult): string[] {
  const own = command.steps.some(({ line }) => line.includes('--testTimeout'));
  return ['--bail=1', '--forceExit', ...(own ? [] : [`--testTimeout=${testLimit(baseline)}`])];
}

async function tryMutant(
  { workspace }: MutationOptions,
  mutant: Mutant,
  run: () => Promise<SuiteResult>,
): Promise<Outcome> {
  const { inApp, text } = mutant.file;
  await workspace.writeFile(inApp, mutated(mutant));
  const result = await run();
  await workspace.writeFile(inApp, text);
  return { mutant, noticed: result.run.timedOut ? 'endless' : result.passed ? undefined : 'failed' };
}

/** A run on the unchanged source; another when it fails, since the suite's own clean-up may mend what was left. */
export async function passesAgain(run: () => Promise<SuiteResult>): Promise<SuiteResult> {
  const first = await run();
  return first.passed ? first : run();
}
