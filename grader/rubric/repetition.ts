import type { Report } from '../report/schema.ts';
import type { FixtureOutcome } from './verify.ts';

/** One fixture, graded several times. */
export interface Repetition {
  fixture: string;
  /** Points, one number a grading. */
  earned: number[];
  /** Criteria whose verdict was not the same each time: what it was, grading by grading. */
  differing: { criterion: string; verdicts: string[] }[];
}

/**
 * Sets gradings of the same fixtures side by side.
 *
 * @param rounds outcomes of each round, which may come in another order
 */
export function compareRounds(rounds: readonly (readonly FixtureOutcome[])[]): Repetition[] {
  const byFixture = Map.groupBy(rounds.flat(), ({ fixture }) => fixture);
  return [...byFixture].map(([fixture, outcomes]) => {
    const verdicts = outcomes.map(({ report }) => verdictsOf(report));
    const criteria = [...new Set(verdicts.flatMap((one) => [...one.keys()]))];
    return {
      fixture,
      earned: outcomes.map((outcome) => outcome.earned),
      differing: criteria
        .map((criterion) => ({ criterion, verdicts: verdicts.map((one) => one.get(criterion) ?? 'not run') }))
        .filter((row) => new Set(row.verdicts).size > 1),
    };
  });
}

/** As a table for a terminal, one line a fixture, and below it one for each criterion that differs. */
export function repetitionTable(repetitions: readonly Repetition[]): string {
  const width = Math.max(...repetitions.map(({ fixture }) => fixture.length));
  return repetitions
    .flatMap(({ fixture, earned, differing }) => [
      `  ${differing.length === 0 ? '✓' : '✗'} ${fixture.padEnd(width)}  ${earned.map((points) => String(points).padStart(4)).join('')}`,
      ...differing.map(({ criterion, verdicts }) => `      ${criterion}: ${verdicts.join(', ')}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** Full, some or no points. How many some are may vary where a figure is measured. */
function verdictsOf({ criteria }: Report): Map<string, string> {
  return new Map(
    criteria.map(({ id, verdict: { fraction } }) => [
      id,
      fraction === null ? 'not graded' : fraction === 1 ? 'full' : fraction === 0 ? 'none' : 'some',
    ]),
  );
}
