import pMap from 'p-map';
import { UsageError } from '../platform/errors.ts';
import type { Report } from '../report/schema.ts';
import { type Fixture, fixturesOf } from './fixtures.ts';
import { nearest } from './load.ts';
import type { Rubric } from './schema.ts';

/** How one fixture came out. */
export interface FixtureOutcome {
  /** `reference`, `other`, or a defect's id. */
  fixture: string;
  title: string;
  expected: string[];
  failed: string[];
  /** Criteria that could not be graded, with the reason. */
  notGraded: string[];
  earned: number;
  ok: boolean;
  report: Report;
}

export interface Verification {
  rubric: string;
  outcomes: FixtureOutcome[];
  /** Criteria that no defect catches. */
  uncaught: string[];
  ok: boolean;
}

/**
 * Proves a rubric: its reference (and the other solution beside it, where there is one) scores everything, each defect fails exactly the criteria that its header
 * names, and every criterion is caught by a defect. A defect runs without the criteria that its header spares.
 *
 * @throws {UsageError} for a rubric without a reference, and for a name in `only` that no fixture has
 * @param grade grades the submission in a folder against these criteria of the rubric, and what they need
 */
export async function verifyRubric(
  rubric: Rubric,
  grade: (path: string, criteria: readonly string[]) => Promise<Report>,
  options: {
    /** Fixtures to run: `reference`, `other` and defect ids; all when undefined. */
    only?: readonly string[] | undefined;
    /** Criteria that need the machine to themselves. */
    quiet: ReadonlySet<string>;
    /** How many fixtures run side by side, as long as none of their criteria is a quiet one. */
    lanes: number;
    /** Run what defects spare, too. */
    everything?: boolean | undefined;
    onOutcome?: (outcome: FixtureOutcome) => void;
    signal: AbortSignal;
  },
): Promise<Verification> {
  const criteria = rubric.criteria.map(({ id }) => id);
  const { fixtures, defects } = await fixturesOf(rubric, options);
  assertKnown(options.only ?? [], fixtures, rubric);
  const chosen = fixtures.filter(({ id }) => options.only === undefined || options.only.includes(id));

  const outcomes: FixtureOutcome[] = [];
  const judge = async ({ id, title, fails, runs, submission }: Fixture) => {
    options.signal.throwIfAborted();
    await using folder = await submission();
    const outcome = compareOutcome(id, title, fails, await grade(folder.path, runs));
    outcomes.push(outcome);
    options.onOutcome?.(outcome);
  };
  const needsQuiet = ({ runs }: Fixture) => runs.some((id) => options.quiet.has(id));
  await pMap(
    chosen.filter((fixture) => !needsQuiet(fixture)),
    judge,
    { concurrency: options.lanes },
  );
  await pMap(chosen.filter(needsQuiet), judge, { concurrency: 1 });
  const uncaught = criteria.filter((id) => !defects.some(({ fails }) => fails.includes(id)));
  return { rubric: rubric.rubric, outcomes, uncaught, ok: uncaught.length === 0 && outcomes.every(({ ok }) => ok) };
}

function assertKnown(ids: readonly string[], fixtures: readonly Fixture[], rubric: Rubric): void {
  const known = fixtures.map(({ id }) => id);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw new UsageError(
    `${rubric.rubric} has no fixture "${unknown}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`,
    {
      mend: `Name "reference", or files of fixtures/${rubric.rubric}/defects without their ending, separated by spaces.`,
    },
  );
}

/** How a fixture came out, given what it must fail. */
export function compareOutcome(fixture: string, title: string, expected: string[], report: Report): FixtureOutcome {
  const failed = report.criteria
    .filter(({ verdict }) => verdict.fraction !== null && verdict.fraction < 1)
    .map(({ id }) => id);
  const notGraded = report.criteria
    .filter(({ verdict }) => verdict.fraction === null)
    .map(({ id, verdict }) => `${id}: ${verdict.reason}`);
  const same = failed.length === expected.length && failed.every((id) => expected.includes(id));
  return {
    fixture,
    title,
    expected,
    failed,
    notGraded,
    earned: report.score.earned,
    ok: same && notGraded.length === 0,
    report,
  };
}
