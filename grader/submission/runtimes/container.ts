import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { InfrastructureError, LearnerError, messageOf } from '../../platform/errors.ts';
import { PROCESS_MARKER } from '../../platform/process.ts';
import {
  listeningSockets,
  parseListening,
  type ListeningSocket,
  type ProcessInfo,
} from '../../platform/process-table.ts';
import { APP_ROOT, specification, type ContainerOptions } from './container-specification.ts';
import type { Engine } from '../../platform/docker/engine.ts';
import { ignoreMissing } from '../../platform/docker/missing.ts';

export interface ExecOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  stdin?: string | Readable;
  onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Where output goes whole, for archives. */
  into?: Writable;
}

/** A command that runs in a container. */
export interface RunningExec {
  /** In the environment of all of its processes. */
  marker: string;
  /** 128 + n where signal n ended it, as shells have it. */
  exited: Promise<number>;
}

/** Docker's own resolver listens in the container's network at 127.0.0.11. */
const DOCKER_RESOLVER = '0B00007F';
/** What stays open when a background process holds the output of an exec that has ended. */
const EXEC_POLL_MS = 300;
/** How long the output of an exec that has ended may take to come through, unless a background process holds it. */
const OUTPUT_GRACE_MS = 1000;

/** A container that idles until commands are run in it. Removed with its scope. */
export class Container implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #container: Dockerode.Container;
  #details: Dockerode.ContainerInspectInfo | undefined;
  #tables: Promise<string | undefined> | undefined;
  #disposed = false;

  private constructor(engine: Engine, container: Dockerode.Container) {
    this.#engine = engine;
    this.#container = container;
  }

  static async start(engine: Engine, options: ContainerOptions): Promise<Container> {
    const created = await engine.docker.createContainer(specification(engine.labels, options));
    const container = new Container(engine, created);
    try {
      await created.start();
      container.#details = await created.inspect();
      return container;
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw new InfrastructureError(`A container could not be started: ${messageOf(error)}`, {
        mend: 'Look at the state of the Docker engine (docker info, docker events).',
        cause: error,
      });
    }
  }

  get id(): string {
    return this.#container.id;
  }

  /** Its address in its network; undefined without one. */
  get address(): string | undefined {
    const networks = Object.values(this.#details?.NetworkSettings.Networks ?? {});
    return networks.map(({ IPAddress }) => IPAddress).find((address) => address !== '');
  }

  /** Port of 127.0.0.1 under which a published port is reached. */
  published(port: string): number {
    const binding = this.#details?.NetworkSettings.Ports[port]?.[0];
    if (binding === undefined) throw new RangeError(`port ${port} is not published`);
    return Number(binding.HostPort);
  }

  /** Joins another network, under these names. */
  async connect(network: string, names: readonly string[] = []): Promise<void> {
    await this.#engine.docker
      .getNetwork(network)
      .connect({ Container: this.id, EndpointConfig: { Aliases: [...names] } });
  }

  /** Sends a signal to its first command. */
  async signal(name: NodeJS.Signals): Promise<void> {
    await this.#container.kill({ signal: name });
  }

  /**
   * Starts a command.
   *
   * @throws {LearnerError} when something that ran in the container has ended it
   * @throws {InfrastructureError} when the engine can't start it
   */
  async exec(command: readonly string[], options: ExecOptions = {}): Promise<RunningExec> {
    const token = randomBytes(16).toString('hex');
    const { exec, stream } = await this.#startExec({
      Cmd: [...command],
      AttachStdin: options.stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      WorkingDir: options.cwd ?? APP_ROOT,
      Env: Object.entries({ ...options.env, [PROCESS_MARKER]: token }).map(([name, value]) => `${name}=${value}`),
    });
    stream.on('error', () => {});
    const sink = (name: 'stdout' | 'stderr') =>
      name === 'stdout' && options.into !== undefined
        ? options.into
        : new Writable({
            write(chunk: Buffer, _encoding, done) {
              options.onOutput?.(name, chunk);
              done();
            },
          });
    this.#container.modem.demuxStream(stream, sink('stdout'), sink('stderr'));
    const ended = new Promise<void>((resolve) => {
      stream.once('end', resolve);
      stream.once('close', resolve);
    });
    if (typeof options.stdin === 'string') stream.end(options.stdin);
    else if (options.stdin !== undefined) void pipeline(options.stdin, stream, { end: true }).catch(() => {});
    const exited = this.#exitOf(exec, ended).finally(() => stream.destroy());
    // Whoever waits for it sees a failure; nobody may be waiting.
    exited.catch(() => {});
    return { marker: `${PROCESS_MARKER}=${token}`, exited };
  }

  async #startExec(options: Dockerode.ExecCreateOptions) {
    try {
      const exec = await this.#container.exec(options);
      return { exec, stream: await exec.start({ hijack: true, stdin: options.AttachStdin ?? false }) };
    } catch (cause) {
      if (await this.#wasEnded())
        throw new LearnerError('The sandbox was ended by something that ran in it.', {
          mend: 'Look for code that kills processes, or that starts them without end.',
          cause,
        });
      throw new InfrastructureError(`The Docker engine could not start a command: ${messageOf(cause)}`, {
        mend: 'Look at the state of the Docker engine (docker info).',
        cause,
      });
    }
  }

  /** Whether the container is there, but has stopped: by its limits, or by what ran in it. */
  async #wasEnded(): Promise<boolean> {
    const state = await this.#container.inspect().catch(ignoreMissing);
    return state !== undefined && !state.State.Running;
  }

  async #exitOf(exec: Dockerode.Exec, ended: Promise<void>): Promise<number> {
    for (;;) {
      const outputEnded = await Promise.race([ended.then(() => true), delay(EXEC_POLL_MS, false, { ref: false })]);
      const state = await exec.inspect().catch(ignoreMissing);
      if (state === undefined) {
        // With a container, everything in it ends by SIGKILL.
        if (this.#disposed || (await this.#wasEnded())) return 137;
        throw new InfrastructureError('A container vanished while it was in use.', {
          mend: 'Look at the state of the Docker engine (docker events).',
        });
      }
      // Until it has an exit code, a command that does not run has not begun to: a busy engine takes its time.
      const over = !state.Running && (state.ExitCode !== null || outputEnded || (await this.#wasEnded()));
      if (over) {
        // The engine may tell of the end before the last output has come through.
        if (!outputEnded) await Promise.race([ended, delay(OUTPUT_GRACE_MS, undefined, { ref: false })]);
        return state.ExitCode ?? 137;
      }
      if (outputEnded) await delay(20);
    }
  }

  /** Runs a small command to its end; at most `limit` bytes of its stdout. */
  async output(
    command: readonly string[],
    options: ExecOptions & { limit?: number } = {},
  ): Promise<{ exitCode: number; stdout: Buffer; stderr: string }> {
    const limit = options.limit ?? 1024 * 1024;
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const sizes = { stdout: 0, stderr: 0 };
    const { exited } = await this.exec(command, {
      ...options,
      onOutput: (name, chunk) => {
        if (sizes[name] < limit) chunks[name].push(Buffer.from(chunk.subarray(0, limit - sizes[name])));
        sizes[name] += chunk.length;
      },
    });
    const exitCode = await exited;
    return { exitCode, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr).toString('utf8') };
  }

  /**
   * Ends every process that carries a marker: SIGTERM, and SIGKILL after the grace. When no process can be started
   * any more to do so (a fork bomb), the whole container is killed.
   */
  async kill(marker: string, graceMs: number): Promise<void> {
    const ended = await this.output(['sh', '-c', KILL_SCRIPT, 'sh', marker, String(Math.ceil(graceMs / 50))]).then(
      ({ exitCode }) => exitCode === 0,
      () => false,
    );
    if (!ended) await this.#container.kill().catch(ignoreMissing);
  }

  async running(): Promise<boolean> {
    const state = await this.#container.inspect().catch(ignoreMissing);
    return state?.State.Running ?? false;
  }

  /** TCP sockets that wait for connections, without those of the engine itself. */
  async listening(): Promise<ListeningSocket[]> {
    const folder = await (this.#tables ??= this.#tableFolder());
    const sockets =
      folder === undefined
        ? parseListening((await this.output(['cat', '/proc/net/tcp', '/proc/net/tcp6'])).stdout.toString('utf8'))
        : await listeningSockets(folder);
    return sockets.filter(({ address }) => address !== DOCKER_RESOLVER);
  }

  /** This machine's view of the container's sockets, when it is the machine that the container runs on; it saves an exec. */
  async #tableFolder(): Promise<string | undefined> {
    const pid = this.#details?.State.Pid ?? 0;
    const groups = pid === 0 ? '' : await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    const folder = `/proc/${pid}/net`;
    const readable = groups.includes(this.id) && (await readFile(`${folder}/tcp`).catch(() => undefined)) !== undefined;
    return readable ? folder : undefined;
  }

  /** The processes that were started in it; undefined where the engine can't tell. */
  async processes(): Promise<ProcessInfo[] | undefined> {
    const top = (await this.#container.top({ ps_args: '-eo pid,ppid,args' }).catch(() => undefined)) as
      { Processes?: string[][] | null } | undefined;
    const rows = top?.Processes?.map(([pid, parent, command = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      command,
    }));
    // The first command, which waits, and the engine's own init before it.
    const idle = new Set([this.#details?.State.Pid ?? 0]);
    for (const { pid, parent, command } of rows ?? [])
      if (idle.has(parent) && command === 'sleep infinity') idle.add(pid);
    return rows?.filter(({ pid }) => !idle.has(pid));
  }

  /** How many processes the memory limit has killed so far. */
  async memoryKills(): Promise<number> {
    const { stdout } = await this.output([
      'sh',
      '-c',
      'cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null',
    ]).catch(() => ({ stdout: Buffer.alloc(0) }));
    return Number(/^oom_kill (\d+)$/m.exec(stdout.toString('latin1'))?.[1] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#container.remove({ force: true, v: true }).catch(ignoreMissing);
  }
}

/** $1: the marker; $2: how often to look, each 50 ms, before SIGKILL. */
const KILL_SCRIPT = `
all() { grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null; }
send() { for file in $(all "$2"); do pid=\${file#/proc/}; kill -"$1" "\${pid%/environ}" 2>/dev/null; done; }
if [ "$2" -gt 0 ]; then
  send TERM "$1"
  left=$2
  while [ "$left" -gt 0 ] && [ -n "$(all "$1")" ]; do sleep 0.05; left=$((left - 1)); done
fi
round=0
while [ -n "$(all "$1")" ]; do
  send KILL "$1"
  round=$((round + 1))
  [ "$round" -gt 100 ] && exit 1
done
exit 0
`;
