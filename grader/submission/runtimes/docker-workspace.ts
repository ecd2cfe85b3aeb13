import { posix } from 'node:path';
import { InfrastructureError } from '../../platform/errors.ts';
import type { RunOptions, Workspace } from '../../target/target.ts';
import { startedCommand } from '../started-command.ts';
import { commandRun } from '../command-run.ts';
import type { SandboxOptions } from '../submission.ts';
import type { Container } from './container.ts';
import { startDockerApp } from './docker-app.ts';
import { runInContainer } from './docker-command.ts';
import type { Reach } from './reach.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_FILE_BYTES = 1024 * 1024;

/** A container with a fresh copy of the submission, to run commands in. It owns the container. */
export function dockerWorkspace(
  { limits, signal }: SandboxOptions,
  {
    container,
    reach,
    proxies,
    appDir,
    environment,
  }: {
    container: Container;
    reach: Reach;
    proxies: AsyncDisposable;
    appDir: string;
    environment: (env: Readonly<Record<string, string>>) => Record<string, string>;
  },
): Workspace {
  const stack = new AsyncDisposableStack();
  stack.use(container);
  stack.use(reach);
  stack.use(proxies);
  const common = (options: RunOptions) => ({
    cwd: appDir,
    env: environment(options.env ?? {}),
    stdin: options.stdin ?? '',
    outputBytes: limits.outputBytes,
    signal: options.signal ? AbortSignal.any([options.signal, signal]) : signal,
  });
  const shell = async (script: string, argument: string, stdin?: string) =>
    container.output(['sh', '-c', script, 'sh', argument], {
      cwd: appDir,
      limit: MAX_FILE_BYTES,
      ...(stdin === undefined ? {} : { stdin }),
    });
  const change = async (script: string, path: string, stdin?: string) => {
    const { exitCode, stderr } = await shell(script, inside(appDir, path), stdin);
    if (exitCode !== 0)
      throw new InfrastructureError(`"${path}" could not be changed in the workspace: ${stderr.trim().slice(0, 200)}`);
  };
  return {
    async run(command, options = {}) {
      const result = await runInContainer(container, command, {
        ...common(options),
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        killAfterMs: options.killAfterMs,
      });
      return commandRun(command, options.stdin, result);
    },
    async start(command, options = {}) {
      const shared = common(options);
      return startedCommand(stack.use(await startDockerApp(container, reach, command, shared)), command, shared.signal);
    },
    async readFile(path) {
      const { exitCode, stdout } = await shell(
        `[ -f "$1" ] && exec head -c ${MAX_FILE_BYTES} -- "$1"`,
        inside(appDir, path),
      );
      return exitCode === 0 ? stdout.toString('utf8') : undefined;
    },
    writeFile: (path, content) => change('mkdir -p -- "$(dirname -- "$1")" && exec cat > "$1"', path, content),
    removeFile: (path) => change('exec rm -rf -- "$1"', path),
    async listFiles() {
      const { stdout } = await shell(
        'exec find "$1" -name node_modules -prune -o -name .git -prune -o -type f -printf "%P\\0"',
        appDir,
      );
      return stdout
        .toString('utf8')
        .split('\0')
        .filter((path) => path !== '')
        .toSorted();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function inside(appDir: string, path: string): string {
  const target = posix.resolve(appDir, path);
  if (!target.startsWith(`${appDir}/`)) throw new RangeError(`"${path}" is not a file of the workspace`);
  return target;
}
