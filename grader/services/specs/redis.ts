import { randomBytes } from 'node:crypto';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import { openRedis } from '../handles/redis.ts';
import { connectRedis, type RedisConnection } from '../handles/redis-connection.ts';
import { untilAnswers } from '../ready.ts';
import type { Endpoint, ServerView, ServiceSpec, TenantSetup } from '../service.ts';

export const redis: ServiceSpec<'redis'> = {
  kind: 'redis',
  title: 'Redis',
  port: 6379,
  image: 'redis:8',
  aliases: ['redis', 'cache', 'redis-server', 'redis-cache', 'redis_cache'],
  adminDatabase: '0',
  announcesItself: false,
  tenancy: 'server',
  shareable: false,
  container: (admin) => ({
    env: {},
    command: ['/etc/grade-redis.conf'],
    tmpfs: { '/data': 'rw,size=16m' },
    files: [{ target: '/etc/grade-redis.conf', content: redisConfiguration(admin), mode: 0o444 }],
    memoryMb: 512,
  }),
  ready: (admin, signal) =>
    untilAnswers(signal, async () => {
      await using connection = await connectRedis(admin);
      const info = String(await connection.command('INFO', 'server'));
      return /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
    }),
  provision,
  environment,
  endpoint: (url) => ({
    host: url.hostname,
    port: Number(url.port || 6379),
    user: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    database: '0',
  }),
};

/**
 * A configuration file: nothing on disk, bounded memory, nobody let in but `admin` until a tenant is made.
 * The port and the address are the provider's.
 */
export function redisConfiguration(admin: Endpoint): string {
  return `save ""
appendonly no
dir /tmp
protected-mode no
maxmemory 256mb
maxmemory-policy noeviction
maxclients 4000
lua-time-limit 1000
client-output-buffer-limit normal 64mb 32mb 10
user default off nopass
user ${admin.user} on >${admin.password} ~* &* +@all
`;
}

/** All that an app does with data, KEYS and FLUSHALL included; nothing that rules the server or reaches out of it. */
const APP_RULES = ['~*', '&*', '+@all', '-@admin', '-migrate'];
/** Parts of CLIENT that drivers and queue libraries call; a server may not know each of them. */
const CLIENT_COMMANDS = [
  'setname',
  'getname',
  'setinfo',
  'id',
  'info',
  'list',
  'reply',
  'tracking',
  'trackinginfo',
  'caching',
  'unblock',
];

async function provision(admin: Endpoint, server: ServerView): Promise<TenantSetup<'redis'>> {
  await using stack = new AsyncDisposableStack();
  const control = stack.use(await connectRedis(admin));
  // A server of the app's own lets it in as the user that clients take when none is named.
  const user = server.owned ? 'default' : `grade_${randomBytes(6).toString('hex')}`;
  const app: Endpoint = { ...admin, user, password: randomBytes(18).toString('hex'), database: '0' };
  if (!server.owned) {
    await mustBeEmpty(control, admin);
    stack.defer(() => clear(control, user));
  }
  try {
    await control.command('ACL', 'SETUSER', user, 'reset', 'on', `>${app.password}`, ...APP_RULES);
  } catch (error) {
    throw new InfrastructureError(
      `Redis at ${admin.host}:${admin.port} makes no user for the app: ${messageOf(error)}`,
      {
        mend: 'Give a URL whose user may run ACL SETUSER, on Redis 6.2 or newer.',
        cause: error,
      },
    );
  }
  for (const name of CLIENT_COMMANDS) await allowIfKnown(control, user, `client|${name}`);
  const handle = stack.use(await openRedis(admin));
  const owned = stack.move();
  return { app, handle, ping: () => handle.ping(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function allowIfKnown(control: RedisConnection, user: string, command: string): Promise<void> {
  try {
    await control.command('ACL', 'SETUSER', user, `+${command}`);
  } catch (error) {
    if (!/unknown command|unknown subcommand/i.test(messageOf(error))) throw error;
  }
}

/** The data of somebody else's server are neither shown to an app nor wiped. */
async function mustBeEmpty(control: RedisConnection, admin: Endpoint): Promise<void> {
  const keyspace = String(await control.command('INFO', 'keyspace'));
  if (!/^db\d+:/m.test(keyspace)) return;
  throw new InfrastructureError(`Redis at ${admin.host}:${admin.port} holds keys already`, {
    mend: 'Give an empty Redis server for the grader alone.',
  });
}

async function clear(control: RedisConnection, user: string): Promise<void> {
  await control.command('ACL', 'DELUSER', user);
  await control.command('FLUSHALL');
}

/** Names that client libraries' examples, queue libraries and hosting platforms use. */
function environment({ host, port, user, password, database }: Endpoint): Record<string, string> {
  // Without a name, servers and drivers of any age take the default user.
  const name = user === 'default' ? '' : encodeURIComponent(user);
  const url = `redis://${name}:${encodeURIComponent(password)}@${host}:${port}`;
  const all = (value: string, ...names: string[]) => Object.fromEntries(names.map((key) => [key, value]));
  return {
    ...all(url, 'REDIS_URL', 'REDIS_URI', 'REDIS_CONNECTION_STRING', 'REDIS_CONNECTION_URL', 'CACHE_URL'),
    ...all(host, 'REDIS_HOST', 'REDIS_HOSTNAME', 'REDISHOST'),
    ...all(String(port), 'REDIS_PORT', 'REDISPORT'),
    ...all(user, 'REDIS_USER', 'REDIS_USERNAME', 'REDISUSER'),
    ...all(password, 'REDIS_PASSWORD', 'REDIS_PASS', 'REDISPASSWORD'),
    ...all(database, 'REDIS_DB'),
  };
}
