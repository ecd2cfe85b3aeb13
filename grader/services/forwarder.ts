import { randomInt } from 'node:crypto';
import net from 'node:net';
import { InfrastructureError } from '../platform/errors.ts';

/** Where apps find a server, in place of the server itself, so that it can be taken away from them. Ends with its scope. */
export interface Forwarder extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Resolves when open connections have been reset and new ones are refused. */
  interrupt(): Promise<void>;
  /** Resolves when connections are forwarded again, at the same address. */
  restore(): Promise<void>;
  /** @throws {InfrastructureError} when it has ended */
  healthy(): Promise<void>;
}

/** A server as a forwarder finds it, and the host names in the network of the apps that are now the forwarder's. */
export interface ForwardedServer {
  names: readonly [string, ...string[]];
  host: string;
  port: number;
}

/** Makes a forwarder. In a network of apps it listens on the server's own port. */
export type Forward = (server: ForwardedServer) => Promise<Forwarder>;

/** Listens on a free port of this machine's 127.0.0.1. */
export const forwardLocally: Forward = async ({ host, port: to }) => {
  const relay = createRelay(net, { host, port: to });
  const port = await listenAnywhere(relay);
  return {
    host: LOCALHOST,
    port,
    interrupt: () => relay.close(),
    restore: () =>
      relay.listen(port, LOCALHOST).catch((cause: unknown) => {
        throw new InfrastructureError(`another program took port ${port} while nothing was to listen on it`, {
          mend: 'Grade again.',
          cause,
        });
      }),
    healthy: async () => {},
    [Symbol.asyncDispose]: () => relay.close(),
  };
};

/** Passes on what comes in from either side, both ways. When it fails, both connections are reset. */
export type Join = (app: net.Socket, database: net.Socket) => void | Promise<void>;

export interface Relay {
  listen(port: number, address: string): Promise<void>;
  /** Refuses new connections, and resets the open ones on both sides. */
  close(): Promise<void>;
}

/**
 * Passes bytes on, both ways, with the pace of the slower side, and the ends and resets of either side to the other.
 *
 * This function's own text also runs inside of containers (submission/runtimes/docker-forwarder.ts), on the Node that
 * is there: it may use nothing but its arguments.
 */
export function createRelay(
  node: Pick<typeof net, 'createServer' | 'connect'>,
  server: { host: string; port: number; lookup?: net.LookupFunction },
  join: Join = (app, database) => {
    app.pipe(database);
    database.pipe(app);
  },
): Relay {
  const sockets = new Set<net.Socket>();
  const reset = (socket: net.Socket) => {
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  };
  const pass = (from: net.Socket, to: net.Socket) => {
    sockets.add(from);
    // What becomes of a broken connection is decided when it closes, right after.
    from.on('error', () => {});
    from.on('close', (broken) => {
      sockets.delete(from);
      if (broken || !from.readableEnded) reset(to);
    });
  };
  const listener = node.createServer({ allowHalfOpen: true, noDelay: true }, (app) => {
    const database = node.connect({ ...server, allowHalfOpen: true, noDelay: true });
    pass(app, database);
    pass(database, app);
    Promise.resolve(join(app, database)).catch(() => {
      for (const socket of [app, database]) reset(socket);
    });
  });
  // A connection that could not be accepted is lost, not the program.
  listener.on('error', () => {});
  return {
    listen: (on, address) =>
      new Promise((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(on, address, 4096, () => {
          listener.off('error', reject);
          resolve();
        });
      }),
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        // After a mere end, a driver may go on to write, and fail in ways that a lost connection has not.
        for (const socket of sockets) reset(socket);
      }),
  };
}

const LOCALHOST = '127.0.0.1';
/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux, from 49152 on macOS), so that none
 * takes this one during an outage: not even one that is made to it, which would then be connected to itself.
 */
const PORTS = { from: 20_000, to: 32_000 };
const ATTEMPTS = 50;

async function listenAnywhere(relay: Relay): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(PORTS.from, PORTS.to);
    try {
      await relay.listen(port, LOCALHOST);
      return port;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE' && attempt < ATTEMPTS) continue;
      throw new InfrastructureError(`no port between ${PORTS.from} and ${PORTS.to} is free for a forwarder`, { cause });
    }
  }
}
