import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lock as lockFile } from 'proper-lockfile';
import { InfrastructureError } from '../../platform/errors.ts';
import type { Assumption } from '../../report/schema.ts';
import type { Platform } from '../submission.ts';
import type { KeptModules } from './modules.ts';

/** What a cache entry says of itself. */
export interface Kept {
  assumptions: Assumption[];
  modules: KeptModules[];
}

/** Raised when the way of installing changes, so that older entries are not used. */
const CACHE_FORMAT = 2;
/** Written last into an entry, before it gets its name. */
const KEPT_FILE = 'installed.json';
/**
 * Two graders that want the same packages wait for one another; a lock whose holder died is taken over.
 * One that was taken from a live holder (a machine that slept) costs a second download, no more.
 */
const LOCK = {
  stale: 30_000,
  update: 5_000,
  retries: { forever: true, minTimeout: 50, maxTimeout: 500, factor: 1.5 },
  realpath: false,
  onCompromised: () => {},
};

/**
 * An entry of the cache: the one that is there, or one that `make` fills. It appears whole and is never
 * written to again.
 *
 * @param key all that the content follows from; plain JSON
 * @throws {InfrastructureError} when the disk is full
 */
export async function cacheEntry(
  cacheDir: string,
  key: unknown,
  signal: AbortSignal,
  make: (staging: string) => Promise<Kept>,
): Promise<Kept & { entry: string; cached: boolean }> {
  const text = JSON.stringify([CACHE_FORMAT, key]);
  const entry = join(cacheDir, createHash('sha256').update(text).digest('hex').slice(0, 32));
  const there = await readKept(entry);
  if (there !== undefined) return { ...there, entry, cached: true };
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const release = await lockFile(entry, LOCK);
  const staging = join(cacheDir, `staging-${randomBytes(8).toString('hex')}`);
  try {
    signal.throwIfAborted();
    const meanwhile = await readKept(entry);
    if (meanwhile !== undefined) return { ...meanwhile, entry, cached: false };
    await mkdir(staging);
    const kept = await make(staging);
    await writeFile(join(staging, KEPT_FILE), JSON.stringify(kept));
    await publish(staging, entry);
    return { ...kept, entry, cached: false };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
      ? new InfrastructureError('The packages could not be installed: the disk is full.', {
          mend: 'Free some disk space, then grade again.',
          cause: error,
        })
      : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
    // It fails for a lock that was taken over.
    await release().catch(() => {});
  }
}

/** What of a platform packages with binaries must fit. */
export function platformKey(platform: Platform): (string | null)[] {
  return [platform.os, platform.cpu, platform.libc ?? null, platform.node.split('.')[0] ?? ''];
}

async function readKept(entry: string): Promise<Kept | undefined> {
  const text = await readFile(join(entry, KEPT_FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}

/** Gives an entry its name, whole. An entry that somebody else has made meanwhile stays. */
async function publish(staging: string, entry: string): Promise<void> {
  if ((await readKept(entry)) !== undefined) return;
  await rm(entry, { recursive: true, force: true });
  await rename(staging, entry);
}
