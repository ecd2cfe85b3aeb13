import { LearnerError } from '../../platform/errors.ts';
import type { Sources } from '../sources.ts';
import { DEPENDENCY_KINDS, localFolder, type OwnPackage } from './own-packages.ts';

/**
 * Git, URL and file dependencies run code on fetching, or reach outside of the registry or the copy; folders of
 * the repository itself may be depended on.
 *
 * @throws {LearnerError} that names the package
 */
export function refuseForeign({ folder, manifest }: OwnPackage, sources: Sources, own: readonly OwnPackage[]): void {
  for (const kind of DEPENDENCY_KINDS)
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      const target = localFolder(sources, folder, range);
      if (target !== undefined && own.some((one) => one.folder === target)) continue;
      refuse(name, range);
    }
  const { pnpm } = manifest;
  for (const overrides of [
    manifest.overrides,
    manifest.resolutions,
    (pnpm as { overrides?: unknown } | undefined)?.overrides,
  ])
    for (const [name, range] of leaves(overrides)) refuse(name, range);
}

/** What a version range names when it is no range of the registry. */
export function foreign(range: string): string | undefined {
  if (/^(git[+:@]|git\+|ssh:|github:|gitlab:|bitbucket:|gist:)/i.test(range)) return 'a git repository';
  if (/^[\w.-]+\/[\w.-]+(#.*)?$/.test(range)) return 'a git repository';
  if (/^https?:/i.test(range)) return 'a URL';
  if (/^(file:|link:|portal:|exec:|\.{0,2}\/|~\/|[A-Za-z]:\\)/.test(range)) return 'a folder or file';
  if (range.startsWith('patch:')) return 'a patch';
  return undefined;
}

function refuse(name: string, range: string): void {
  const place = foreign(range);
  if (place === undefined) return;
  throw new LearnerError(
    `The package "${name.slice(0, 100)}" comes from ${place} ("${range.slice(0, 100)}"), which is not installed while grading.`,
    {
      mend: 'Depend on a package of the registry by its version, or keep the code in your repository and import it by its path.',
    },
  );
}

function leaves(value: unknown, name = '', depth = 0): [string, string][] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null || depth > 10) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, key, depth + 1));
}
