import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../platform/errors.ts';
import { tempDir } from '../platform/temp-dir.ts';
import type { Report } from '../report/schema.ts';
import { type Defect, loadDefects } from './defects.ts';
import { applyPatch } from './patch.ts';
import type { Rubric } from './schema.ts';

/** How one fixture came out. */
export interface FixtureOutcome {
  /** `reference`, or a defect's id. */
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
 * Proves a rubric: its reference scores everything, each defect fails exactly the criteria that its header
 * names, and every criterion is caught by a defect.
 *
 * @param grade grades the submission in a folder against this rubric
 */
export async function verifyRubric(
  rubric: Rubric,
  grade: (path: string) => Promise<Report>,
  options: {
    /** Fixtures to run: `reference` and defect ids; all when undefined. */
    only?: readonly string[] | undefined;
    onOutcome?: (outcome: FixtureOutcome) => void;
    signal: AbortSignal;
  },
): Promise<Verification> {
  if (rubric.referenceDir === undefined) {
    throw new UsageError(`${rubric.rubric} has no reference`, {
      mend: `Put the smallest good solution into fixtures/${rubric.rubric}/reference.`,
    });
  }
  const criteria = rubric.criteria.map(({ id }) => id);
  const defects = await loadDefects(join(rubric.referenceDir, '..', 'defects'), criteria);
  const outcomes: FixtureOutcome[] = [];
  const wanted = (id: string) => options.only === undefined || options.only.includes(id);
  const judge = async (fixture: string, title: string, expected: string[], path: string) => {
    const outcome = compare(fixture, title, expected, await grade(path));
    outcomes.push(outcome);
    options.onOutcome?.(outcome);
  };

  if (wanted('reference')) await judge('reference', 'the smallest good solution', [], rubric.referenceDir);
  for (const defect of defects.filter(({ id }) => wanted(id))) {
    options.signal.throwIfAborted();
    await using broken = await applyDefect(rubric.referenceDir, defect);
    await judge(defect.id, defect.title, defect.fails, broken.path);
  }
  const uncaught = criteria.filter((id) => !defects.some(({ fails }) => fails.includes(id)));
  return { rubric: rubric.rubric, outcomes, uncaught, ok: uncaught.length === 0 && outcomes.every(({ ok }) => ok) };
}

function compare(fixture: string, title: string, expected: string[], report: Report): FixtureOutcome {
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

/** A copy of the reference with the defect's patch on it, in a folder of its own. */
async function applyDefect(referenceDir: string, defect: Defect) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir(`defect-${defect.id}`));
  const path = join(folder.path, 'submission');
  await cp(referenceDir, path, { recursive: true, filter: (source) => !source.endsWith('/node_modules') });
  await applyPatch(await readFile(defect.file, 'utf8'), defect.file, path);
  const kept = stack.move();
  return { path, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
