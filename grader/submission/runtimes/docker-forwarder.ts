import type { Engine } from '../../platform/docker/engine.ts';
import { InfrastructureError } from '../../platform/errors.ts';
import { createRelay, type ForwardedServer, type Forwarder } from '../../services/forwarder.ts';
import { Container } from './container.ts';
import { until } from './until.ts';

const LIMITS = { memoryMb: 128, cpus: 2, processes: 32, diskMb: 4, outputBytes: 0 };

/**
 * A forwarder in a run's network: a container that has a server's names there, and listens on its port. It finds the
 * server by the engine's default network, which nothing else of the run is in.
 */
export async function dockerForwarder(
  engine: Engine,
  { image, network }: { image: string; network: string },
  { names, host, port }: ForwardedServer,
): Promise<Forwarder> {
  await using stack = new AsyncDisposableStack();
  const container = stack.use(
    await Container.start(engine, {
      image,
      limits: LIMITS,
      network: 'bridge',
      command: ['node', '-e', PROGRAM, host, String(port)],
    }),
  );
  await container.connect(network, names);
  const listens = async () => (await container.listening()).some((socket) => socket.port === port);
  const comesUp = () => until(listens, 'A forwarder to a service did not start.');
  await comesUp();
  const owned = stack.move();
  return {
    host: names[0],
    port,
    async interrupt() {
      await container.signal('SIGHUP');
      await until(async () => !(await listens()), 'A forwarder to a service did not stop.');
    },
    async restore() {
      await container.signal('SIGUSR2');
      await comesUp();
    },
    async healthy() {
      if (!(await container.running())) throw new InfrastructureError('The forwarder to a service has ended.');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Arguments: the server's host and port. Hangs up on SIGHUP, goes on on SIGUSR2. */
const PROGRAM = `
const [host, port] = process.argv.slice(1);
const relay = (${createRelay.toString()})(require('node:net'), { host, port: Number(port) });
const listen = () => relay.listen(Number(port), '0.0.0.0');
process.on('SIGHUP', () => relay.close());
process.on('SIGUSR2', listen);
// Signals alone keep no program waiting.
setInterval(() => {}, 2 ** 30);
listen();
`;
