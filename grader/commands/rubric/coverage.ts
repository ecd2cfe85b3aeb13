import { checks } from '../../checks/index.ts';
import { coverageOf, loadCurriculum } from '../../rubric/coverage.ts';
import { listRubrics, loadRubric } from '../../rubric/load.ts';
import type { Session } from '../session.ts';

/** Prints what stands for each phrase of the curriculum. @returns 0, or 1 when a phrase has nothing */
export async function coverage(names: readonly string[], session: Session): Promise<number> {
  const curriculum = await loadCurriculum();
  const wanted = names.length > 0 ? names : (await listRubrics()).map(({ id }) => id);
  let gaps = 0;
  for (const name of wanted) {
    const rubric = await loadRubric(name, checks);
    const { rows, unknown } = coverageOf(rubric, curriculum);
    session.stdout.write(`${rubric.rubric} · ${rubric.title}\n`);
    for (const { phrase, criteria, notGraded } of rows) {
      const by =
        criteria.length > 0 ? criteria.join(', ') : notGraded === undefined ? 'NOTHING' : `not graded: ${notGraded}`;
      session.stdout.write(
        `  ${criteria.length > 0 ? '✓' : notGraded === undefined ? '✗' : '–'} ${phrase}\n      ${by}\n`,
      );
    }
    for (const phrase of unknown) session.stdout.write(`  ✗ “${phrase}” is not a phrase of the curriculum\n`);
    gaps += unknown.length + rows.filter((row) => row.criteria.length === 0 && row.notGraded === undefined).length;
  }
  session.stdout.write(gaps === 0 ? 'Every phrase is accounted for.\n' : `${gaps} gap${gaps === 1 ? '' : 's'}.\n`);
  return gaps === 0 ? 0 : 1;
}
