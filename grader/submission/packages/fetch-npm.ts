import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LearnerError } from '../../platform/errors.ts';
import { runCommand, type CommandResult } from '../../platform/process.ts';
import type { Assumption } from '../../report/schema.ts';
import type { Platform } from '../submission.ts';
import { DEFAULT_TIMEOUT_MS, type InstallOptions } from './options.ts';
import { npmCode, npmError } from './npm.ts';
import type { Wanted } from './wanted.ts';

/** Codes of an "npm ci" after which "npm install" is tried; what the lock says is wrong then, not the packages. */
const LOCK_CODES = /^(EUSAGE|ENOENT|ENOTDIR|E404|ETARGET|ELINK.*|EALLOW(FILE|DIRECTORY)|ENOLOCK|EINVALIDPACKAGENAME)$/;

/** Installs with npm: by the lockfile, or without it where it does not fit. Nothing of the packages is run. */
export async function fetchWithNpm(
  staging: string,
  wanted: Wanted,
  platform: Platform,
  options: InstallOptions,
): Promise<Assumption[]> {
  const folder = join(staging, wanted.folder);
  const flags = [
    ...(wanted.linked ? ['--allow-directory=root'] : ['--allow-directory=none']),
    ...(wanted.legacyPeers ? ['--legacy-peer-deps'] : []),
  ];
  const lockFile = join(folder, 'package-lock.json');
  const assumptions: Assumption[] = [];
  if (wanted.lock !== undefined) {
    await writeFile(lockFile, wanted.lock.text);
    const result = await npm('ci', folder, platform, options, flags);
    if (result.exitCode === 0) return [];
    const code = npmCode(result.stderr) ?? '';
    if (code === 'ERESOLVE') {
      const lenient = await npm('ci', folder, platform, options, [...flags, '--legacy-peer-deps']);
      if (lenient.exitCode !== 0) throw npmError(result);
      return [
        {
          what: 'The packages were installed by "npm ci --legacy-peer-deps"',
          because: 'package-lock.json was made so: packages of it ask for different versions of the same package',
        },
      ];
    }
    if (!LOCK_CODES.test(code)) throw npmError(result);
    // A lock that only lags behind still says which versions the learner had.
    if (code !== 'EUSAGE') await rm(lockFile);
    assumptions.push({
      what: 'The packages were installed by "npm install"',
      because: `package-lock.json does not fit package.json, so that "npm ci" refuses it${code === 'EUSAGE' ? '' : ` (${code})`}`,
    });
  }
  let result = await npm('install', folder, platform, options, flags);
  if (result.exitCode !== 0 && assumptions.length > 0 && npmError(result) instanceof LearnerError) {
    await rm(lockFile, { force: true });
    result = await npm('install', folder, platform, options, flags);
  }
  if (result.exitCode !== 0) throw npmError(result);
  return assumptions;
}

async function npm(
  command: 'ci' | 'install',
  folder: string,
  platform: Platform,
  options: InstallOptions,
  more: readonly string[],
): Promise<CommandResult> {
  const all = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--no-update-notifier',
    '--replace-registry-host=always',
    '--allow-git=none',
    '--allow-remote=none',
    '--allow-file=none',
    // An npm that does not know the flags above finds no git to run.
    '--git=/nonexistent/git',
    '--include=dev',
    '--include=optional',
    '--install-links=false',
    ...more,
    `--os=${platform.os}`,
    `--cpu=${platform.cpu}`,
    ...(platform.libc === undefined ? [] : [`--libc=${platform.libc}`]),
  ];
  return runCommand([...options.npm.command, command, ...all], {
    cwd: folder,
    env: options.npm.env,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    signal: options.signal,
  });
}
