import { performance } from 'node:perf_hooks';
import { BoundedText } from '../../platform/bounded-text.ts';
import { LearnerError } from '../../platform/errors.ts';
import type { CommandResult } from '../../platform/process.ts';
import type { Container, ExecOptions } from './container.ts';
import { fromShellCode } from './docker-app.ts';

export interface DockerCommandOptions extends ExecOptions {
  timeoutMs: number;
  killAfterMs?: number | undefined;
  outputBytes: number;
  signal: AbortSignal;
}

/** Runs a command in a container to its end, or kills all of it at the time limit or on abort. */
export async function runInContainer(
  container: Container,
  command: readonly string[],
  options: DockerCommandOptions,
): Promise<CommandResult> {
  options.signal.throwIfAborted();
  const output = { stdout: new BoundedText(options.outputBytes), stderr: new BoundedText(options.outputBytes) };
  const startedAt = performance.now();
  // Only a timer inside of the container is as exact as a crash in the middle of work has to be.
  const wrapped =
    options.killAfterMs === undefined
      ? command
      : ['timeout', '--signal=KILL', `${options.killAfterMs / 1000}`, ...command];
  const exec = await container.exec(wrapped, { ...options, onOutput: (stream, chunk) => output[stream].push(chunk) });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void container.kill(exec.marker, 0);
  }, options.timeoutMs);
  const onAbort = () => void container.kill(exec.marker, 0);
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const code = await exec.exited;
    const durationMs = performance.now() - startedAt;
    await container.kill(exec.marker, 0);
    options.signal.throwIfAborted();
    const failure = startFailure(code, output.stdout.toString() + output.stderr.toString());
    return {
      ...(failure === undefined ? fromShellCode(code) : { exitCode: null, signal: undefined }),
      timedOut,
      spawnError: failure,
      stdout: failure === undefined ? output.stdout.toString() : '',
      stderr: failure === undefined ? output.stderr.toString() : '',
      durationMs,
    };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Why the engine could not start a program: it says so, with exit code 126 or 127, where the program's output would be.
 *
 * @throws {LearnerError} when the sandbox has no room for another process
 */
function startFailure(code: number, output: string): string | undefined {
  if ((code !== 126 && code !== 127) || !output.includes('OCI runtime exec failed')) return undefined;
  if (/executable file not found|no such file or directory/.test(output)) return 'ENOENT';
  if (/permission denied/.test(output)) return 'EACCES';
  throw new LearnerError('The sandbox has no room for another process.', {
    mend: 'Look for processes that are started without end.',
  });
}
