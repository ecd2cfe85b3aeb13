import { readFile, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import type { CommandResult } from '../../platform/process.ts';

/** npm as found on this machine. */
export interface Npm {
  /** How it is run, with the grader's own Node. */
  command: readonly string[];
  version: string;
  /** The whole environment that it gets. */
  env: Record<string, string>;
}

/** An environment such as process.env. */
export type HostEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Finds npm on PATH, beside Node, or where `npx` says that it is.
 *
 * @param host the grader's environment; npm's own settings in it are passed on, nothing else is
 * @throws {InfrastructureError} when there is none
 */
export async function findNpm(host: HostEnvironment): Promise<Npm> {
  const onPath = (host['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'npm'));
  const candidates = [
    ...onPath,
    host['npm_execpath'] ?? '',
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  for (const candidate of candidates) {
    const cli = await realpath(candidate).catch(() => '');
    if (!cli.endsWith('npm-cli.js')) continue;
    const manifest = JSON.parse(await readFile(join(dirname(cli), '../package.json'), 'utf8')) as { version: string };
    return { command: [process.execPath, cli], version: manifest.version, env: npmEnvironment(host) };
  }
  throw new InfrastructureError('npm was not found on this machine.', {
    mend: 'Install Node.js with npm, or put npm on PATH.',
  });
}

/** npm's arguments to run the install scripts of what is installed already. Newer npms ask for consent first. */
export const REBUILD = [
  'rebuild',
  '--dangerously-allow-all-scripts',
  '--foreground-scripts',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
];

/** Settings of npm that belong to the run of npm or npx that started the grader, or that change what is installed. */
const NOT_PASSED =
  /^npm_config_(local_prefix|prefix|global|workspaces?|workspaces_update|include_workspace_root|omit|include|only|also|production|dry_run|package_lock.*|lockfile.*|ignore_scripts|allow_.*|save.*|yes|loglevel|json|long|silent)$/i;
const PASSED =
  /^(npm_config_\w+|node_extra_ca_certs|ssl_cert_(file|dir)|https?_proxy|all_proxy|no_proxy|noproxy|home|userprofile|appdata|localappdata|systemroot|tmpdir|temp|tmp)$/i;

function npmEnvironment(host: HostEnvironment): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(host)) {
    if (value !== undefined && PASSED.test(name) && !NOT_PASSED.test(name)) env[name] = value;
  }
  return {
    ...env,
    PATH: [dirname(process.execPath), host['PATH'] ?? ''].join(delimiter),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    CI: 'true',
  };
}

/** npm's codes for what the submission asks for and can't have. */
const LEARNER_CODES: Readonly<Record<string, { reason: string; mend: string }>> = {
  E404: {
    reason: 'a package does not exist',
    mend: 'Check its name in package.json: npm install adds a package under its right name.',
  },
  ETARGET: {
    reason: 'no version of a package matches',
    mend: 'Choose a version that exists: npm view <package> versions.',
  },
  ENOVERSIONS: { reason: 'a package has no versions', mend: 'Choose another package.' },
  ERESOLVE: {
    reason: 'packages need different versions of the same package',
    mend: 'Run npm install on your machine and solve the conflict that it names.',
  },
  EJSONPARSE: {
    reason: 'package.json or package-lock.json is not valid JSON',
    mend: 'Correct it, or delete package-lock.json and run npm install.',
  },
  EINVALIDPACKAGENAME: { reason: 'a package’s name is not valid', mend: 'Correct the name in package.json.' },
  EINVALIDTAGNAME: { reason: 'a package’s version is not valid', mend: 'Correct the version in package.json.' },
  EUNSUPPORTEDPROTOCOL: {
    reason: 'a package comes from a place that npm does not know',
    mend: 'Use packages from the registry.',
  },
  EALLOWGIT: { reason: 'a package comes from a git repository', mend: 'Use packages from the registry.' },
  EALLOWREMOTE: { reason: 'a package comes from a URL', mend: 'Use packages from the registry.' },
  EALLOWFILE: { reason: 'a package comes from a file', mend: 'Use packages from the registry.' },
  EALLOWDIRECTORY: { reason: 'a package comes from a folder', mend: 'Use packages from the registry.' },
  EBADPLATFORM: { reason: 'a package does not run on this platform', mend: 'Use a package that runs on Linux.' },
  EOVERRIDE: { reason: 'the overrides contradict the dependencies', mend: 'Correct "overrides" in package.json.' },
  EINTEGRITY: {
    reason: 'a package differs from what package-lock.json recorded',
    mend: 'Delete package-lock.json and node_modules, run npm install, commit the new lockfile.',
  },
  EUSAGE: {
    reason: 'package-lock.json does not fit package.json',
    mend: 'Run npm install and commit package-lock.json.',
  },
};

/** The error code that npm printed, such as E404; undefined when it printed none. */
export function npmCode(output: string): string | undefined {
  return /^npm (?:error|ERR!) code (\w+)/m.exec(output)?.[1];
}

/** What a failed run of npm means, with npm's own words. */
export function npmError(result: CommandResult): LearnerError | InfrastructureError {
  const output = `${result.stdout}\n${result.stderr}`;
  const words = [...output.matchAll(/^npm (?:error|ERR!) ?(.*)$/gm)]
    .map(([, line = '']) => line.slice(0, 500))
    .filter((line) => line.trim() !== '' && !/^(code |errno |syscall |A complete log|.*_logs[\\/])/.test(line))
    .slice(0, 30);
  const code = npmCode(output);
  if (result.timedOut)
    return new InfrastructureError('npm did not finish installing in time.', {
      mend: 'Check the connection to the package registry, then grade again.',
    });
  const learner = code === undefined ? undefined : LEARNER_CODES[code];
  if (learner !== undefined) {
    const detail =
      words.find((line) => /not found|No matching version|Conflicting|while resolving|Invalid/i.test(line)) ?? words[0];
    return new LearnerError(
      `The packages could not be installed: ${learner.reason}${detail === undefined ? '' : ` (npm: ${detail.trim()})`}.`,
      { mend: learner.mend, logs: words },
    );
  }
  const reason =
    code === 'ENOSPC'
      ? 'the disk is full'
      : (words[0] ?? result.spawnError ?? `npm ended with exit code ${result.exitCode ?? 'unknown'}`);
  return new InfrastructureError(
    `The packages could not be installed: ${code === undefined ? '' : `${code}: `}${reason.trim()}.`,
    {
      mend:
        code === 'ENOSPC'
          ? 'Free some disk space, then grade again.'
          : 'Check the connection to the package registry (npm ping), then grade again.',
    },
  );
}
