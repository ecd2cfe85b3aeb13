import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { UsageError } from '../platform/errors.ts';
import { printableLine } from '../platform/printable.ts';
import { tempDir } from '../platform/temp-dir.ts';
import type { Assumption } from '../report/schema.ts';
import { findAppFolder, nearestPackage } from './app-folder.ts';
import { COPY_LIMITS, copyTree, type CopyLimits, type LeftOut } from './copy.ts';
import { readInside, resolveInside, submissionFiles } from './files.ts';
import { readGit } from './git.ts';
import { MANIFEST_FILE, manifestError, parseManifest } from './manifest.ts';
import { workspaceRoot } from './packages/own-packages.ts';
import { readSources, type Sources } from './sources.ts';
import type { Manifest, Submission } from './submission.ts';

export interface CheckoutOptions {
  /** The rubric's id, to find the app's folder in a repository of several days. */
  rubric: string;
  /** The PATH on which git is looked for. */
  path: string;
  limits?: CopyLimits;
  signal?: AbortSignal;
}

/**
 * Takes a private copy of a folder. The folder itself is only read.
 *
 * @throws {UsageError} when there is no such folder, it is empty, or its grade.yaml is wrong
 * @throws {LearnerError} when it is too large
 */
export async function checkout(folder: string, options: CheckoutOptions): Promise<Submission> {
  const source = await existingFolder(folder);
  await using stack = new AsyncDisposableStack();
  const temp = stack.use(await tempDir('submission'));
  const root = join(await realpath(temp.path), 'tree');
  const [copied, git] = await Promise.all([
    copyTree(source, root, options.limits ?? COPY_LIMITS, options.signal),
    readGit(source, options.path, options.signal),
  ]);
  const sources = await readSources(root);
  const app = await locate(root, options.rubric, sources);
  const nearest = await nearestPackage(root, app.path);
  const workspaces = nearest && (await workspaceRoot(root, sources, relative(root, nearest).replaceAll('\\', '/')));
  const packageDir = workspaces === undefined ? nearest : join(root, workspaces);
  const owned = stack.move();
  return {
    name: printableLine(basename(source)) || 'submission',
    root,
    appDir: app.path,
    packageDir,
    commit: git.commit,
    dirty: git.dirty,
    files: {
      ...submissionFiles(root),
      appFolder: relative(root, app.path).replaceAll('\\', '/'),
      deployedUrl: app.manifest.deployedUrl,
    },
    sources,
    manifest: app.manifest,
    assumptions: [...app.assumptions, ...copied.leftOut.map(describe)],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function existingFolder(folder: string): Promise<string> {
  const absolute = resolve(folder);
  const state = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    const denied = error.code === 'EACCES' || error.code === 'EPERM';
    throw new UsageError(denied ? `${folder} can’t be read: permission denied.` : `There is no folder ${folder}.`, {
      mend: 'Name the folder of the repository to grade; without one, the current folder is graded.',
      cause: error,
    });
  });
  if (!state.isDirectory())
    throw new UsageError(`${folder} is not a folder.`, {
      mend: 'Name the folder that holds the app, not a file in it.',
    });
  const names = await readdir(absolute);
  if (names.every((name) => name === '.git')) {
    throw new UsageError(`${folder} is empty${names.length > 0 ? ' but for .git' : ''}.`, {
      mend: 'Check that you are on the right branch and have committed your files.',
    });
  }
  return realpath(absolute);
}

/** The app's folder: where grade.yaml says, else by the rubric's id. A grade.yaml in that folder goes before the root's. */
async function locate(
  root: string,
  rubric: string,
  sources: Sources,
): Promise<{ path: string; manifest: Manifest; assumptions: Assumption[] }> {
  const top = await readManifest(root, '');
  if (top.manifest.path !== undefined) {
    const path = await resolveInside(root, top.manifest.path);
    const isFolder = path !== undefined && (await stat(path)).isDirectory();
    if (!isFolder)
      throw manifestError(
        MANIFEST_FILE,
        top.document,
        'path',
        `there is no folder "${top.manifest.path}" in the repository`,
      );
    const inner = path === root ? top : await readManifest(root, relative(root, path));
    return { path, manifest: { ...top.manifest, ...inner.manifest, path: top.manifest.path }, assumptions: [] };
  }
  const found = await findAppFolder(root, rubric, sources);
  const inner = found.path === root ? top : await readManifest(root, relative(root, found.path));
  return {
    path: found.path,
    manifest: { ...top.manifest, ...inner.manifest },
    assumptions: found.assumption ? [found.assumption] : [],
  };
}

async function readManifest(root: string, folder: string): ReturnType<typeof read> {
  return read(root, folder === '' ? MANIFEST_FILE : `${folder}/${MANIFEST_FILE}`);
}

async function read(root: string, file: string) {
  return parseManifest((await readInside(root, file, 64 * 1024)) ?? '', file);
}

function describe({ path, because }: LeftOut): Assumption {
  return { what: `${printableLine(path)} was left out`, because: `it ${because}` };
}
