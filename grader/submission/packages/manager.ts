import { posix } from 'node:path';
import type { Assumption } from '../../report/schema.ts';
import { readPackage, type PackageJson } from '../package-json.ts';
import type { PackageManager, Submission } from '../submission.ts';

/** The package manager that a submission is made for. */
export interface ManagerChoice {
  name: PackageManager;
  /** Its lockfile, relative to the repository's root; undefined when there is none. */
  lock: string | undefined;
  /** The release that package.json asks for, such as `9.1.0`. */
  release: string | undefined;
  assumptions: Assumption[];
}

/** Lockfiles by manager; where several are there and nothing tells, npm's goes first, then the newer format. */
const LOCKS: readonly (readonly [PackageManager, readonly string[]])[] = [
  ['npm', ['package-lock.json', 'npm-shrinkwrap.json']],
  ['pnpm', ['pnpm-lock.yaml']],
  ['yarn', ['yarn.lock']],
];
/** Protocols that npm does not know. */
const NOT_NPM = /^(workspace|catalog|portal|patch):/;

/** Chooses by `packageManager` in package.json, the lockfiles, the scripts. */
export async function chooseManager(submission: Submission): Promise<ManagerChoice> {
  const { root, packageDir, sources } = submission;
  if (packageDir === undefined) return { name: 'npm', lock: undefined, release: undefined, assumptions: [] };
  const folder = posix.relative(root, packageDir);
  const manifest = await readPackage(root, packageDir);
  const asked = /^(npm|yarn|pnpm)@(\d+(?:\.\d+){0,2})/.exec(manifest?.packageManager ?? '');
  const field = asked?.[1] as PackageManager | undefined;
  const locks = LOCKS.flatMap(([name, files]) => {
    const file = files.map((one) => posix.join(folder, one)).find((path) => sources.has(path));
    return file === undefined ? [] : [{ name, lock: file }];
  });
  const [first, ...others] = locks;
  const choice = (name: PackageManager, lock: string | undefined, assumptions: Assumption[]): ManagerChoice => ({
    name,
    lock,
    release: name === field ? asked?.[2] : undefined,
    assumptions,
  });
  if (first === undefined)
    return withoutLock(choice, { field, manifest, pnpm: sources.has(posix.join(folder, 'pnpm-workspace.yaml')) });
  if (others.length === 0) return choice(first.name, first.lock, []);
  const byField = locks.find(({ name }) => name === field);
  const byScripts = locks.find(({ name }) => name !== 'npm' && scriptsCall(manifest, name));
  const chosen = byField ?? byScripts ?? first;
  const because = byField
    ? `"packageManager" of package.json names ${chosen.name}`
    : byScripts
      ? `the scripts of package.json call ${chosen.name}`
      : chosen.name === 'npm'
        ? 'npm comes with Node'
        : 'its format is the newest';
  const rest = locks.filter((one) => one !== chosen).map(({ lock }) => lock);
  return choice(chosen.name, chosen.lock, [
    { what: `The packages are those of ${chosen.lock}`, because: `there is ${rest.join(' and ')} too, and ${because}` },
  ]);
}

function withoutLock(
  choice: (name: PackageManager, lock: undefined, assumptions: Assumption[]) => ManagerChoice,
  { field, manifest, pnpm }: { field: PackageManager | undefined; manifest: PackageJson | undefined; pnpm: boolean },
): ManagerChoice {
  if (field !== undefined) return choice(field, undefined, []);
  const ranges = [manifest?.dependencies, manifest?.devDependencies].flatMap((names) => Object.values(names ?? {}));
  const foreign = ranges.find((range) => NOT_NPM.test(range));
  if (pnpm)
    return choice('pnpm', undefined, [
      { what: 'The packages were installed by pnpm', because: 'there is a pnpm-workspace.yaml' },
    ]);
  if (foreign === undefined) return choice('npm', undefined, []);
  return choice('yarn', undefined, [
    { what: 'The packages were installed by yarn', because: `npm does not know "${foreign.slice(0, 60)}"` },
  ]);
}

function scriptsCall(manifest: PackageJson | undefined, name: string): boolean {
  return Object.values(manifest?.scripts ?? {}).some((line) => new RegExp(`(^|[\\s&;|"'])${name}\\s`).test(line));
}
