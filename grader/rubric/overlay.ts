import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UsageError } from '../platform/errors.ts';
import { parseYaml, yamlError, type YamlProblem } from '../platform/yaml.ts';
import { nearest } from './load.ts';
import { type Rubric, varySchema } from './schema.ts';

const overlaySchema = z.strictObject({
  course: z.string().optional().describe('The course’s name'),
  rubrics: z.record(
    z.string(),
    z.strictObject({
      passMark: z.number().min(0).optional().describe('Points needed to pass'),
      vary: varySchema
        .optional()
        .describe('What may be otherwise than the contract says, in every operation; none: the letter'),
      points: z
        .record(z.string(), z.number().min(0))
        .optional()
        .describe('Points by criterion; the others keep theirs, and one of 0 points is left out'),
    }),
  ),
});

/** How a course weighs rubrics that it did not write. */
type Overlay = z.infer<typeof overlaySchema>;

/** A rubric as a course weighs it. Throws a UsageError when the course names what the rubric lacks. */
export type Weighing = (rubric: Rubric) => Rubric;

/**
 * Reads a course's overlay.
 *
 * @param file undefined for none: rubrics stay as they are
 * @throws {UsageError} when it is not there, or wrong (file, line and column)
 */
export async function loadCourse(file: string | undefined): Promise<Weighing> {
  if (file === undefined) return (rubric) => rubric;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`the course file ${file} can’t be read`, { mend: 'Name a YAML file with `rubrics:`.', cause });
  });
  const { data: overlay, document } = parseYaml(text, file, overlaySchema);
  return (rubric) => {
    const problems: YamlProblem[] = [];
    const at = (path: (string | number)[], message: string) =>
      problems.push({ ...document.locate(path), path: path.join('.'), message });
    const applied = applyOverlay(rubric, overlay, at);
    if (problems.length > 0) throw yamlError(file, problems);
    return applied;
  };
}

/** @param problem told what the overlay names and the rubric lacks */
function applyOverlay(
  rubric: Rubric,
  { rubrics }: Overlay,
  problem: (path: string[], message: string) => void,
): Rubric {
  const own = rubrics[rubric.rubric];
  if (own === undefined) return rubric;
  const ids = rubric.criteria.map(({ id }) => id);
  for (const id of Object.keys(own.points ?? {})) {
    if (ids.includes(id)) continue;
    const near = nearest(id, ids);
    const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
    problem(['rubrics', rubric.rubric, 'points', id], `${rubric.rubric} has no criterion "${id}"${hint}`);
  }
  const weighed = rubric.criteria.map((criterion) => ({
    ...criterion,
    points: own.points?.[criterion.id] ?? criterion.points,
  }));
  const criteria = weighed.filter(({ points }) => points > 0);
  for (const { id, needs } of criteria)
    for (const need of needs)
      if (!criteria.some((other) => other.id === need))
        problem(['rubrics', rubric.rubric, 'points', need], `${need} can’t be left out: ${id} needs it`);
  const points = criteria.reduce((sum, criterion) => sum + criterion.points, 0);
  const passMark = own.passMark ?? (rubric.passMark / rubric.points) * points;
  if (passMark > points)
    problem(['rubrics', rubric.rubric, 'passMark'], `the criteria add up to ${points} points only`);
  const { vary } = own;
  // What the course demands goes before what an operation says of itself.
  const contract = Object.fromEntries(
    Object.entries(rubric.contract).map(([name, operation]) => [name, vary ? { ...operation, vary } : operation]),
  );
  return { ...rubric, contract, ...(vary ? { vary } : {}), criteria, points, passMark };
}
