import { access, constants, readdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../../../platform/process.ts';
import type { ProviderOptions } from '../../service.ts';

/** What a way to get a server may use. */
export interface Tools {
  cacheDir: string;
  /** Runs one of the machine's own tools (npm, apt-get, pip, tar); its output. Throws a reason when it fails. */
  run(command: readonly string[], options?: ToolOptions): Promise<string>;
  /** The absolute path of a program on PATH. */
  find(name: string): Promise<string | undefined>;
  notice: (line: string) => void;
  progress: (what: string, fraction: number) => void;
  signal: AbortSignal;
}

export interface ToolOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Default 5 minutes. */
  timeoutMs?: number;
  uid?: number | undefined;
  gid?: number | undefined;
  /** Tells how much of a download has arrived, by the size of what lies in `folder`. */
  watch?: { what: string; folder: string; expectedBytes: number; stallMs?: number };
}

const TIMEOUT_MS = 5 * 60_000;
const WATCH_MS = 200;

export function tools(options: ProviderOptions): Tools {
  const environment = Object.fromEntries(
    Object.entries(options.environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return {
    cacheDir: options.cacheDir,
    run: (command, toolOptions = {}) => run(command, environment, options, toolOptions),
    find: (name) => find(name, environment['PATH'] ?? ''),
    notice: options.notice,
    progress: options.progress,
    signal: options.signal,
  };
}

async function run(
  command: readonly string[],
  environment: Record<string, string>,
  options: ProviderOptions,
  toolOptions: ToolOptions,
): Promise<string> {
  const stalled = new AbortController();
  const watching = toolOptions.watch && watch(toolOptions.watch, options.progress, stalled);
  try {
    const { cwd, uid, gid } = toolOptions;
    const result = await runCommand(command, {
      env: { ...environment, LC_ALL: 'C', ...toolOptions.env },
      timeoutMs: toolOptions.timeoutMs ?? TIMEOUT_MS,
      signal: AbortSignal.any([options.signal, stalled.signal]),
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    if (result.exitCode === 0) return result.stdout;
    const tool = command.slice(0, 3).join(' ').split('\n', 1)[0]?.slice(0, 80);
    if (result.spawnError) throw new Error(`${command[0]} can't be run: ${result.spawnError}`);
    if (result.timedOut) throw new Error(`${tool} took more than ${(toolOptions.timeoutMs ?? TIMEOUT_MS) / 1000} s`);
    throw new Error(`${tool} failed: ${telling(result.stderr || result.stdout)}`);
  } finally {
    clearInterval(watching);
  }
}

const MAX_REASON = 300;

/** The line of an error output that says why: about the network, else one that looks like an error, else the last. */
function telling(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/complete log/.test(line));
  const line =
    lines.findLast((text) => /SSL|certificate|resol(?:ve|ution)|ENOTFOUND|ECONN|unreachable|timed out/i.test(text)) ??
    lines.findLast((text) => /error|E:|fatal|not found|unable/i.test(text)) ??
    lines.at(-1);
  return line?.slice(0, MAX_REASON) ?? 'it said nothing';
}

function watch(
  { what, folder, expectedBytes, stallMs }: NonNullable<ToolOptions['watch']>,
  progress: Tools['progress'],
  stalled: AbortController,
): NodeJS.Timeout {
  let last = 0;
  let movedAt = Date.now();
  return setInterval(async () => {
    const bytes = await sizeOf(folder);
    if (bytes > last) {
      last = bytes;
      movedAt = Date.now();
      progress(what, Math.min(0.99, bytes / expectedBytes));
    } else if (stallMs !== undefined && Date.now() - movedAt > stallMs) {
      stalled.abort(new Error(`nothing arrived for ${stallMs / 1000} s`));
    }
  }, WATCH_MS);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        (file) => file.size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function find(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
