import { relative } from 'node:path';
import { LearnerError } from '../platform/errors.ts';
import type { Assumption } from '../report/schema.ts';
import { readInside } from './files.ts';
import { readPackage, type PackageJson } from './package-json.ts';
import type { Submission } from './submission.ts';

/** What a submission wants to have installed: all that the installing npm gets to see of it. */
export interface Wanted {
  /** Dependency fields only: no scripts, no configuration. */
  manifest: Record<string, unknown>;
  /** The text of package-lock.json or npm-shrinkwrap.json. */
  lock: string | undefined;
  assumptions: Assumption[];
}

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;
const LOCKS = ['package-lock.json', 'npm-shrinkwrap.json'];
const OTHER_LOCKS = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'];
const MAX_LOCK_BYTES = 20 * 1024 * 1024;

/**
 * Reads the dependencies of a submission; undefined when it has none.
 *
 * @throws {LearnerError} when package.json or the lockfile is broken, or names a package that is not from the registry
 */
export async function readWanted(submission: Submission): Promise<Wanted | undefined> {
  const { root, packageDir } = submission;
  if (packageDir === undefined) return undefined;
  const manifest = await readPackage(root, packageDir);
  if (manifest === undefined || KINDS.every((kind) => Object.keys(manifest[kind] ?? {}).length === 0)) return undefined;
  refuseForeign(manifest);
  const within = relative(root, packageDir);
  const file = (name: string) => (within === '' ? name : `${within}/${name}`);
  const assumptions: Assumption[] = [];
  let lock: string | undefined;
  for (const name of LOCKS) lock ??= await readInside(root, file(name), MAX_LOCK_BYTES + 1);
  if (manifest.workspaces !== undefined) {
    assumptions.push({
      what: 'The packages of the app’s own folder were installed',
      because: 'workspaces are not linked to one another while grading',
    });
    lock = undefined;
  }
  if (lock !== undefined) checkLock(lock);
  else if (manifest.workspaces === undefined) assumptions.push(await withoutLock(submission, file));
  return { manifest: dependencyFields(manifest), lock, assumptions };
}

function dependencyFields(manifest: PackageJson): Record<string, unknown> {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta, overrides } =
    manifest;
  const fields = {
    dependencies,
    devDependencies,
    optionalDependencies,
    peerDependencies,
    peerDependenciesMeta,
    overrides,
  };
  // A name of our own: npm refuses to install a package into a project of the same name.
  return {
    name: 'submission',
    version: '0.0.0',
    private: true,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
}

/** Git, URL and file dependencies run code on fetching, or reach outside of the registry or the copy. */
function refuseForeign(manifest: PackageJson): void {
  for (const kind of KINDS) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      const place = foreign(range);
      if (place === undefined) continue;
      throw new LearnerError(
        `The package "${name.slice(0, 100)}" comes from ${place} ("${range.slice(0, 100)}"), which is not installed while grading.`,
        {
          mend: 'Depend on a package of the registry by its version, or keep the code in your repository and import it by its path.',
        },
      );
    }
  }
}

/** What a version range names when it is no range of the registry. */
function foreign(range: string): string | undefined {
  if (/^(git[+:@]|git\+|ssh:|github:|gitlab:|bitbucket:|gist:)/i.test(range)) return 'a git repository';
  if (/^[\w.-]+\/[\w.-]+(#.*)?$/.test(range)) return 'a git repository';
  if (/^https?:/i.test(range)) return 'a URL';
  if (/^(file:|link:|portal:|\.{0,2}\/|~\/|[A-Za-z]:\\)/.test(range)) return 'a folder or file';
  return undefined;
}

function checkLock(lock: string): void {
  const mend = 'Delete package-lock.json, run npm install, commit the new lockfile.';
  if (Buffer.byteLength(lock) > MAX_LOCK_BYTES)
    throw new LearnerError('package-lock.json is larger than 20 MB.', { mend });
  let value: unknown;
  try {
    value = JSON.parse(lock);
  } catch (cause) {
    const conflict = /^<{7} /m.test(lock) ? ': it still has the marks of a merge conflict' : '';
    throw new LearnerError(`package-lock.json is not valid JSON${conflict}.`, { mend, cause });
  }
  const packages = (value as { packages?: unknown } | null)?.packages;
  if (packages === undefined || packages === null || typeof packages !== 'object') return;
  for (const [path, entry] of Object.entries(packages as Record<string, { resolved?: unknown } | null>)) {
    const resolved = entry?.resolved;
    const place = typeof resolved === 'string' && !/^https?:/i.test(resolved) ? foreign(resolved) : undefined;
    if (place === undefined && !path.split(/[/\\]/).includes('..')) continue;
    throw new LearnerError(
      `package-lock.json takes "${path.slice(0, 100)}" from ${place ?? 'outside of the repository'}, which is not installed while grading.`,
      {
        mend: 'Depend on packages of the registry by their version.',
      },
    );
  }
}

async function withoutLock(submission: Submission, file: (name: string) => string): Promise<Assumption> {
  for (const name of OTHER_LOCKS) {
    if ((await submission.files.read(file(name), 1)) !== undefined) {
      return {
        what: 'The newest packages that package.json allows were installed',
        because: `npm does not read ${name}`,
      };
    }
  }
  return {
    what: 'The newest packages that package.json allows were installed',
    because: 'there is no package-lock.json',
  };
}
