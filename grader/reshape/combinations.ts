import type { Defect } from '../rubric/defects.ts';
import { type Fixture, fixturesOf } from '../rubric/fixtures.ts';
import { selectCriteria } from '../rubric/select.ts';
import type { Rubric } from '../rubric/schema.ts';
import { allowed, isAbout } from './refusals.ts';
import { describeShape, drawShape, LITERAL, type Shape } from './shape.ts';

/** A solution or a defect in a shape, with the criteria that are asked of it. */
export interface Combination {
  rubric: Rubric;
  fixture: Fixture;
  shape: Shape;
  criteria: readonly string[];
  /** Those of them, or of what they need, that it must fail: as it does unshaped. */
  fails: readonly string[];
}

/** Criteria that a defect is asked for beside those that it fails, and those that a solution is asked for. */
const BESIDE = 2;
const AT_MOST = 8;
const MAX_DRAWS = 200;

/**
 * Combinations that follow from random numbers, each rubric as often as the next one, half of them of a reference. A
 * criterion that most defects of the rubric spare takes long and is left out, as is one about the letter of what varies.
 */
export async function drawCombinations(
  rubrics: readonly Rubric[],
  count: number,
  random: () => number,
): Promise<Combination[]> {
  const known = await Promise.all(rubrics.map(async (rubric) => ({ rubric, ...(await fixturesOf(rubric)) })));
  const drawn = new Map<string, Combination>();
  for (let turn = 0; drawn.size < count && turn < count + MAX_DRAWS; turn++) {
    const one = known[turn % known.length];
    if (one === undefined) break;
    const { rubric, fixtures, defects } = one;
    const costly = costlyOf(defects);
    const others = fixtures.filter(({ id }) => id !== 'reference' && id !== 'other');
    const reference = fixtures.find(({ id }) => id === 'reference');
    const fixture = random() < 0.5 ? reference : others[Math.floor(random() * others.length)];
    const shape = allowed(rubric, drawShape(random));
    if (fixture === undefined || describeShape(shape) === describeShape(LITERAL)) continue;
    const asked = rubric.criteria.filter(
      (criterion) => !costly.has(criterion.id) && !isAbout(criterion, rubric, shape),
    );
    const ids = asked.map(({ id }) => id);
    const failing = fixture.fails.filter((id) => ids.includes(id));
    if (fixture !== reference && failing.length === 0) continue;
    const beside = ids.filter((id) => !failing.includes(id)).toSorted(() => random() - 0.5);
    const criteria = [...failing, ...beside.slice(0, fixture === reference ? AT_MOST : BESIDE)];
    // What a criterion needs is graded with it, and may be about the letter.
    const whole = selectCriteria(rubric, criteria).criteria;
    const refused = new Set(whole.filter((criterion) => isAbout(criterion, rubric, shape)).map(({ id }) => id));
    const free = criteria.filter(
      (id) => !selectCriteria(rubric, [id]).criteria.some((needed) => refused.has(needed.id)),
    );
    if (free.length === 0) continue;
    const graded = selectCriteria(rubric, free).criteria.map(({ id }) => id);
    const fails = fixture.fails.filter((id) => graded.includes(id));
    drawn.set(`${rubric.rubric} ${fixture.id} ${describeShape(shape)}`, {
      rubric,
      fixture,
      shape,
      criteria: free,
      fails,
    });
  }
  return [...drawn.values()];
}

function costlyOf(defects: readonly Defect[]): Set<string> {
  const spared = Map.groupBy(
    defects.flatMap(({ spares }) => spares),
    (id) => id,
  );
  return new Set([...spared].filter(([, times]) => times.length > defects.length / 2).map(([id]) => id));
}
