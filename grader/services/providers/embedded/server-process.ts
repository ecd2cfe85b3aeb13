import type { ServerEnd } from '../../tenancy.ts';
import { lastLines } from '../../last-lines.ts';
import { BoundedText } from '../../../platform/bounded-text.ts';
import { type StartedProcess, startProcess } from '../../../platform/process.ts';
import type { Tools } from './tools.ts';

export interface ServerProcess extends AsyncDisposable {
  ended: Promise<ServerEnd>;
}

const OUTPUT_BYTES = 16 * 1024;

/**
 * Runs a server in a process group of its own. It ends with its scope, and where the kernel can see to
 * it, also when this process is killed.
 *
 * @param options.quit the signal on which it gives everything up at once and cleans up behind itself
 */
export async function serverProcess(
  command: readonly string[],
  options: {
    env: Record<string, string>;
    cwd: string;
    quit: NodeJS.Signals;
    stdin?: string;
    uid?: number | undefined;
    gid?: number | undefined;
  },
  tools: Tools,
): Promise<ServerProcess> {
  const output = new BoundedText(OUTPUT_BYTES);
  const setpriv = process.platform === 'linux' ? await tools.find('setpriv') : undefined;
  const guarded = setpriv ? [setpriv, '--pdeathsig', 'KILL', '--', ...command] : command;
  const child = startProcess(guarded, {
    cwd: options.cwd,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...options.env },
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
    onOutput: (_, chunk) => output.push(chunk),
  });
  const ended = child.exited.then(({ spawnError }) => ({ lines: spawnError ?? lastLines(output.toString()) }));
  return { ended, [Symbol.asyncDispose]: () => quit(child, options.quit) };
}

async function quit(child: StartedProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid !== undefined && signal !== 'SIGKILL') {
    try {
      process.kill(child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    const patience = new AbortController();
    await Promise.race([child.exited, sleep(QUIT_MS, patience.signal)]);
    patience.abort();
  }
  await child.stop(0);
}

const QUIT_MS = 3000;

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
