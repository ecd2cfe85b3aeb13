import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { LearnerError } from '../../platform/errors.ts';

/** A `node_modules` folder of a cache entry. Paths are relative to the entry, with forward slashes. */
export interface KeptModules {
  path: string;
  /** Packages of the repository itself among its packages: where each lies, by its name. */
  own: Record<string, string>;
}

/** Twenty times what a course's app needs. */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_FILES = 300_000;

/**
 * Finds the `node_modules` folders that a package manager made.
 *
 * @throws {LearnerError} when they are larger than an app of a course can be
 */
export async function findModules(root: string): Promise<KeptModules[]> {
  const found: KeptModules[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = posix.join(folder, entry.name);
      if (entry.name !== 'node_modules') await walk(path);
      else found.push({ path, own: await ownIn(root, path) });
    }
  };
  await walk('');
  const size = { bytes: 0, files: 0 };
  for (const { path } of found) await measure(join(root, path), size);
  return found;
}

/** Links of a `node_modules` folder that lead to packages of the repository. */
async function ownIn(root: string, path: string): Promise<Record<string, string>> {
  const own: Record<string, string> = {};
  const look = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(root, path, below), { withFileTypes: true })) {
      const name = posix.join(below, entry.name);
      if (entry.isDirectory() && below === '' && entry.name.startsWith('@')) await look(name);
      if (!entry.isSymbolicLink()) continue;
      const link = join(root, path, name);
      const target = relative(root, resolve(dirname(link), await readlink(link)));
      const outside = target.startsWith('..') || target.split(sep).includes('node_modules');
      if (!outside) own[name] = target.split(sep).join('/');
    }
  };
  await look('');
  return own;
}

async function measure(folder: string, size: { bytes: number; files: number }): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (++size.files > MAX_FILES || size.bytes > MAX_BYTES)
      throw new LearnerError('The packages take more than 2 GB or 300,000 files.', {
        mend: 'Take out packages that the app does not need.',
      });
    if (entry.isDirectory()) await measure(join(folder, entry.name), size);
    else if (entry.isFile()) size.bytes += (await lstat(join(folder, entry.name))).size;
  }
}
