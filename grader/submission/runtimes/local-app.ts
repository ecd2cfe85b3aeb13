import { runCommand, startProcess, type StartedProcess } from '../../platform/process.ts';
import {
  describeProcesses,
  marked,
  isSixLoopback,
  listeningSockets,
  socketInodes,
} from '../../platform/process-table.ts';
import { isHeapExhausted } from '../diagnosis.ts';
import { LogBuffer } from '../log-buffer.ts';
import type { AppExit, AppProcess } from '../submission.ts';

export interface LocalAppOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  outputBytes: number;
  signal: AbortSignal;
  stdin?: string;
}

/** How long an app may take to end after SIGTERM. */
const GRACE_MS = 1000;

/** Starts a process that stays. Ends with its whole tree, at the latest when its scope does. */
export function startLocalApp(command: readonly string[], options: LocalAppOptions): AppProcess {
  const logs = new LogBuffer(options.outputBytes);
  const child = startProcess(command, { ...options, onOutput: (stream, chunk) => logs.write(stream, chunk) });
  const exited = child.exited.then((exit): AppExit => {
    if (exit.spawnError !== undefined)
      logs.write('stderr', Buffer.from(`sh: ${command[0]}: not found (${exit.spawnError})\n`));
    logs.close();
    return { exitCode: exit.exitCode, signal: exit.signal, outOfMemory: isHeapExhausted(logs.tail(200)) };
  });
  let hosts = new Map<number, string>();
  return {
    logs,
    exited,
    outputBytes: () => logs.bytes,
    async listening() {
      hosts = await listeningAddresses(child);
      return [...hosts.keys()];
    },
    processes: async () => (process.platform === 'linux' ? describeProcesses(await marked(child.marker)) : undefined),
    origin: (port) => `http://${hosts.get(port) ?? '127.0.0.1'}:${port}`,
    [Symbol.asyncDispose]: () => child.stop(GRACE_MS),
  };
}

/** Where the tree of a process listens: a host to reach each of its TCP ports by. */
async function listeningAddresses(child: StartedProcess): Promise<Map<number, string>> {
  if (child.pid === undefined) return new Map();
  if (process.platform !== 'linux') return listeningByLsof(child.pid);
  const inodes = await socketInodes(await marked(child.marker));
  const own = inodes.size === 0 ? [] : (await listeningSockets()).filter(({ inode }) => inodes.has(inode));
  const byPort = Map.groupBy(own, ({ port }) => port);
  return new Map(
    [...byPort].map(([port, sockets]) => [port, sockets.every(isSixLoopback) ? '[::1]' : '127.0.0.1'] as const),
  );
}

/** macOS has no /proc; `lsof` knows the ports of a process group. */
async function listeningByLsof(group: number): Promise<Map<number, string>> {
  const { stdout } = await runCommand(['lsof', '-nP', '-a', '-g', String(group), '-iTCP', '-sTCP:LISTEN', '-Fn'], {
    env: { PATH: '/usr/sbin:/usr/bin:/bin:/sbin' },
    timeoutMs: 5000,
  });
  const found = [...stdout.matchAll(/^n(.*):(\d+)$/gm)].map(([, host, port]) => ({ host, port: Number(port) }));
  const byPort = Map.groupBy(found, ({ port }) => port);
  return new Map(
    [...byPort].map(
      ([port, all]) => [port, all.every(({ host }) => host === '[::1]') ? '[::1]' : '127.0.0.1'] as const,
    ),
  );
}
