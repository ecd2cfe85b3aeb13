import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import { runCommand, type CommandResult } from '../../platform/process.ts';
import { installTools } from './grader-tools.ts';
import { DEFAULT_TIMEOUT_MS, type InstallOptions } from './options.ts';

/** A package manager other than npm, ready to run. */
export interface Manager {
  /** Ends with a slash. */
  registry: string;
  /** Where it keeps what it downloads, from run to run. */
  storeDir: string;
  run(folder: string, args: readonly string[]): Promise<CommandResult>;
}

/**
 * Gets a package manager from the registry, as npm gets every package.
 *
 * @param name its package, of which `range` is taken and `program` is run
 * @throws {InfrastructureError} when it can't be had
 */
export async function prepareManager(
  name: string,
  range: string,
  program: string,
  options: InstallOptions,
): Promise<Manager> {
  const { npm, signal, cacheDir } = options;
  const platform = { os: process.platform, cpu: process.arch, libc: undefined, node: process.versions.node };
  const { entry } = await installTools({ [name]: range }, platform, options);
  const storeDir = join(cacheDir, 'managers');
  // Nothing but Node: no git, which packages might be fetched by, and no compiler.
  const bin = join(storeDir, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(process.execPath, join(bin, 'node')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const asked = await runCommand([...npm.command, 'config', 'get', 'registry'], {
    cwd: entry,
    env: npm.env,
    timeoutMs: 30_000,
    signal,
  });
  const registry = asked.stdout.trim().replace(/\/?$/, '/');
  if (!/^https?:\/\//.test(registry))
    throw new InfrastructureError('npm does not say which registry it uses.', {
      mend: 'Look at: npm config get registry.',
    });
  return {
    registry,
    storeDir,
    run: (folder, args) =>
      runCommand([process.execPath, join(entry, 'node_modules', program), ...args], {
        cwd: folder,
        env: {
          ...npm.env,
          PATH: bin,
          YARN_IGNORE_PATH: '1',
          COREPACK_ENABLE_STRICT: '0',
          npm_config_registry: registry,
        },
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal,
      }),
  };
}

interface Trouble {
  pattern: RegExp;
  reason: string;
  mend: string;
}

/** What a submission asks for and can't have, as yarn and pnpm say it. */
const TROUBLES: readonly Trouble[] = [
  {
    pattern:
      /Couldn't find package "[^"]*"|ERR_PNPM_FETCH_404|YN0035.*|Package not found|Not found - 404|Request failed "404/,
    reason: 'a package does not exist',
    mend: 'Check its name in package.json.',
  },
  {
    pattern:
      /Couldn't find any versions for|ERR_PNPM_NO_MATCHING_VERSION|YN0082|No candidates found|No matching version/,
    reason: 'no version of a package matches',
    mend: 'Choose a version that exists: npm view <package> versions.',
  },
  {
    pattern: /Integrity check failed|ERR_PNPM_TARBALL_INTEGRITY|YN0018/,
    reason: 'a package differs from what the lockfile recorded',
    mend: 'Delete the lockfile and node_modules, install again, commit the new lockfile.',
  },
  {
    pattern: /Unknown token|Invalid value type|ERR_PNPM_BROKEN_LOCKFILE|Parse error when loading|YN0046/,
    reason: 'the lockfile is broken',
    mend: 'Delete it, install again, commit the new one.',
  },
  {
    pattern: /ERR_PNPM_WORKSPACE_PKG_NOT_FOUND|Workspace not found|No workspace found|YN0016/,
    reason: 'a workspace is not in the repository',
    mend: 'Check "workspaces" in package.json and the names of the packages in them.',
  },
  {
    pattern: /spawn git ENOENT|Couldn't find the binary git|YN0001.*git/,
    reason: 'a package comes from a git repository',
    mend: 'Use packages from the registry.',
  },
];

/** What a failed run of yarn or pnpm means, with its own words. */
export function managerError(name: string, result: CommandResult): LearnerError | InfrastructureError {
  const lines = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .map((line) => line.trim().slice(0, 500))
    .filter((line) => line !== '');
  const telling = lines.find((line) => /error|ERR_|YN0(?!000)|Couldn't|404/i.test(line));
  if (result.timedOut)
    return new InfrastructureError(`${name} did not finish installing in time.`, {
      mend: 'Check the connection to the package registry, then grade again.',
    });
  for (const { pattern, reason, mend } of TROUBLES) {
    const line = lines.find((one) => pattern.test(one));
    if (line !== undefined)
      return new LearnerError(`The packages could not be installed: ${reason} (${name}: ${line}).`, {
        mend,
        logs: lines.slice(-40),
      });
  }
  return new InfrastructureError(
    `The packages could not be installed by ${name}: ${telling ?? lines.at(-1) ?? result.spawnError ?? 'it says nothing'}.`,
    {
      mend: 'Check the connection to the package registry (npm ping), then grade again.',
    },
  );
}
