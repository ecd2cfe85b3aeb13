import type { RespVersions } from 'redis';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import type { Endpoint } from '../service.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RECONNECT_MS = 100;

/** One connection with plain replies, as redis-cli shows them: maps come as flat arrays. */
export interface RedisConnection extends AsyncDisposable {
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Calls `onLine` for every line of MONITOR until the function it returns is called. */
  monitor(onLine: (line: string) => void): Promise<() => Promise<void>>;
}

/** Opens a connection. Once open it is opened again when lost; commands in between fail at once. */
export async function connectRedis({ host, port, user, password }: Endpoint): Promise<RedisConnection> {
  // Loaded while the server starts: it takes longer than all the rest of this folder.
  const { createClient } = await import('redis');
  let opened = false;
  const client = createClient<{}, {}, {}, RespVersions & 2>({
    RESP: 2,
    username: user,
    password,
    socket: {
      host,
      port,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: () => (opened ? RECONNECT_MS : false),
    },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
  // What breaks the connection also fails the commands sent over it; those report it.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw new InfrastructureError(`Redis at ${host}:${port} does not let ${user} in: ${messageOf(error)}`, {
      cause: error,
    });
  }
  opened = true;
  return {
    command: (name, ...args) => client.sendCommand([name, ...args]),
    monitor: async (onLine) => {
      await client.monitor((line) => onLine(String(line)));
      return () => client.reset();
    },
    [Symbol.asyncDispose]: async () => {
      if (client.isOpen) client.destroy();
    },
  };
}
