import { randomBytes } from 'node:crypto';
import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { connectEngine, type Engine } from '../../platform/docker/engine.ts';
import { ensureImage } from '../../platform/docker/image.ts';
import { ignoreMissing } from '../../platform/docker/missing.ts';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { buildError, BUILD_TIMEOUT_MS, builtAnyway } from '../build.ts';
import { REBUILD } from '../packages/npm.ts';
import type { AuthProxyOptions } from '../../services/auth-proxy/auth-proxy.ts';
import type { AppProcess, Platform, RunNetwork, Runtime, Sandbox, SandboxOptions } from '../submission.ts';
import { Container } from './container.ts';
import { PACKAGES, SYSTEM_PATH, TOOLS } from './container-specification.ts';
import { startDockerApp } from './docker-app.ts';
import { runInContainer } from './docker-command.ts';
import { type ContainerProxies, containerProxies } from './docker-proxies.ts';
import { dockerForwarder } from './docker-forwarder.ts';
import { packTree, places, saveTree, TRUSTED, unpackInto } from './docker-tree.ts';
import { dockerWorkspace } from './docker-workspace.ts';
import { reach, type Reach } from './reach.ts';

/** The official image; a classroom may bring its own. It needs node, npm, sh, tar and GNU's coreutils, grep and find. */
export const DEFAULT_NODE_IMAGE = 'node:24-bookworm-slim';

export interface DockerRuntimeOptions {
  image?: string | undefined;
  /**
   * `auto` talks to containers by their address where that can be reached: fastest, but the bridge that
   * makes it possible is also this machine's address in the run's network, so that servers of this machine that
   * listen on every address can be reached from there. `gateway` has no such bridge, at the price of a hop that
   * cuts throughput: for submissions of strangers. Default `auto`.
   */
  reach?: 'auto' | 'gateway';
}

/** Where an app in a container listens; no two apps share a network address. */
const APP_PORT = 3000;

/** Runs learner code in containers that can do nothing but compute and talk to the services of their run. */
export function dockerRuntime({ image = DEFAULT_NODE_IMAGE, reach: way = 'auto' }: DockerRuntimeOptions = {}): Runtime {
  let connecting: Promise<Engine> | undefined;
  const connect = () =>
    (connecting ??= connectEngine().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    }));
  const ready = async () => {
    const engine = await connect();
    return { engine, details: await ensureImage(engine, image, { purpose: 'Node.js', variable: 'GRADE_IMAGE_NODE' }) };
  };
  let platform: Promise<Platform> | undefined;

  return {
    name: 'docker',
    async available() {
      try {
        const { version } = await connect();
        return { ok: true, detail: `Docker ${version}, image ${image}` };
      } catch (error) {
        if (!(error instanceof InfrastructureError)) throw error;
        return { ok: false, reason: error.message, mend: error.mend ?? '' };
      }
    },
    async network() {
      return createNetwork((await ready()).engine, image, way === 'gateway');
    },
    async platform() {
      return (platform ??= ready().then(({ engine, details }) => platformOf(engine, image, details)));
    },
    async runInstallScripts(dir, { limits, timeoutMs, signal }) {
      const { engine } = await ready();
      const user = await ownerOf(dir, engine);
      await using container = await Container.start(engine, {
        image,
        limits,
        network: 'none',
        user,
        binds: [`${dir}:${PACKAGES}`],
      });
      // Headers to compile against lie beside the official image's Node; without them node-gyp would download some.
      const script = '[ -d /usr/local/include/node ] && export npm_config_nodedir=/usr/local; exec npm "$@"';
      return await runInContainer(container, ['sh', '-c', script, 'sh', ...REBUILD], {
        cwd: PACKAGES,
        env: { npm_config_cache: '/tmp/npm' },
        timeoutMs,
        outputBytes: limits.outputBytes,
        signal,
      });
    },
    async open(options) {
      const { engine } = await ready();
      return openSandbox(engine, { image, direct: way === 'auto' && engine.direct }, options);
    },
  };
}

