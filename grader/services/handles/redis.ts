import { randomUUID } from 'node:crypto';
import { messageOf } from '../../platform/errors.ts';
import type { RedisHandle } from '../../target/target.ts';
import type { Endpoint } from '../service.ts';
import { parseMonitorLine } from './redis-monitor.ts';
import { connectRedis, type RedisConnection } from './redis-connection.ts';

const MAX_KEYS = 10_000;
/** Kept of what an app sends while it is watched. */
const MAX_COMMANDS = 100_000;

/** The grader's view of one app's Redis: two connections, made before the app can use them up. */
export async function openRedis(admin: Endpoint): Promise<RedisHandle & AsyncDisposable & { ping(): Promise<void> }> {
  await using stack = new AsyncDisposableStack();
  const connection = stack.use(await connectRedis(admin));
  const watcher = stack.use(await connectRedis(admin));
  const owned = stack.move();
  return {
    command: (name, ...args) => connection.command(name, ...args),
    keys: (pattern = '*') => scan(connection, pattern),
    monitor: (work) => monitor(connection, watcher, work),
    ping: () => ping(connection),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A server that a script of the app keeps busy says so, hence is there. */
async function ping(connection: RedisConnection): Promise<void> {
  try {
    await connection.command('PING');
  } catch (error) {
    if (!messageOf(error).startsWith('BUSY')) throw error;
  }
}

async function scan(connection: RedisConnection, pattern: string): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = '0';
  do {
    const [next, page] = (await connection.command('SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000')) as [
      string,
      string[],
    ];
    for (const key of page) keys.add(key);
    cursor = next;
  } while (cursor !== '0' && keys.size < MAX_KEYS);
  return [...keys].slice(0, MAX_KEYS);
}

async function monitor(
  connection: RedisConnection,
  watcher: RedisConnection,
  work: () => Promise<void>,
): Promise<string[][]> {
  const own = new Set([await address(connection), await address(watcher)]);
  const mark = randomUUID();
  const marked = Promise.withResolvers<void>();
  const commands: string[][] = [];
  const stop = await watcher.monitor((line) => {
    const entry = parseMonitorLine(line);
    if (entry === undefined) return;
    if (!own.has(entry.client)) {
      if (commands.length < MAX_COMMANDS) commands.push(entry.command);
    } else if (entry.command[1] === mark) {
      marked.resolve();
    }
  });
  try {
    await work();
    // The server reports commands in the order it ran them: after our own there is nothing of `work` left.
    await connection.command('ECHO', mark);
    await marked.promise;
  } finally {
    await stop();
  }
  return commands;
}

async function address(connection: RedisConnection): Promise<string> {
  return /\baddr=(\S+)/.exec(String(await connection.command('CLIENT', 'INFO')))?.[1] ?? '';
}
