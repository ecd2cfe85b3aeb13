import { isHeapExhausted } from '../diagnosis.ts';
import { LogBuffer } from '../log-buffer.ts';
import type { AppExit, AppProcess } from '../submission.ts';
import type { Container, ExecOptions } from './container.ts';
import type { Reach } from './reach.ts';

/** How long an app may take to end after SIGTERM. */
const GRACE_MS = 1000;

/** Starts a process that stays in a container. Ends with all of its children when its scope does, or on abort. */
export async function startDockerApp(
  container: Container,
  reach: Reach,
  command: readonly string[],
  options: ExecOptions & { outputBytes: number; signal: AbortSignal },
): Promise<AppProcess> {
  options.signal.throwIfAborted();
  const logs = new LogBuffer(options.outputBytes);
  const killsBefore = await container.memoryKills();
  const exec = await container.exec(command, { ...options, onOutput: (stream, chunk) => logs.write(stream, chunk) });
  const exited = exec.exited.then(async (code): Promise<AppExit> => {
    const outOfMemory = (await container.memoryKills()) > killsBefore || isHeapExhausted(logs.tail(200));
    logs.close();
    return { ...fromShellCode(code), outOfMemory };
  });
  exited.catch(() => {});
  let stopped: Promise<void> | undefined;
  const stop = (graceMs: number) => {
    options.signal.removeEventListener('abort', onAbort);
    return (stopped ??= container.kill(exec.marker, graceMs));
  };
  const onAbort = () => void stop(0);
  options.signal.addEventListener('abort', onAbort, { once: true });
  return {
    logs,
    exited,
    outputBytes: () => logs.bytes,
    listening: () => reach.open(),
    processes: () => container.processes(),
    origin: (port) => reach.origin(port),
    [Symbol.asyncDispose]: () => stop(GRACE_MS),
  };
}

const SIGNALS: Readonly<Record<number, string>> = {
  130: 'SIGINT',
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  141: 'SIGPIPE',
  143: 'SIGTERM',
};

/** The engine tells a death by signal n as exit code 128 + n. */
export function fromShellCode(code: number): { exitCode: number | null; signal: string | undefined } {
  const signal = SIGNALS[code];
  return signal === undefined ? { exitCode: code, signal: undefined } : { exitCode: null, signal };
}
