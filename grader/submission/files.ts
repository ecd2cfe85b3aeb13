import { constants } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { SubmissionFiles } from '../target/target.ts';
import { isInside } from './copy.ts';

const DEFAULT_MAX_BYTES = 1024 * 1024;
const SKIPPED = new Set(['node_modules', '.git']);

/** Read access to a copied tree. */
export function submissionFiles(root: string): SubmissionFiles {
  let listed: Promise<string[]> | undefined;
  return {
    list: () => (listed ??= listFiles(root)),
    read: (path, maxBytes) => readInside(root, path, maxBytes),
  };
}

/** Relative paths (forward slashes) of all regular files, without `node_modules` and `.git`, sorted. */
export async function listFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) await walk(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await walk('');
  return found.toSorted();
}

/** At most `maxBytes` of a regular file below `root`, as UTF-8; undefined when there is none. Links out of `root` are no files. */
export async function readInside(
  root: string,
  path: string,
  maxBytes = DEFAULT_MAX_BYTES,
): Promise<string | undefined> {
  const absolute = await resolveInside(root, path);
  if (absolute === undefined || !(await lstat(absolute)).isFile()) return undefined;
  await using file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(Math.min(maxBytes, (await file.stat()).size));
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) break;
  }
  return buffer.subarray(0, length).toString('utf8');
}

/** The real path of something that exists below `root`; undefined when it does not, or lies outside. */
export async function resolveInside(root: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined;
  const realRoot = await realpath(root);
  const real = await realpath(resolve(realRoot, path.split('/').join(sep))).catch(() => undefined);
  return real !== undefined && isInside(realRoot, real) ? real : undefined;
}
