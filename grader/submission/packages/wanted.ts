import { posix } from 'node:path';
import { stringify } from 'yaml';
import type { Assumption } from '../../report/schema.ts';
import { readInside } from '../files.ts';
import type { Submission } from '../submission.ts';
import { refuseForeign } from './foreign.ts';
import { checkLock, type Lock, MAX_LOCK_BYTES } from './lock.ts';
import { chooseManager } from './manager.ts';
import { DEPENDENCY_KINDS, localFolder, type OwnPackage, ownPackages, readPnpmWorkspace } from './own-packages.ts';

/** What a submission wants to have installed: all that a package manager gets to see of it. */
export interface Wanted {
  manager: 'npm' | 'yarn' | 'yarn-berry' | 'pnpm';
  /** The release of it that package.json names. */
  release: string | undefined;
  /** The folder of the repository that everything here is relative to. */
  base: string;
  /** Where the package manager runs. */
  folder: string;
  /** Each package.json with its dependency fields only: no scripts, no configuration. */
  manifests: Record<string, string>;
  /** Text of a pnpm-workspace.yaml of the grader's own. */
  pnpmWorkspace: string | undefined;
  lock: Lock | undefined;
  /** Whether packages of the repository are linked to one another. */
  linked: boolean;
  /** Whether conflicts of peer dependencies are to be let pass, as the learner's settings do. */
  legacyPeers: boolean;
  assumptions: Assumption[];
}

/** Settings of package managers that may run code or lead elsewhere. */
const SETTINGS = ['.yarnrc', '.yarnrc.yml', '.pnpmfile.cjs', '.pnpmfile.mjs'];

/**
 * Reads the dependencies of a submission; undefined when it has none.
 *
 * @throws {LearnerError} when a package.json or the lockfile is broken, or names a package that is not from the registry
 */
export async function readWanted(submission: Submission): Promise<Wanted | undefined> {
  const { root, packageDir, sources } = submission;
  if (packageDir === undefined) return undefined;
  const folder = posix.relative(root, packageDir);
  const own = await ownPackages(root, sources, folder);
  const nothing = own.every(({ manifest }) =>
    DEPENDENCY_KINDS.every((kind) => Object.keys(manifest[kind] ?? {}).length === 0),
  );
  if (nothing && own.length <= 1) return undefined;
  for (const one of own) refuseForeign(one, sources, own);
  const choice = await chooseManager(submission);
  const text = choice.lock === undefined ? undefined : await readInside(root, choice.lock, MAX_LOCK_BYTES + 1);
  const within = folder === '' ? '' : `${folder}/`;
  if (own.some((one, index) => index > 0 && !one.folder.startsWith(within))) return beside(own, choice.lock);
  const base = folder;
  const inner = (path: string) => posix.relative(base, path);
  const checked =
    choice.lock === undefined || text === undefined
      ? undefined
      : checkLock(choice.lock, text, (path) =>
          own.some((one) => posix.join(one.folder, '.') === posix.join(folder, path)),
        );
  const berry =
    checked?.lock?.name === 'yarn.lock' ? /^__metadata:/m.test(text ?? '') : /^[2-9]/.test(choice.release ?? '');
  // What only a newer yarn knows, where no lockfile speaks for pnpm.
  const newer = own.some(({ manifest }) =>
    DEPENDENCY_KINDS.some((kind) =>
      Object.values(manifest[kind] ?? {}).some((range) => /^(workspace|portal|catalog):/.test(range)),
    ),
  );
  return {
    manager: choice.name !== 'pnpm' && (newer || (choice.name === 'yarn' && berry)) ? 'yarn-berry' : choice.name,
    release: choice.release,
    base,
    folder: inner(folder),
    manifests: manifestTexts(own, inner, folder),
    pnpmWorkspace: choice.name === 'pnpm' ? pnpmWorkspace(own, folder, submission) : undefined,
    lock: checked?.lock,
    linked:
      own.length > 1 ||
      own.some((one) => rangesOf(one).some((range) => localFolder(sources, one.folder, range) !== undefined)),
    legacyPeers: /^\s*legacy-peer-deps\s*=\s*true/m.test((await readInside(root, posix.join(folder, '.npmrc'))) ?? ''),
    assumptions: [
      ...choice.assumptions,
      ...(checked === undefined ? [withoutLock(submission, folder)] : checked.assumptions),
      ...SETTINGS.map((name) => posix.join(folder, name))
        .filter((path) => sources.has(path))
        .map((path) => ({
          what: `${path} was not followed`,
          because: 'packages are installed by the grader’s own settings',
        })),
    ],
  };
}

