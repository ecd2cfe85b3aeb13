import type { SuiteResult } from './suite-result.ts';

/**
 * How much longer than on the unchanged source a run may take before it counts as endless: what else the machine has
 * to do meanwhile may change.
 */
const SUITE = { factor: 3, plusMs: 5_000 };
/** A test that waits for an answer that never comes is given up after this, which is Jest's own limit, or later. */
const TEST = { leastMs: 5_000, factor: 5 };
/** Room above what all runs would take if each took as long as the first; and the most that a budget is exceeded by. */
const ALL = { factor: 1.5, most: 3 };
/** Runs that are no mutants: the suite is tried on the unchanged source before, and after each ten of them. */
const CONTROLS = { before: 3, after: 10 };

/** How long a run of the suite on changed source may take. */
export function suiteLimit({ run }: Pick<SuiteResult, 'run'>): number {
  return Math.round(SUITE.factor * run.durationMs + SUITE.plusMs);
}

/** How long one test may take there. */
export function testLimit({ slowestMs }: Pick<SuiteResult, 'slowestMs'>): number {
  return Math.round(Math.max(TEST.leastMs, TEST.factor * (slowestMs ?? 0)));
}

/**
 * How long all runs together may take. On a slow or busy machine the unchanged suite takes longer, and so may all of
 * it: up to three times the budget, since at some point it is the suite that is slow.
 *
 * @param mutants how many are to be tried
 * @param budgetMs what is enough on a machine that has nothing else to do
 */
export function totalLimit({ run }: Pick<SuiteResult, 'run'>, mutants: number, budgetMs: number): number {
  const runs = mutants + CONTROLS.before + Math.ceil(mutants / CONTROLS.after);
  const expected = ALL.factor * runs * run.durationMs;
  return Math.round(Math.max(budgetMs, Math.min(ALL.most * budgetMs, expected)));
}
