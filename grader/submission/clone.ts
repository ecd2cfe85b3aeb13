import { join } from 'node:path';
import { InfrastructureError } from '../platform/errors.ts';
import { printableLine } from '../platform/printable.ts';
import { runCommand } from '../platform/process.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { SAFE_CONFIG, SAFE_ENVIRONMENT } from './git.ts';

/** One commit of a repository somewhere else. */
export interface Source {
  /** https, or http where the server is one's own. */
  url: string;
  commit: string;
  /** The commit that changes are counted from. */
  base?: string | undefined;
}

/** A commit's files on this machine. Removed with its scope. */
export interface Clone extends AsyncDisposable {
  /** Absolute. */
  root: string;
  /** Paths that differ from `base`, from the root, also of files removed; undefined where there is nothing to compare with. */
  changed: string[] | undefined;
}

export interface CloneOptions {
  /** Sent to the host of `url` and nowhere else; never written to the disk, nor shown in a list of processes. */
  token: string;
  /** The PATH on which git is found. */
  path: string;
  signal: AbortSignal;
}

/** A history is not fetched, so this is what large trees need. */
const TIMEOUT_MS = 180_000;
const MOST_CHANGES_BYTES = 8 * 1024 * 1024;

/**
 * Fetches exactly this commit, whatever the branch says by now. Nothing that the repository configures is run:
 * no hooks, no filters, no submodules.
 *
 * @throws {InfrastructureError} when it can't be had
 */
export async function clone({ url, commit, base }: Source, options: CloneOptions): Promise<Clone> {
  await using stack = new AsyncDisposableStack();
  const temp = stack.use(await tempDir('clone'));
  const root = join(temp.path, 'tree');
  const git = gitIn(temp.path, options);
  const must = async (what: string, running: ReturnType<typeof git>) => {
    const { exitCode, timedOut, stderr, spawnError } = await running;
    if (exitCode === 0) return;
    const reason = spawnError ?? (timedOut ? `no end after ${TIMEOUT_MS / 1000} s` : lastLine(stderr));
    throw new InfrastructureError(`${what}: ${reason}`, {
      mend: 'See whether the commit is still in the repository, and whether the App may read its contents.',
    });
  };
  const fetch = (sha: string) => git(fetchOf(root, url, sha), authorization(url, options.token));

  await must('git could not make a repository', git(['init', '--quiet', '--template=', root]));
  await must(`commit ${commit} of ${url} could not be fetched`, fetch(commit));
  await must(`commit ${commit} could not be checked out`, git(['-C', root, 'checkout', '--quiet', '--detach', commit]));
  const changed =
    base !== undefined && (await fetch(base)).exitCode === 0 ? await differences(git, root, base, commit) : undefined;
  const owned = stack.move();
  return { root, changed, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/**
 * The paths that differ between a commit and what is checked out. The commit is fetched when it is not there, as in a
 * checkout without history.
 *
 * @param root a repository, absolute
 * @returns paths from the root, also of files removed; undefined when the commit can't be had
 */
export async function changedFiles(root: string, base: string, options: CloneOptions): Promise<string[] | undefined> {
  const git = gitIn(root, options);
  const there = await git(['cat-file', '-e', `${base}^{commit}`]);
  if (there.exitCode !== 0) {
    const { stdout } = await git(['remote', 'get-url', 'origin']);
    const url = stdout.trim();
    if (!/^https?:\/\//.test(url)) return undefined;
    const { exitCode } = await git(fetchOf(root, url, base), authorization(url, options.token));
    if (exitCode !== 0) return undefined;
  }
  return differences(git, root, base, 'HEAD');
}

type Git = ReturnType<typeof gitIn>;

/** Runs git with nothing of what the machine or the repository configures. */
function gitIn(cwd: string, { path, signal }: CloneOptions) {
  return (args: string[], environment: Record<string, string> = {}) =>
    runCommand(['git', ...SAFE_CONFIG.flatMap((entry) => ['-c', entry]), ...args], {
      cwd,
      env: { ...SAFE_ENVIRONMENT, ...environment, PATH: path },
      timeoutMs: TIMEOUT_MS,
      outputBytes: MOST_CHANGES_BYTES,
      signal,
    });
}

function fetchOf(root: string, url: string, sha: string): string[] {
  return ['-C', root, 'fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', url, sha];
}

async function differences(git: Git, root: string, base: string, commit: string): Promise<string[] | undefined> {
  const { exitCode, stdout } = await git(['-C', root, 'diff', '--name-only', '--no-renames', '-z', base, commit]);
  return exitCode === 0 ? stdout.split('\0').filter((path) => path !== '') : undefined;
}

/** Lets git reach the network, with the token: by environment, so that it stands in no argument and no file. */
function authorization(url: string, token: string): Record<string, string> {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  return {
    GIT_ALLOW_PROTOCOL: 'https:http',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
    GIT_CONFIG_KEY_1: 'http.followRedirects',
    GIT_CONFIG_VALUE_1: 'false',
  };
}

function lastLine(text: string): string {
  return printableLine(text.trim().split('\n').at(-1) ?? '').slice(0, 300);
}
