import { checks } from '../../checks/index.ts';
import { UsageError } from '../../platform/errors.ts';
import { listRubrics, loadRubric } from '../../rubric/load.ts';
import type { Session } from '../session.ts';

/** Loads each rubric and says what is wrong with it. @returns 0, or 2 when one is broken */
export async function lint(names: readonly string[], session: Session): Promise<number> {
  const wanted = names.length > 0 ? names : (await listRubrics()).map(({ id }) => id);
  let broken = 0;
  for (const name of wanted) {
    try {
      const rubric = await loadRubric(name, checks);
      session.stdout.write(`${rubric.rubric}: ${rubric.criteria.length} criteria, ${rubric.points} points\n`);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      broken++;
      session.stderr.write(`${error.message}\n`);
    }
  }
  return broken > 0 ? 2 : 0;
}
