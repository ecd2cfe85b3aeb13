import { UsageError } from '../platform/errors.ts';
import { nearest } from './load.ts';
import type { Criterion, Rubric } from './schema.ts';

/**
 * The rubric with only these criteria and what they need; its points and pass mark shrink with it.
 *
 * @throws {UsageError} for an id that the rubric does not have
 */
export function selectCriteria(rubric: Rubric, ids: readonly string[]): Rubric {
  const known = new Map(rubric.criteria.map((criterion) => [criterion.id, criterion]));
  const chosen = new Set<Criterion>();
  const choose = (id: string) => {
    const criterion = known.get(id);
    if (!criterion) {
      const near = nearest(id, [...known.keys()]);
      throw new UsageError(
        `${rubric.rubric} has no criterion "${id}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`,
        {
          mend: `\`grade explain ${rubric.rubric}\` shows all of them.`,
        },
      );
    }
    if (chosen.has(criterion)) return;
    chosen.add(criterion);
    for (const need of criterion.needs) choose(need);
  };
  for (const id of ids) choose(id);
  const criteria = rubric.criteria.filter((criterion) => chosen.has(criterion));
  const points = criteria.reduce((sum, criterion) => sum + criterion.points, 0);
  return { ...rubric, criteria, points, passMark: (rubric.passMark / rubric.points) * points };
}
