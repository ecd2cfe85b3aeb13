import type { Engine } from '../../platform/docker/engine.ts';
import type { AuthProxyOptions } from '../../services/auth-proxy/auth-proxy.ts';
import { AUTH_PROXY_PROGRAM } from '../../services/auth-proxy/program.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { SandboxProxies } from '../submission.ts';
import { Container } from './container.ts';
import { until } from './until.ts';

const LIMITS = { memoryMb: 192, cpus: 2, processes: 32, diskMb: 4, outputBytes: 0 };

/** Proxies at ports of one container's localhost. Each is a container of its own that shares the other's network. */
export interface ContainerProxies extends Omit<SandboxProxies, 'taken'>, AsyncDisposable {
  /** Resolves when all listen. */
  start(list: readonly AuthProxyOptions[]): Promise<void>;
  /** Ports of the container's network that are not the app's. */
  readonly ports: ReadonlySet<number>;
}

/** For the app in `container`, which can reach neither these containers' files nor their processes. */
export function containerProxies(engine: Engine, container: Container, image: string): ContainerProxies {
  const stack = new AsyncDisposableStack();
  const ports = new Set<number>();
  const proxies: { kind: ServiceKind; port: number; host: Container }[] = [];

  // The container of the proxy sees the network's sockets as well, and runs no code of the app's.
  const listens = async (host: Container, port: number) =>
    (await host.listening()).some((socket) => socket.port === port);
  const comesUp = (host: Container, port: number) =>
    until(() => listens(host, port), `A proxy to a service did not start on port ${port}.`);
  const startOne = async (options: AuthProxyOptions) => {
    ports.add(options.port);
    const host = stack.use(
      await Container.start(engine, {
        image,
        limits: LIMITS,
        network: `container:${container.id}`,
        command: ['node', '-e', AUTH_PROXY_PROGRAM, JSON.stringify(options)],
      }),
    );
    proxies.push({ kind: options.kind, port: options.port, host });
    await comesUp(host, options.port);
  };
  const each = async (kind: ServiceKind, work: (one: { port: number; host: Container }) => Promise<void>) => {
    await Promise.all(proxies.filter((one) => one.kind === kind).map(work));
  };
  return {
    ports,
    start: async (list) => void (await Promise.all(list.map(startOne))),
    interrupt: (kind) =>
      each(kind, async ({ port, host }) => {
        await host.signal('SIGHUP');
        await until(async () => !(await listens(host, port)), 'A proxy to a service did not stop.');
      }),
    restore: (kind) =>
      each(kind, async ({ port, host }) => {
        await host.signal('SIGUSR2');
        await comesUp(host, port);
      }),
    async [Symbol.asyncDispose]() {
      proxies.length = 0;
      await stack.disposeAsync();
    },
  };
}
