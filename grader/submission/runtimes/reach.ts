import { Container } from './container.ts';
import type { Engine } from '../../platform/docker/engine.ts';
import { until } from './until.ts';

/** How ports of one container are reached from this machine. */
export interface Reach extends AsyncDisposable {
  /** Makes sure that the listening ports can be reached; those that can. */
  open(): Promise<number[]>;
  /** `http://172.18.0.3:3000`. Throws for a port that `open` did not give. */
  origin(port: number): string;
}

/** Forwarders are containers; an app that listens on hundreds of ports of localhost gets no more than these. */
const MAX_FORWARDERS = 4;
const LIMITS = { memoryMb: 128, cpus: 2, processes: 32, diskMb: 4, outputBytes: 0 };
const GATEWAY_PORT = 41_000;
const FAILED = 'A forwarder to the app did not start.';

/**
 * On Linux the grader talks to a container by its address in the run's network, which has no way out.
 * A port of the container's own localhost is brought out by a forwarder that shares its network. Where the
 * address can't be reached (an engine in a virtual machine or elsewhere), a gateway stands in both the
 * run's network and one with published ports.
 */
export function reach(
  engine: Engine,
  container: Container,
  {
    image,
    network,
    direct,
    foreign,
  }: {
    image: string;
    network: string;
    direct: boolean;
    /** Ports of the container's network on which something else listens than learner code. */
    foreign: ReadonlySet<number>;
  },
): Reach {
  const origins = new Map<number, string>();
  const stack = new AsyncDisposableStack();
  let forwarders = 0;
  let opening: Promise<number[]> | undefined;
  const ownPorts = new Set<number>();

  const forwardLocalhost = async (port: number, taken: ReadonlySet<number>): Promise<number> => {
    let outer = 42_000 + forwarders;
    while (taken.has(outer)) outer++;
    ownPorts.add(outer);
    stack.use(
      await Container.start(engine, {
        image,
        limits: LIMITS,
        network: `container:${container.id}`,
        command: ['node', '-e', FORWARD, String(outer), 'localhost', String(port)],
      }),
    );
    await until(async () => (await container.listening()).some((socket) => socket.port === outer), FAILED);
    return outer;
  };

  const throughGateway = async (port: number): Promise<string> => {
    const publish = `${GATEWAY_PORT}/tcp`;
    const gateway = stack.use(
      await Container.start(engine, {
        image,
        limits: LIMITS,
        network: 'bridge',
        publish,
        command: ['node', '-e', FORWARD, String(GATEWAY_PORT), container.address ?? '', String(port)],
      }),
    );
    await gateway.connect(network);
    await until(async () => (await gateway.listening()).some((socket) => socket.port === GATEWAY_PORT), FAILED);
    return `http://127.0.0.1:${gateway.published(publish)}`;
  };

  const openAll = async (): Promise<number[]> => {
    const sockets = (await container.listening()).filter(({ port }) => !foreign.has(port));
    const taken = new Set(sockets.map(({ port }) => port));
    for (const { port } of sockets) {
      if (origins.has(port) || ownPorts.has(port) || network === 'none') continue;
      const loopbackOnly = sockets.every((socket) => socket.port !== port || socket.loopback);
      if (!loopbackOnly && direct) {
        origins.set(port, `http://${container.address}:${port}`);
      } else if (forwarders < MAX_FORWARDERS) {
        forwarders++;
        const outer = loopbackOnly ? await forwardLocalhost(port, taken) : port;
        origins.set(port, direct ? `http://${container.address}:${outer}` : await throughGateway(outer));
      }
    }
    return [...taken].filter((port) => origins.has(port));
  };

  return {
    open: () => (opening ??= openAll().finally(() => (opening = undefined))),
    origin(port) {
      const origin = origins.get(port);
      if (origin === undefined) throw new RangeError(`nothing listens on port ${port} of the sandbox`);
      return origin;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Arguments: the port to listen on, the host and port to forward to. */
const FORWARD = `
const net = require('node:net');
const [port, host, target] = process.argv.slice(1);
net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const server = net.connect({ host, port: Number(target), allowHalfOpen: true, noDelay: true, autoSelectFamily: true });
  client.on('error', () => server.destroy()); server.on('error', () => client.destroy());
  client.pipe(server); server.pipe(client);
}).listen(Number(port), '0.0.0.0', 4096);
`;
