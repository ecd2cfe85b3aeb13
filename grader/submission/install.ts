import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { lock as lockFile } from 'proper-lockfile';
import { InfrastructureError, LearnerError } from '../platform/errors.ts';
import { runCommand, type CommandResult } from '../platform/process.ts';
import type { Assumption } from '../report/schema.ts';
import { readWanted, type Wanted } from './dependencies.ts';
import { causeIn } from './causes.ts';
import { npmCode, npmError, type Npm } from './npm.ts';
import type { Installed, Limits, Platform, Runtime, Submission } from './submission.ts';

export interface InstallOptions {
  submission: Submission;
  runtime: Runtime;
  npm: Npm;
  /** A folder of this user, where installed packages are kept from run to run. */
  cacheDir: string;
  /** Of install scripts. */
  limits: Limits;
  signal: AbortSignal;
  /** Default 5 minutes. */
  timeoutMs?: number;
}

/** Raised when the way of installing changes, so that older entries are not used. */
const CACHE_FORMAT = 1;
const DEFAULT_TIMEOUT_MS = 5 * 60_000;
/** Twenty times what a course's app needs. */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_FILES = 300_000;
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
 * Makes `node_modules` ready for a submission: from the cache, or by npm without running any code,
 * after which the dependencies' install scripts run in the runtime. A cache entry appears whole and is
 * never written to again.
 *
 * @throws {LearnerError} when what the submission asks for can't be had
 * @throws {InfrastructureError} when the registry, the disk or npm itself fails
 */
export async function install(options: InstallOptions): Promise<Installed> {
  const startedAt = performance.now();
  const wanted = await readWanted(options.submission);
  if (wanted === undefined)
    return { modulesDir: undefined, durationMs: performance.now() - startedAt, cached: true, assumptions: [] };
  const platform = await options.runtime.platform();
  const entry = join(options.cacheDir, keyOf(wanted, platform, options.npm.version, options.runtime.name));
  const kept = await readKept(entry);
  const { assumptions } = kept ?? (await installOnce(entry, wanted, platform, options));
  return {
    modulesDir: entry,
    durationMs: performance.now() - startedAt,
    cached: kept !== undefined,
    assumptions: [...wanted.assumptions, ...assumptions],
  };
}

interface Kept {
  assumptions: Assumption[];
}

/** Written last into an entry, before it gets its name. */
const KEPT_FILE = 'installed.json';

