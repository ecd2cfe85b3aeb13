import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile, lstat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';

/** Lists every file of an entry with its size; written last. */
const MANIFEST = '.grade-manifest.json';
const manifestSchema = z.record(z.string(), z.number());
/** Half-made entries of runs that died are removed after this time. */
const STALE_MS = 2 * 60 * 60 * 1000;

/** The folder of an entry that is there and whole, else undefined. */
export async function lookUp(cacheDir: string, key: string): Promise<string | undefined> {
  const path = join(cacheDir, key);
  return (await isWhole(path)) ? path : undefined;
}

/**
 * The folder of an entry; `fill` makes it when it is missing or damaged, or is to be renewed. It is filled
 * under another name and renamed, so that no run ever sees half of one, and of two runs at once the first
 * to be ready wins. When `fill` fails, what was there before stays.
 */
export async function cached(
  cacheDir: string,
  key: string,
  fill: (dir: string) => Promise<void>,
  { renew = false }: { renew?: boolean } = {},
): Promise<string> {
  const path = join(cacheDir, key);
  if (!renew && (await isWhole(path))) return path;
  const old = await identity(path);
  await mkdir(cacheDir, { recursive: true });
  await removeStale(cacheDir);
  const staging = join(cacheDir, `.${key}-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(staging);
    await fill(staging);
    await writeFile(join(staging, MANIFEST), JSON.stringify(await manifestOf(staging)));
    await publish(staging, path, old);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return path;
}

/** Takes the place of `old` or of a damaged entry; gives way to a whole one that another run has made meanwhile. */
async function publish(staging: string, path: string, old: string | undefined): Promise<void> {
  for (;;) {
    try {
      await rename(staging, path);
      return;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    if ((await identity(path)) !== old && (await isWhole(path))) return;
    const trash = `${staging}-old`;
    await rename(path, trash).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(trash, { recursive: true, force: true });
  }
}

/** Tells one folder of a name from the next. */
async function identity(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`,
    () => undefined,
  );
}

async function isWhole(path: string): Promise<boolean> {
  let expected: Record<string, number>;
  try {
    expected = manifestSchema.parse(JSON.parse(await readFile(join(path, MANIFEST), 'utf8')));
  } catch {
    return false;
  }
  const sizes = await Promise.all(
    Object.entries(expected).map(
      async ([file, size]) => (await stat(join(path, file)).catch(() => undefined))?.size === size,
    ),
  );
  return sizes.every(Boolean);
}

async function manifestOf(dir: string): Promise<Record<string, number>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [relative(dir, file), (await lstat(file)).size])),
  );
}

async function removeStale(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name);
    if (!name.startsWith('.')) continue;
    const age = await stat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}