/**
 * A package with others beside it that it depends on by `file:`. No package manager installs what such others
 * depend on, unless all of them are workspaces; so a root is made up for them.
 */
function beside(own: readonly OwnPackage[], lock: string | undefined): Wanted {
  const made: OwnPackage = { folder: '', manifest: { name: 'submission' } };
  const all = [made, ...own.filter((one) => one.folder !== '')];
  return {
    manager: 'npm',
    release: undefined,
    base: '',
    folder: '',
    manifests: manifestTexts(all, (path) => path, ''),
    pnpmWorkspace: undefined,
    lock: undefined,
    linked: true,
    legacyPeers: false,
    assumptions: [
      {
        what: `The packages were installed for ${own.map((one) => one.folder || 'the root').join(', ')} together`,
        because: `they depend on one another by their folders${lock === undefined ? '' : `; ${lock} was not followed`}`,
      },
    ],
  };
}

function manifestTexts(
  own: readonly OwnPackage[],
  inner: (path: string) => string,
  folder: string,
): Record<string, string> {
  const names = new Set<string>();
  const workspaces = own
    .slice(1)
    .flatMap((one) =>
      one.folder.startsWith(folder === '' ? '' : `${folder}/`) ? [posix.relative(folder, one.folder)] : [],
    );
  return Object.fromEntries(
    own.map(({ folder: path, manifest }, index) => {
      const { peerDependenciesMeta, overrides, resolutions, pnpm } = manifest;
      const valid = manifest.name !== undefined && VALID_NAME.test(manifest.name) && !names.has(manifest.name);
      // A name of our own: npm refuses to install a package into a project of the same name.
      const name =
        own.length > 1 && valid ? (manifest.name ?? '') : index === 0 ? 'submission' : `own-package-${index}`;
      names.add(name);
      const fields = {
        ...Object.fromEntries(DEPENDENCY_KINDS.map((kind) => [kind, manifest[kind]])),
        peerDependenciesMeta,
        ...(index === 0
          ? {
              overrides,
              resolutions,
              ...(pnpm === undefined ? {} : { pnpm: { overrides: (pnpm as { overrides?: unknown }).overrides } }),
            }
          : {}),
        ...(index === 0 && workspaces.length > 0 ? { workspaces } : {}),
      };
      const version = /^\d+\.\d+\.\d+[\w.+-]{0,40}$/.test(manifest.version ?? '') ? manifest.version : '0.0.0';
      const text = JSON.stringify(
        {
          name,
          version: own.length > 1 ? version : '0.0.0',
          private: true,
          ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
        },
        undefined,
        2,
      );
      return [posix.join(inner(path), 'package.json'), text];
    }),
  );
}

function rangesOf({ manifest }: OwnPackage): string[] {
  return DEPENDENCY_KINDS.flatMap((kind) => Object.values(manifest[kind] ?? {}));
}

const VALID_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

function pnpmWorkspace(own: readonly OwnPackage[], folder: string, { sources }: Submission): string {
  const { catalog, catalogs, overrides } = readPnpmWorkspace(sources, folder) ?? {};
  const packages = own.slice(1).map((one) => posix.relative(folder, one.folder));
  return stringify({ packages: ['.', ...packages], catalog, catalogs, overrides }, { keepUndefined: false });
}

function withoutLock({ sources }: Submission, folder: string): Assumption {
  const other = ['bun.lock', 'bun.lockb'].find((name) => sources.has(posix.join(folder, name)));
  return {
    what: 'The newest packages that package.json allows were installed',
    because: other === undefined ? 'there is no package-lock.json' : `npm does not read ${other}`,
  };
}
