import { posix } from 'node:path';
import { LearnerError } from '../../platform/errors.ts';
import type { Assumption } from '../../report/schema.ts';
import { foreign } from './foreign.ts';

/** A lockfile that may be followed. */
export interface Lock {
  name: 'package-lock.json' | 'yarn.lock' | 'pnpm-lock.yaml';
  text: string;
}

export const MAX_LOCK_BYTES = 20 * 1024 * 1024;
/** A package's archive on a registry, whatever host it was once had from. */
const ARCHIVE = /((?:@[\w.~-]+\/)?[\w.~-]+\/-\/[\w.~+-]+\.tgz)/;
/** Stands for the registry in the text of a yarn.lock. */
export const REGISTRY_MARK = 'https://registry.invalid/';

/**
 * Checks a lockfile: nothing in it leads out of the registry and the repository.
 *
 * @param isOwn whether a folder, relative to the lockfile's, holds a package of the repository
 * @returns the lock, without what names hosts; none where it can't be followed, and why
 * @throws {LearnerError} when it is broken, or takes packages from elsewhere
 */
export function checkLock(
  path: string,
  text: string,
  isOwn: (folder: string) => boolean,
): { lock: Lock | undefined; assumptions: Assumption[] } {
  const name = posix.basename(path);
  if (Buffer.byteLength(text) > MAX_LOCK_BYTES)
    throw new LearnerError(`${name} is larger than 20 MB.`, { mend: mend(name) });
  if (name === 'yarn.lock') return { lock: { name, text: yarnLock(text) }, assumptions: [] };
  if (name === 'pnpm-lock.yaml') return { lock: { name, text: pnpmLock(text) }, assumptions: [] };
  const dangling = checkNpmLock(text, isOwn);
  if (dangling === undefined) return { lock: { name: 'package-lock.json', text }, assumptions: [] };
  return {
    lock: undefined,
    assumptions: [
      {
        what: 'The packages were installed by "npm install", without package-lock.json',
        because: `it links to ${dangling.slice(0, 100)}, which is not in the repository`,
      },
    ],
  };
}

function mend(name: string): string {
  const command = name === 'yarn.lock' ? 'yarn install' : name === 'pnpm-lock.yaml' ? 'pnpm install' : 'npm install';
  return `Delete ${name}, run ${command}, commit the new lockfile.`;
}

function broken(name: string, text: string, what: string, cause?: unknown): LearnerError {
  const conflict = /^<{7} /m.test(text) ? ': it still has the marks of a merge conflict' : '';
  return new LearnerError(`${name} ${what}${conflict}.`, { mend: mend(name), cause });
}

function elsewhere(name: string, what: string, place: string): LearnerError {
  return new LearnerError(
    `${name} takes "${what.slice(0, 100)}" from ${place}, which is not installed while grading.`,
    { mend: 'Depend on packages of the registry by their version.' },
  );
}

/** A folder that the lock links to and that is not there. */
function checkNpmLock(text: string, isOwn: (folder: string) => boolean): string | undefined {
  const name = 'package-lock.json';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(name, text, 'is not valid JSON', cause);
  }
  const packages = (value as { packages?: unknown } | null)?.packages;
  if (packages === undefined || packages === null || typeof packages !== 'object') return undefined;
  let dangling: string | undefined;
  for (const [path, entry] of Object.entries(
    packages as Record<string, { resolved?: unknown; link?: unknown } | null>,
  )) {
    const resolved = entry?.resolved;
    const outside = path.split(/[/\\]/).includes('..');
    const isFolder = path !== '' && !path.includes('node_modules');
    if (isFolder || (entry?.link === true && typeof resolved === 'string')) {
      const folder = isFolder ? path : String(resolved);
      if (!isOwn(folder)) dangling ??= folder;
      continue;
    }
    const place = typeof resolved === 'string' && !/^https?:/i.test(resolved) ? foreign(resolved) : undefined;
    if (place === undefined && !outside) continue;
    throw elsewhere(name, path, place ?? 'outside of the repository');
  }
  return dangling;
}

/** A yarn.lock of either generation; classic ones name a host for each package, which is taken out. */
function yarnLock(text: string): string {
  const name = 'yarn.lock';
  if (/^<{7} /m.test(text)) throw broken(name, text, 'can’t be read');
  for (const [, resolution = ''] of text.matchAll(/^ {2}resolution: "?([^"\n]{1,500})/gm)) {
    const source = resolution.replace(/^@?[^@]+@/, '');
    if (!/^(npm:|workspace:|patch:[^#]*#.*builtin<|virtual:|file:|link:|portal:)/.test(source))
      throw elsewhere(name, resolution, foreign(source) ?? 'somewhere else than the registry');
  }
  return text.replaceAll(/^( {2}resolved ")([^"\n]{1,1000})"/gm, (_line, start: string, url: string) => {
    const archive = ARCHIVE.exec(url);
    if (!/^https?:/i.test(url) || archive === null || /^https?:\/\/(codeload\.)?(github|gitlab|bitbucket)\./i.test(url))
      throw elsewhere(
        name,
        url,
        foreign(url.replace(/^https?:\/\/(codeload\.)?(github|gitlab|bitbucket)\..*/, 'github:x')) ??
          'a folder or file',
      );
    const hash = /#[0-9a-f]+$/.exec(url)?.[0] ?? '';
    return `${start}${REGISTRY_MARK}${archive[1] ?? ''}${hash}"`;
  });
}

function pnpmLock(text: string): string {
  const name = 'pnpm-lock.yaml';
  if (/^<{7} /m.test(text)) throw broken(name, text, 'can’t be read');
  const git =
    /^\s*(?:resolution: \{.*)?\b(?:type: git|repo: )/m.exec(text) ?? /codeload\.github\.com[^\s},]*/.exec(text);
  if (git !== null) throw elsewhere(name, git[0].trim(), 'a git repository');
  return text.replaceAll(/, tarball: https?:[^},\s]+/g, '');
}
