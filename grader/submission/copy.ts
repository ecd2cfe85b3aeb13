import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { LearnerError } from '../platform/errors.ts';

/** Bounds of a copy. */
export interface CopyLimits {
  files: number;
  totalBytes: number;
  /** A file that is larger is left out. */
  fileBytes: number;
  depth: number;
}

/** Generous for a course's repository, small for a disk: a monorepo of 31 days has some thousand files. */
export const COPY_LIMITS: CopyLimits = {
  files: 20_000,
  totalBytes: 200 * 1024 * 1024,
  fileBytes: 50 * 1024 * 1024,
  depth: 40,
};

/** Installed packages and history are not part of what is handed in. */
const SKIPPED = new Set(['node_modules', '.git']);
/** Most entries named in the notes. */
const MAX_NOTES = 10;

/** Something that was left out of a copy. */
export interface LeftOut {
  path: string;
  because: string;
}

export interface Copied {
  files: number;
  bytes: number;
  leftOut: LeftOut[];
}

/**
 * Copies a tree to `target` (which is made), without node_modules and .git. Links that stay in the tree are
 * kept, as relative links; links that leave it, devices, sockets, pipes and files that are too large
 * are left out and named. The source is only read.
 *
 * @throws {LearnerError} when the tree as a whole is beyond the limits
 */
export async function copyTree(
  source: string,
  target: string,
  limits: CopyLimits = COPY_LIMITS,
  signal?: AbortSignal,
): Promise<Copied> {
  const root = await realpath(source);
  const copied: Copied = { files: 0, bytes: 0, leftOut: [] };
  const leaveOut = (path: string, because: string) => {
    if (copied.leftOut.length < MAX_NOTES) copied.leftOut.push({ path: relative(root, path), because });
  };

  const copyFolder = async (from: string, to: string, depth: number): Promise<void> => {
    if (depth > limits.depth) return leaveOut(from, `is nested deeper than ${limits.depth} folders`);
    await mkdir(to, { recursive: true });
    const names = (await readdir(from)).toSorted();
    for (const name of names) {
      signal?.throwIfAborted();
      if (SKIPPED.has(name)) continue;
      await copyEntry(join(from, name), join(to, name), depth);
    }
  };

  const copyEntry = async (from: string, to: string, depth: number): Promise<void> => {
    const entry = await lstat(from).catch(() => undefined);
    if (entry === undefined) return leaveOut(from, 'can’t be read (its name may not be valid UTF-8)');
    if (entry.isDirectory()) return copyFolder(from, to, depth + 1);
    if (++copied.files > limits.files) {
      throw new LearnerError(`The submission has more than ${limits.files.toLocaleString('en')} files.`, {
        mend: 'Hand in source files only; keep build output, caches and data out of the repository.',
      });
    }
    if (entry.isSymbolicLink()) return copyLink(from, to);
    if (!entry.isFile()) return leaveOut(from, 'is neither a file nor a folder');
    if (entry.size > limits.fileBytes) return leaveOut(from, `is larger than ${megabytes(limits.fileBytes)}`);
    copied.bytes += entry.size;
    if (copied.bytes > limits.totalBytes) {
      throw new LearnerError(`The submission is larger than ${megabytes(limits.totalBytes)}.`, {
        mend: 'Hand in source files only; keep build output, media and data out of the repository.',
      });
    }
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch(
      (error: NodeJS.ErrnoException) => {
        // EEXIST: two names that differ in case only, on a file system that does not tell them apart.
        if (!['EEXIST', 'EACCES', 'ENOENT'].includes(error.code ?? '')) throw error;
        leaveOut(from, error.code === 'EEXIST' ? 'has the same name as another file, but for case' : 'can’t be read');
      },
    );
  };

  const copyLink = async (from: string, to: string): Promise<void> => {
    const pointsAt = await readlink(from);
    const real = await realpath(from).catch(() => undefined);
    if (real === undefined) return leaveOut(from, 'is a link to nothing');
    if (!isInside(root, real)) return leaveOut(from, 'is a link that leaves the repository');
    const inner = relative(root, real);
    if (inner.split(sep).some((part) => SKIPPED.has(part)))
      return leaveOut(from, 'is a link into a folder that is not copied');
    const literal = isAbsolute(pointsAt) ? pointsAt : resolve(dirname(from), pointsAt);
    const link = isInside(root, literal) ? relative(dirname(from), literal) : relative(dirname(from), real);
    await symlink(link || '.', to);
  };

  await copyFolder(root, target, 0);
  return copied;
}

/** Whether `path` is `root` or lies in it; both absolute and resolved. */
export function isInside(root: string, path: string): boolean {
  const inner = relative(root, path);
  return inner === '' || (!inner.startsWith(`..${sep}`) && inner !== '..' && !isAbsolute(inner));
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
