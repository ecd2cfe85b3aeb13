import { cp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../platform/errors.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { type Defect, loadDefects } from './defects.ts';
import { applyPatch } from './patch.ts';
import type { Rubric } from './schema.ts';

/** A submission whose grade is known. */
export interface Fixture {
  id: string;
  title: string;
  fails: string[];
  /** Criteria to run. */
  runs: readonly string[];
  submission(): Promise<{ path: string } & AsyncDisposable>;
}

/**
 * The fixtures of a rubric: its reference, the other solution beside it where there is one, and its defects.
 *
 * @throws {UsageError} without a reference, or for a defect with a wrong header
 */
export async function fixturesOf(
  rubric: Rubric,
  options: { everything?: boolean | undefined } = {},
): Promise<{ fixtures: Fixture[]; defects: Defect[] }> {
  if (rubric.referenceDir === undefined) {
    throw new UsageError(`${rubric.rubric} has no reference`, {
      mend: `Put the smallest good solution into fixtures/${rubric.rubric}/reference.`,
    });
  }
  const { referenceDir } = rubric;
  const criteria = rubric.criteria.map(({ id }) => id);
  const defects = await loadDefects(join(referenceDir, '..', 'defects'), criteria);
  const reference: Fixture = {
    id: 'reference',
    title: 'the smallest good solution',
    fails: [],
    runs: criteria,
    submission: async () => asItIs(referenceDir),
  };
  const otherDir = join(referenceDir, '..', 'other');
  const other: Fixture = {
    ...reference,
    id: 'other',
    title: 'a solution by somebody who knew only the brief',
    submission: async () => asItIs(otherDir),
  };
  const fixtures = [
    reference,
    ...((await isFolder(otherDir)) ? [other] : []),
    ...defects.map((defect): Fixture => {
      const { id, title, fails, spares } = defect;
      const runs = options.everything ? criteria : criteria.filter((criterion) => !spares.includes(criterion));
      return { id, title, fails, runs, submission: () => applyDefect(referenceDir, defect) };
    }),
  ];
  return { fixtures, defects };
}

function asItIs(path: string) {
  return { path, [Symbol.asyncDispose]: async () => {} };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
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
