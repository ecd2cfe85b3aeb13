import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { freePort } from '../../platform/free-port.ts';
import { runCommand } from '../../platform/process.ts';
import { holderOf, listeningSockets } from '../../platform/process-table.ts';
import { tempDir, type TempDir } from '../../platform/temp-dir.ts';
import { buildError, BUILD_TIMEOUT_MS, builtAnyway } from '../build.ts';
import { copyTree } from '../copy.ts';
import { readInside } from '../files.ts';
import { REBUILD, type Npm } from '../packages/npm.ts';
import type { OccupiedPort, Runtime, Sandbox, SandboxOptions } from '../submission.ts';
import { localProxies } from './local-proxies.ts';
import { startLocalApp } from './local-app.ts';
import { localWorkspace } from './local-workspace.ts';
import { placeModules, placements, programFolders } from './modules.ts';

export interface LocalRuntimeOptions {
  /** The grader's PATH, where the system's commands are found. */
  path: string;
  npm: Npm;
}

/** Runs learner code as plain processes of this user: for one's own code only. */
export function localRuntime(options: LocalRuntimeOptions): Runtime {
  return {
    name: 'local',
    available: async () => ({ ok: true, detail: `Node ${process.versions.node} on this machine, not isolated` }),
    network: async () => undefined,
    platform: async () => ({ os: process.platform, cpu: process.arch, libc: libc(), node: process.versions.node }),
    async runInstallScripts(dir, { timeoutMs, signal }) {
      return runCommand([...options.npm.command, ...REBUILD], { cwd: dir, env: options.npm.env, timeoutMs, signal });
    },
    open: async (sandbox) => openLocal(options, sandbox),
  };
}

/** What every sandbox of this runtime shares with its processes. */
export interface LocalContext extends SandboxOptions {
  /** Makes a fresh copy of the (built) submission, with its packages; the path of the app's folder in it. */
  copy(): Promise<{ dir: TempDir; root: string; appDir: string }>;
  /** The whole environment of a process that runs in a copy. */
  environment(root: string, env: Readonly<Record<string, string>>): Record<string, string>;
}

async function openLocal(options: LocalRuntimeOptions, sandbox: SandboxOptions): Promise<Sandbox> {
  const { submission, installed, signal } = sandbox;
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await tempDir('home'));
  const trusted = sandbox.trust === undefined ? undefined : join(home.path, '.grade-certificate.pem');
  if (trusted !== undefined) await writeFile(trusted, sandbox.trust ?? '');
  const within = (root: string, path: string) => join(root, relative(submission.root, path));
  let source = submission.root;

  const context: LocalContext = {
    ...sandbox,
    async copy() {
      const dir = await tempDir('work');
      try {
        const root = join(dir.path, 'tree');
        await copyTree(source, root, undefined, signal);
        if (installed.modulesDir !== undefined) await placeModules(placements(installed, root, installed.modulesDir));
        if (installed.toolsDir !== undefined)
          await symlink(join(installed.toolsDir, 'node_modules'), join(dir.path, 'node_modules'));
        return { dir, root, appDir: within(root, submission.appDir) };
      } catch (error) {
        await dir[Symbol.asyncDispose]();
        throw error;
      }
    },
    environment: (root, env) => ({
      ...env,
      ...(trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusted }),
      ...baseEnvironment(options.path, home.path, [
        ...programFolders(installed, root, submission.files.appFolder ?? ''),
        ...(installed.toolsDir === undefined ? [] : [join(installed.toolsDir, 'node_modules/.bin')]),
      ]),
    }),
  };
  let appCopy: ReturnType<LocalContext['copy']> | undefined;
  const ownCopy = () =>
    (appCopy ??= context.copy().then((copy) => {
      owned.use(copy.dir);
      return copy;
    }));

  const owned = stack.move();
  return {
    address: async () => ({ host: '127.0.0.1', port: await freePort() }),
    occupied: occupiedPorts,
    async build(command, env, produces) {
      const copy = await context.copy();
      owned.use(copy.dir);
      const result = await runCommand(command, {
        cwd: copy.appDir,
        env: context.environment(copy.root, env),
        timeoutMs: BUILD_TIMEOUT_MS,
        signal,
        outputBytes: sandbox.limits.outputBytes,
      });
      const there = produces !== undefined && (await readInside(copy.appDir, produces, 1)) !== undefined;
      if (result.exitCode !== 0 && (!there || result.exitCode === null)) throw buildError(command, result);
      source = copy.root;
      return result.exitCode === 0 || produces === undefined ? [] : [builtAnyway(command, result, produces)];
    },
    async prepare() {
      await ownCopy();
    },
    proxy: async (list) => owned.use(await localProxies(list, signal)),
    async startApp(command, env) {
      const { root, appDir } = await ownCopy();
      return owned.use(
        startLocalApp(command, {
          cwd: appDir,
          env: context.environment(root, env),
          outputBytes: sandbox.limits.outputBytes,
          signal,
        }),
      );
    },
    async workspace() {
      return owned.use(await localWorkspace(context));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Only what a process needs to work: nothing of the grader's own environment but PATH. */
function baseEnvironment(path: string, home: string, programs: readonly string[]): Record<string, string> {
  const own = [dirname(process.execPath), ...programs];
  return {
    PATH: [...own, path].join(':'),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    npm_config_update_notifier: 'false',
  };
}

/** Where processes of this machine listen; nothing where that can't be read at once (no /proc). */
async function occupiedPorts(): Promise<Map<number, OccupiedPort>> {
  return new Map((await listeningSockets()).map(({ port, inode }) => [port, { holder: () => holderOf(inode) }]));
}

function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