function keyOf(wanted: Wanted, platform: Platform, npmVersion: string, runtime: string): string {
  const major = platform.node.split('.')[0];
  const text = JSON.stringify([
    CACHE_FORMAT,
    wanted.manifest,
    wanted.lock ?? null,
    runtime,
    platform.os,
    platform.cpu,
    platform.libc ?? null,
    major,
    npmVersion,
  ]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

async function readKept(entry: string): Promise<Kept | undefined> {
  const text = await readFile(join(entry, KEPT_FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}

async function installOnce(entry: string, wanted: Wanted, platform: Platform, options: InstallOptions): Promise<Kept> {
  await mkdir(options.cacheDir, { recursive: true, mode: 0o700 });
  const release = await lockFile(entry, LOCK);
  const staging = join(options.cacheDir, `staging-${randomBytes(8).toString('hex')}`);
  try {
    options.signal.throwIfAborted();
    const kept = await readKept(entry);
    if (kept !== undefined) return kept;
    await mkdir(staging);
    const assumptions = await fetchPackages(staging, wanted, platform, options);
    await runScripts(staging, options);
    await checkSize(join(staging, 'node_modules'));
    await writeFile(join(staging, KEPT_FILE), JSON.stringify({ assumptions }));
    await publish(staging, entry);
    return { assumptions };
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

/** Gives an entry its name, whole. An entry that somebody else has made meanwhile stays. */
async function publish(staging: string, entry: string): Promise<void> {
  if ((await readKept(entry)) !== undefined) return;
  await rm(entry, { recursive: true, force: true });
  await rename(staging, entry);
}

/** Downloads and unpacks; nothing of the packages is run. */
async function fetchPackages(
  staging: string,
  wanted: Wanted,
  platform: Platform,
  options: InstallOptions,
): Promise<Assumption[]> {
  await writeFile(join(staging, 'package.json'), JSON.stringify(wanted.manifest, undefined, 2));
  if (wanted.lock !== undefined) {
    await writeFile(join(staging, 'package-lock.json'), wanted.lock);
    const result = await npm('ci', staging, platform, options);
    if (result.exitCode === 0) return [];
    if (npmCode(result.stderr) !== 'EUSAGE') throw npmError(result);
  }
  const result = await npm('install', staging, platform, options);
  if (result.exitCode !== 0) throw npmError(result);
  return wanted.lock === undefined
    ? []
    : [
        {
          what: 'The packages were installed by "npm install"',
          because: 'package-lock.json does not fit package.json, so that "npm ci" refuses it',
        },
      ];
}

async function npm(
  command: 'ci' | 'install',
  staging: string,
  platform: Platform,
  options: InstallOptions,
): Promise<CommandResult> {
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--no-update-notifier',
    '--replace-registry-host=always',
    '--allow-git=none',
    '--allow-remote=none',
    '--allow-file=none',
    '--allow-directory=none',
    // An npm that does not know the flags above finds no git to run.
    '--git=/nonexistent/git',
    '--include=dev',
    '--include=optional',
    '--install-links=false',
    `--os=${platform.os}`,
    `--cpu=${platform.cpu}`,
    ...(platform.libc === undefined ? [] : [`--libc=${platform.libc}`]),
  ];
  return runCommand([...options.npm.command, command, ...flags], {
    cwd: staging,
    env: options.npm.env,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    signal: options.signal,
  });
}

/** Runs install scripts (native builds, as a rule), where any package has one. */
async function runScripts(staging: string, options: InstallOptions): Promise<void> {
  const names = await packagesWithScripts(staging);
  if (names.length === 0) return;
  const result = await options.runtime.runInstallScripts(staging, {
    limits: options.limits,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    signal: options.signal,
  });
  if (result.exitCode === 0) return;
  const lines = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(/^npm (error|ERR!|warn) ?/, '').slice(0, 500));
  const which = /path .*node_modules[\\/](.+)$/m.exec(lines.join('\n'))?.[1]?.trim() ?? names.slice(0, 3).join(', ');
  const offline = lines.find((line) =>
    /ENOTFOUND|EAI_AGAIN|ENETUNREACH|getaddrinfo|Could not resolve|network is unreachable/i.test(line),
  );
  const tools = lines.find((line) =>
    /find Python|not found: make|make: not found|g\+\+: not found|C\+\+ compiler/i.test(line),
  );
  if (offline !== undefined || tools !== undefined) {
    throw new InfrastructureError(
      `The package ${which} could not be built: ${offline === undefined ? 'the image has no compiler' : 'its install script wants to download something, which install scripts may not'}.`,
      {
        mend: 'Use an image with python3, make and g++ (node:24-bookworm rather than its slim variant), or a release of the package that brings its binaries along.',
      },
    );
  }
  const cause = causeIn(lines)?.cause;
  throw new LearnerError(
    `The install script of ${which} failed${result.timedOut ? ': it did not end in time' : cause === undefined ? '' : `: ${cause}`}.`,
    {
      fault: result.timedOut ? 'timeout' : 'learner',
      logs: lines.slice(-40),
      mend: 'Use a release of the package that installs on a fresh machine.',
    },
  );
}

async function packagesWithScripts(staging: string): Promise<string[]> {
  const text = await readFile(join(staging, 'node_modules/.package-lock.json'), 'utf8').catch(() => '{}');
  const { packages = {} } = JSON.parse(text) as { packages?: Record<string, { hasInstallScript?: boolean }> };
  return Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript ? [path.replace(/^.*node_modules\//, '')] : [],
  );
}

async function checkSize(folder: string): Promise<void> {
  let bytes = 0;
  let files = 0;
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (++files > MAX_FILES || bytes > MAX_BYTES)
        throw new LearnerError('The packages take more than 2 GB or 300,000 files.', {
          mend: 'Take out packages that the app does not need.',
        });
      if (entry.isDirectory()) await walk(join(path, entry.name));
      else if (entry.isFile()) bytes += (await lstat(join(path, entry.name))).size;
    }
  };
  await walk(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
