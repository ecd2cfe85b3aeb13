import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { runCommand } from '../../platform/process.ts';
import type { RunOptions, Workspace } from '../../target/target.ts';
import { commandRun } from '../command-run.ts';
import { isInside } from '../copy.ts';
import { listFiles, readInside, resolveInside } from '../files.ts';
import { startedCommand } from '../started-command.ts';
import { startLocalApp } from './local-app.ts';
import type { LocalContext } from './local.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

/** A fresh copy of the submission in a temporary folder, to run commands in as plain processes. */
export async function localWorkspace(context: LocalContext): Promise<Workspace> {
  const { dir, root, appDir } = await context.copy();
  await using stack = new AsyncDisposableStack();
  stack.use(dir);
  const environment = (options: RunOptions) => context.environment(root, options.env ?? {});
  const either = (signal: AbortSignal | undefined) =>
    signal ? AbortSignal.any([signal, context.signal]) : context.signal;
  const owned = stack.move();
  return {
    async run(command, options = {}) {
      const result = await runCommand(command, {
        cwd: appDir,
        env: environment(options),
        stdin: options.stdin ?? '',
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal: either(options.signal),
        outputBytes: context.limits.outputBytes,
        ...(options.killAfterMs === undefined ? {} : { killAfterMs: options.killAfterMs }),
      });
      return commandRun(command, options.stdin, result);
    },
    async start(command, options = {}) {
      const signal = either(options.signal);
      const app = owned.use(
        startLocalApp(command, {
          cwd: appDir,
          env: environment(options),
          outputBytes: context.limits.outputBytes,
          signal,
          stdin: options.stdin ?? '',
        }),
      );
      return startedCommand(app, command, signal);
    },
    readFile: (path) => readInside(appDir, path),
    async writeFile(path, content) {
      const target = await writable(appDir, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    },
    async removeFile(path) {
      await rm(await writable(appDir, path), { recursive: true, force: true });
    },
    listFiles: () => listFiles(appDir),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The absolute path of a file to write; a link on the way that leaves the copy is not followed. */
async function writable(root: string, path: string): Promise<string> {
  const target = resolve(root, path);
  if (!isInside(root, target) || target === root) throw new RangeError(`"${path}" is not a file of the workspace`);
  for (let folder = dirname(target); isInside(root, folder); folder = dirname(folder)) {
    if ((await lstat(folder).catch(() => undefined)) === undefined) continue;
    if ((await resolveInside(root, folder)) === undefined)
      throw new RangeError(`"${path}" leaves the workspace by a link`);
    break;
  }
  if ((await lstat(target).catch(() => undefined))?.isSymbolicLink()) await rm(target);
  return target;
}
