import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { applyPatch as applyHunks, parsePatch } from 'diff';
import { UsageError } from '../platform/errors.ts';

/**
 * Applies a unified diff (`a/…`, `b/…` paths; files may be added and deleted) to a folder.
 *
 * @param file what to call the patch in messages
 * @throws {UsageError} when a hunk does not fit, or a path leaves the folder
 */
export async function applyPatch(patch: string, file: string, folder: string): Promise<void> {
  // What stands before the first diff is the patch's header.
  const start = patch.search(/^(diff |--- )/m);
  for (const change of parsePatch(patch.slice(Math.max(start, 0)))) {
    const [from, to] = [change.oldFileName, change.newFileName].map((name) => pathIn(name, file));
    if (from === undefined && to === undefined) continue;
    const before = from === undefined ? '' : await readFile(join(folder, from), 'utf8').catch(() => undefined);
    const after = before === undefined ? false : applyHunks(before, change, { fuzzFactor: 0 });
    if (after === false) {
      throw new UsageError(`${file} does not apply to ${from ?? to}`, {
        mend: 'Make the patch again from the reference as it is now; in its folder, with `git diff --relative`.',
      });
    }
    if (from !== undefined && from !== to) await rm(join(folder, from));
    if (to === undefined) continue;
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await writeFile(join(folder, to), after);
  }
}

/** The path behind `a/` or `b/`; undefined for /dev/null. */
function pathIn(name: string | undefined, file: string): string | undefined {
  if (name === undefined || name === '/dev/null') return undefined;
  const path = name.replace(/^[ab]\//, '');
  if (path.startsWith('/') || path.split('/').includes('..'))
    throw new UsageError(`${file} names ${name}, which is outside of the submission`);
  return path;
}
