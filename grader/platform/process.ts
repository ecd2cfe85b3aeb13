import { setTimeout as delay } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { BoundedText } from './bounded-text.ts';
import { marked } from './process-table.ts';

export interface CommandOptions {
  cwd?: string;
  /** The whole environment; nothing is inherited from the grader's own. */
  env: Readonly<Record<string, string>>;
  /** Written to stdin, which is then closed. Default: an empty stdin. */
  stdin?: string | Uint8Array;
  /** Kills the process tree after this time and says so in the result. */
  timeoutMs?: number;
  /** SIGKILLs the process tree this long after its start: a crash in the middle of its work. */
  killAfterMs?: number;
  /** Kills the process tree when aborted; the abort's reason is thrown. */
  signal?: AbortSignal;
  /** Most bytes kept of each of stdout and stderr (default 1 MiB): the first and the last half of it. */
  outputBytes?: number;
  uid?: number;
  gid?: number;
}

export interface CommandResult {
  /** null when a signal ended it, or when it could not be started. */
  exitCode: number | null;
  signal: string | undefined;
  timedOut: boolean;
  /** Why it could not be started, such as ENOENT. */
  spawnError: string | undefined;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Every process of it carries this in its environment: `name=value`. */
  readonly marker: string;
  /** Resolves when the process itself ends; children of it may live on until disposal. */
  readonly exited: Promise<ProcessExit>;
  /**
   * Ends the whole tree: the process group, and what left the group but still carries the marker.
   * SIGTERM first, SIGKILL after `graceMs`; resolves when nothing of it runs any more. With 0, SIGKILL at once.
   */
  stop(graceMs?: number): Promise<void>;
}

export interface ProcessExit {
  exitCode: number | null;
  signal: string | undefined;
  spawnError: string | undefined;
}

export interface StartOptions extends Omit<CommandOptions, 'timeoutMs' | 'killAfterMs' | 'outputBytes'> {
  /** Called for each piece of output as it comes. */
  onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

const DEFAULT_OUTPUT_BYTES = 1024 * 1024;
const DEFAULT_GRACE_MS = 2000;
/** How long the pipes may stay open after a process tree was killed. */
const DRAIN_MS = 500;
/** Carried by every process of a tree. systemd's own name for such a thing, so that an app can't tell by it that it is graded. */
export const PROCESS_MARKER = 'INVOCATION_ID';

/** Runs a command to its end. A failure of the command is in the result, never thrown. */
export async function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const limit = options.outputBytes ?? DEFAULT_OUTPUT_BYTES;
  const output = { stdout: new BoundedText(limit), stderr: new BoundedText(limit) };
  const startedAt = performance.now();
  let timedOut = false;
  const child = startProcess(command, { ...options, onOutput: (stream, chunk) => output[stream].push(chunk) });
  const timers = [
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          void child.stop(0);
        }, options.timeoutMs),
    options.killAfterMs === undefined ? undefined : setTimeout(() => void child.stop(0), options.killAfterMs),
  ];
  try {
    const exit = await child.exited;
    const durationMs = performance.now() - startedAt;
    await child.stop(0);
    options.signal?.throwIfAborted();
    return { ...exit, timedOut, stdout: output.stdout.toString(), stderr: output.stderr.toString(), durationMs };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await child.stop(0);
  }
}

/** Starts a command in a process group of its own and returns at once. Ends with its scope, or when the signal aborts. */
export function startProcess(command: readonly string[], options: StartOptions): StartedProcess {
  const [file, ...args] = command;
  if (file === undefined) throw new RangeError('a command needs at least one word');
  const token = randomBytes(16).toString('hex');
  const marker = `${PROCESS_MARKER}=${token}`;
  const child = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...options.env, [PROCESS_MARKER]: token },
    extendEnv: false,
    preferLocal: false,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: options.stdin === undefined ? 'ignore' : 'pipe',
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const { pid } = child;
  if (pid !== undefined) remember(pid);
  // A child that does not read its input, or ends early, is no error of the grader.
  child.stdin?.on('error', () => {});
  if (options.stdin !== undefined) child.stdin?.end(options.stdin);
  const drained = Promise.all(
    (['stdout', 'stderr'] as const).map((name) => read(child[name], (chunk) => options.onOutput?.(name, chunk))),
  );
  const exited = new Promise<ProcessExit>((resolve) => {
    child.nodeChildProcess.once('exit', (exitCode: number | null, signal: string | null) => {
      resolve({ exitCode, signal: signal ?? undefined, spawnError: undefined });
    });
    void child.then((result) =>
      pid === undefined
        ? resolve({ exitCode: null, signal: undefined, spawnError: result.code ?? result.shortMessage ?? 'unknown' })
        : undefined,
    );
  });

  let stopping: Promise<void> | undefined;
  const stop = async (graceMs = DEFAULT_GRACE_MS): Promise<void> => {
    if (graceMs === 0 && pid !== undefined) signalGroup(pid, 'SIGKILL');
    await (stopping ??= end(graceMs));
  };
  const end = async (graceMs: number) => {
    await stopTree(pid, marker, graceMs, exited);
    await Promise.race([drained, delay(DRAIN_MS, undefined, { ref: false })]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    if (pid !== undefined) forget(pid);
    options.signal?.removeEventListener('abort', onAbort);
  };
  const onAbort = () => void stop(0);
  if (options.signal?.aborted) onAbort();
  else options.signal?.addEventListener('abort', onAbort, { once: true });
  return { pid, marker, exited, stop, [Symbol.asyncDispose]: () => stop() };
}

async function read(stream: NodeJS.ReadableStream | null, onChunk: (chunk: Buffer) => void): Promise<void> {
  if (stream === null) return;
  await new Promise<void>((resolve) => {
    stream.on('data', onChunk);
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}

async function stopTree(
  pid: number | undefined,
  marker: string,
  graceMs: number,
  exited: Promise<ProcessExit>,
): Promise<void> {
  if (pid === undefined) return;
  if (graceMs > 0 && signalGroup(pid, 'SIGTERM')) await groupEnd(pid, graceMs);
  signalGroup(pid, 'SIGKILL');
  // What forked while it was being killed carries the marker as well: repeat until none is left.
  for (let round = 0; round < 20; round++) {
    const left = await marked(marker);
    if (left.length === 0) break;
    for (const other of left) send(other, 'SIGKILL');
    await delay(5 * (round + 1));
  }
  await exited;
}

/** Resolves when no process of the group is left, at the latest after `limitMs`. */
async function groupEnd(pid: number, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (let wait = 2; performance.now() < end; wait = Math.min(wait * 2, 50)) {
    if (!send(-pid, 0)) return;
    await delay(Math.min(wait, end - performance.now()));
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return send(-pid, signal);
}

/** false when there is no such process (or group). */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/**
 * Groups that live now. Detached groups outlive a grader that ends without disposing (an unknown
 * error, process.exit), so that its last act kills them; state of the process, hence of the module.
 */
const live = new Set<number>();

function remember(pid: number): void {
  if (live.size === 0) process.on('exit', killAll);
  live.add(pid);
}

function forget(pid: number): void {
  live.delete(pid);
  if (live.size === 0) process.off('exit', killAll);
}

function killAll(): void {
  for (const pid of live) signalGroup(pid, 'SIGKILL');
}
