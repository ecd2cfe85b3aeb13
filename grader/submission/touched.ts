import { join } from 'node:path';
import { foldersOf, isNamedAfter } from './app-folder.ts';
import { readInside } from './files.ts';
import { MANIFEST_FILE, parseManifest } from './manifest.ts';

/** A folder of a repository, and a rubric that it is graded by. */
interface Claim {
  /** From the root; `` is the root itself. */
  folder: string;
  rubric: string;
}

/** How deep folders of days lie at most: `week-2/day-13`. */
const LEVELS = 2;

/**
 * The rubrics that a change to a repository touches. A folder belongs to the rubric that its grade.yaml names
 * (`rubric: day-13`), else to the one it is named after; a repository without such folders to the one that the
 * repository is named after. A file belongs to the innermost of them.
 *
 * @param root the repository, absolute
 * @param changed paths from the root; undefined when everything is new
 * @param rubrics ids of all that there are
 * @param repository the repository's name
 * @returns ids in the order of `rubrics`
 * @throws {UsageError} for a grade.yaml that is wrong
 */
export async function touchedRubrics(
  root: string,
  changed: readonly string[] | undefined,
  rubrics: readonly string[],
  repository: string,
): Promise<string[]> {
  const claims = await claimsIn(root, rubrics);
  if (claims.length === 0) {
    const rubric = rubrics.find((id) => isNamedAfter(repository, id));
    if (rubric !== undefined) claims.push({ folder: '', rubric });
  }
  const touched = new Set<string>();
  if (changed === undefined) for (const { rubric } of claims) touched.add(rubric);
  for (const path of changed ?? []) {
    const around = claims.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`));
    const depth = Math.max(...around.map(({ folder }) => folder.length));
    for (const { folder, rubric } of around) if (folder.length === depth) touched.add(rubric);
  }
  return rubrics.filter((id) => touched.has(id));
}

async function claimsIn(root: string, rubrics: readonly string[]): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const folder of ['', ...(await foldersOf(root, LEVELS))]) {
    const file = folder === '' ? MANIFEST_FILE : `${folder}/${MANIFEST_FILE}`;
    const { manifest } = parseManifest((await readInside(root, file, 64 * 1024)) ?? '', file);
    const declared = rubrics.filter((id) => manifest.rubric?.includes(id));
    const name = folder.slice(folder.lastIndexOf('/') + 1);
    const ids = declared.length > 0 || folder === '' ? declared : rubrics.filter((id) => isNamedAfter(name, id));
    claims.push(
      ...ids.map((rubric) => ({ folder: join(folder, manifest.path ?? '').replace(/^\.?\/?$/, ''), rubric })),
    );
  }
  return claims;
}