function openSandbox(
  engine: Engine,
  { image, direct }: { image: string; direct: boolean },
  options: SandboxOptions,
): Sandbox {
  const { submission, installed, limits, signal } = options;
  const network = options.network ?? 'none';
  const place = places(options);
  const binds = [
    ...(installed.modulesDir === undefined ? [] : [`${installed.modulesDir}:${PACKAGES}:ro`]),
    ...(installed.toolsDir === undefined ? [] : [`${join(installed.toolsDir, 'node_modules')}:${TOOLS}:ro`]),
  ];
  const stack = new AsyncDisposableStack();
  let archive: () => Readable = () => packTree(submission.root);
  const opened = new Set<ContainerProxies>();
  let proxied: readonly AuthProxyOptions[] = [];
  let app: Promise<{ container: Container; reach: Reach; proxies: ContainerProxies }> | undefined;

  const environment = (env: Readonly<Record<string, string>>) => ({
    ...env,
    ...(options.trust === undefined ? {} : { NODE_EXTRA_CA_CERTS: TRUSTED }),
    ...(place.programs.length === 0 ? {} : { PATH: [SYSTEM_PATH, ...place.programs].join(':') }),
  });
  const fresh = async (on: string) => {
    signal.throwIfAborted();
    await using owned = new AsyncDisposableStack();
    const hosts = on === 'none' ? undefined : options.hosts;
    const container = owned.use(await Container.start(engine, { image, limits, network: on, binds, hosts }));
    await unpackInto(container, archive(), place, options.trust);
    owned.move();
    return container;
  };
  const withReach = async () => {
    await using owned = new AsyncDisposableStack();
    const container = owned.use(await fresh(network));
    const proxies = owned.use(containerProxies(engine, container, image));
    opened.add(proxies);
    await proxies.start(proxied);
    owned.move();
    return { container, proxies, reach: reach(engine, container, { image, network, direct, foreign: proxies.ports }) };
  };
  const appContainer = async () => {
    if (app === undefined || !(await (await app).container.running())) {
      await (await app)?.proxies[Symbol.asyncDispose]();
      app = withReach();
      const made = await app;
      stack.use(made.container);
      stack.use(made.reach);
      stack.use(made.proxies);
    }
    return app;
  };

  return {
    address: async () => ({ host: '0.0.0.0', port: APP_PORT }),
    // A container's ports are its own.
    occupied: async () => new Map(),
    async build(command, env, produces) {
      await using container = await fresh('none');
      const result = await runInContainer(container, command, {
        cwd: place.appDir,
        env: environment(env),
        timeoutMs: BUILD_TIMEOUT_MS,
        outputBytes: limits.outputBytes,
        signal,
      });
      const there = async () =>
        produces !== undefined &&
        (await container.output(['test', '-f', posix.join(place.appDir, produces)])).exitCode === 0;
      if (result.exitCode !== 0 && (result.exitCode === null || !(await there()))) throw buildError(command, result);
      archive = await saveTree(container, stack.use(await tempDir('build')), limits.diskMb * 1024 * 1024);
      return result.exitCode === 0 || produces === undefined ? [] : [builtAnyway(command, result, produces)];
    },
    async prepare() {
      await appContainer();
    },
    async proxy(list) {
      proxied = list;
      const all = (work: (proxies: ContainerProxies) => Promise<void>) => Promise.all([...opened].map(work));
      await all((proxies) => proxies.start(list));
      return {
        taken: [],
        interrupt: async (kind) => void (await all((proxies) => proxies.interrupt(kind))),
        restore: async (kind) => void (await all((proxies) => proxies.restore(kind))),
      };
    },
    async startApp(command, env): Promise<AppProcess> {
      const { container, reach: ways } = await appContainer();
      // At the end it ends with its container, without being asked to first.
      return startDockerApp(container, ways, command, {
        cwd: place.appDir,
        env: environment(env),
        outputBytes: limits.outputBytes,
        signal,
      });
    },
    async workspace() {
      return stack.use(dockerWorkspace(options, { ...(await withReach()), appDir: place.appDir, environment }));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The bridge gets no address, so that this machine is no neighbour in the network. */
const WITHOUT_HOST = { 'com.docker.network.bridge.inhibit_ipv4': 'true' };

/** A network without a way out, for one run's app and services. */
async function createNetwork(engine: Engine, image: string, withoutHost: boolean): Promise<RunNetwork> {
  const { docker, labels } = engine;
  const name = `grade-${randomBytes(6).toString('hex')}`;
  const network = await docker
    .createNetwork({
      Name: name,
      Driver: 'bridge',
      Internal: true,
      CheckDuplicate: true,
      Labels: labels,
      Options: withoutHost ? WITHOUT_HOST : {},
    })
    .catch((error: unknown) => {
      throw new InfrastructureError(`The run’s network could not be made: ${messageOf(error)}`, {
        mend: 'Remove networks that nobody uses: docker network prune.',
        cause: error,
      });
    });
  return {
    name,
    forward: (server) => dockerForwarder(engine, { image, network: name }, server),
    async [Symbol.asyncDispose]() {
      const state = (await network.inspect().catch(ignoreMissing)) as
        { Containers?: Record<string, unknown> } | undefined;
      for (const id of Object.keys(state?.Containers ?? {}))
        await network.disconnect({ Container: id, Force: true }).catch(ignoreMissing);
      await network.remove().catch(ignoreMissing);
    },
  };
}

async function platformOf(
  engine: Engine,
  image: string,
  details: { Os: string; Architecture: string; Config: { Env?: string[] | null } },
): Promise<Platform> {
  const cpu = { amd64: 'x64', '386': 'ia32' }[details.Architecture] ?? details.Architecture;
  const node = details.Config.Env?.find((entry) => entry.startsWith('NODE_VERSION='))?.slice('NODE_VERSION='.length);
  if (node !== undefined) return { os: details.Os, cpu, libc: /alpine/.test(image) ? 'musl' : 'glibc', node };
  const limits = { memoryMb: 128, cpus: 1, processes: 32, diskMb: 4, outputBytes: 1024 };
  await using container = await Container.start(engine, { image, limits, network: 'none' });
  const { stdout, stderr } = await container.output([
    'node',
    '-p',
    'JSON.stringify([process.versions.node, process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl"])',
  ]);
  if (stdout.length === 0)
    throw new InfrastructureError(`The image ${image} does not run Node: ${stderr.trim().slice(0, 200)}`, {
      mend: 'Name an image with Node in GRADE_IMAGE_NODE.',
    });
  const [version, libc] = JSON.parse(stdout.toString('utf8')) as [string, string];
  return { os: details.Os, cpu, libc, node: version };
}

/** The user whose files `dir` holds, for a container that is to write there; never root where root is really root. */
async function ownerOf(dir: string, { rootless }: Engine): Promise<string> {
  if (rootless) return '0:0';
  const { uid, gid } = await stat(dir);
  if (uid !== 0) return `${uid}:${gid}`;
  await give(dir, 1000);
  return '1000:1000';
}

async function give(path: string, id: number): Promise<void> {
  await chown(path, id, id);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await give(inner, id);
    else await lchown(inner, id, id);
  }
}
