import { lstat, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Installed } from '../submission.ts';

/** One thing to do to a copy so that installed packages are found in it. Paths are absolute. */
export type Placement =
  /** A link at `at` to `to`. */
  | { kind: 'link'; at: string; to: string }
  /** A folder at `at` with a link to each entry of `to`: some of its entries will be others. */
  | { kind: 'spread'; at: string; to: string };

/**
 * How packages are put into a copy. They stay where they are kept, behind links; packages of the repository
 * itself are those of the copy.
 *
 * @param root the copy
 * @param packagesDir where the copy's process sees what `installed.modulesDir` holds
 */
export function placements({ modules }: Installed, root: string, packagesDir: string): Placement[] {
  return modules.flatMap(({ from, at, own }): Placement[] => {
    const [place, source] = [posix.join(root, at), posix.join(packagesDir, from)];
    const names = Object.keys(own);
    if (names.length === 0) return [{ kind: 'link', at: place, to: source }];
    const scopes = new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0] ?? ''));
    return [
      { kind: 'spread', at: place, to: source },
      ...[...scopes].map((scope) => ({
        kind: 'spread' as const,
        at: posix.join(place, scope),
        to: posix.join(source, scope),
      })),
      ...names.map((name) => ({
        kind: 'link' as const,
        at: posix.join(place, name),
        to: posix.join(root, own[name] ?? ''),
      })),
    ];
  });
}

/** Folders with the programs of packages, nearest to the app first. */
export function programFolders({ modules }: Installed, root: string, appFolder: string): string[] {
  return modules
    .map(({ at }) => at)
    .filter((at) => isAbove(posix.dirname(at), appFolder))
    .toSorted((a, b) => b.length - a.length)
    .map((at) => posix.join(root, at, '.bin'));
}

/** Puts packages into a copy on this machine. */
export async function placeModules(all: readonly Placement[]): Promise<void> {
  for (const { kind, at, to } of all) {
    await mkdir(dirname(at), { recursive: true });
    if ((await lstat(at).catch(() => undefined)) !== undefined) await rm(at, { recursive: true });
    if (kind === 'link') await symlink(to, at);
    else {
      await mkdir(at);
      for (const name of await readdir(to)) await symlink(join(to, name), join(at, name));
    }
  }
}

/** The same as a script for `sh`, whose arguments are kind, place and source in turn. */
export const PLACE_SCRIPT = `while [ $# -gt 0 ]; do
  mkdir -p "$(dirname "$2")" && rm -rf "$2" || exit 1
  if [ "$1" = link ]; then ln -s "$3" "$2" || exit 1
  else mkdir "$2" && find "$3" -mindepth 1 -maxdepth 1 -exec ln -s -t "$2" {} + || exit 1
  fi
  shift 3
done`;

function isAbove(folder: string, inner: string): boolean {
  return folder === '.' || folder === inner || inner.startsWith(`${folder}/`);
}
