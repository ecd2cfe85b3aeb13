import { runCommand } from '../platform/process.ts';

/** What git knows about a folder. */
export interface GitState {
  commit: string | undefined;
  /** Whether files differ from that commit. */
  dirty: boolean | undefined;
}

/**
 * Reads HEAD and whether there are changes, without running anything that the repository configures:
 * no hooks, no file system monitor, no filters, no helpers, no network. Both undefined where there is
 * no repository or no git.
 *
 * @param path the PATH on which git is looked for
 */
export async function readGit(folder: string, path: string, signal?: AbortSignal): Promise<GitState> {
  const git = async (args: string[], config: string[] = []) => {
    const result = await runCommand(
      ['git', '-C', folder, ...[...SAFE_CONFIG, ...config].flatMap((entry) => ['-c', entry]), ...args],
      {
        env: { ...SAFE_ENVIRONMENT, PATH: path },
        timeoutMs: 10_000,
        ...(signal ? { signal } : {}),
      },
    );
    return result.exitCode === 0 ? result.stdout : undefined;
  };
  const commit = (await git(['rev-parse', '--verify', 'HEAD']))?.trim();
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return { commit: undefined, dirty: undefined };
  const filters = (await git(['config', '--includes', '--name-only', '--get-regexp', '^filter\\.'])) ?? '';
  const names = new Set(filters.split('\n').flatMap((line) => /^filter\.(.*)\.[^.]+$/.exec(line)?.[1] ?? []));
  const off = [...names].flatMap((name) =>
    ['clean', 'smudge', 'process'].map((key) => `filter.${name}.${key}=`).concat(`filter.${name}.required=false`),
  );
  const changes = await git(['status', '--porcelain', '--ignore-submodules=all', '--no-renames', '--', '.'], off);
  return { commit, dirty: changes === undefined ? undefined : changes.trim() !== '' };
}

/** Turns off whatever a repository may configure to be run. */
export const SAFE_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.attributesFile=/dev/null',
  'core.pager=cat',
  'safe.directory=*',
  'submodule.recurse=false',
];

/** Keeps git to this repository: no configuration of the machine, no questions, no network. */
export const SAFE_ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
};
