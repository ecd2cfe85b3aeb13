import { chmod, mkdtemp, readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import type { Provided } from '../conformance.ts';
import { embedded, launch } from '../providers/embedded.ts';
import { external } from '../providers/external.ts';
import { testcontainers } from '../providers/testcontainers.ts';
import { connectEngine } from '../../platform/docker/engine.ts';
import type { Endpoint, ProviderOptions, ServiceKind } from '../service.ts';
import { specs } from '../specs/index.ts';
import type { LaunchedServer } from '../tenancy.ts';
import { killListener } from './listener.ts';

export function providedEmbedded(options: ProviderOptions, folder: string): Provided {
  return {
    start: (kind) => embedded.start(specs[kind], options),
    kill: killListener,
    leftovers: () => localLeftovers(folder),
    owned: true,
  };
}

export function providedTestcontainers(options: ProviderOptions): Provided {
  const containers = async () => {
    const { docker, library } = await connectEngine();
    const { sessionId } = await library.getReaper(await library.getContainerRuntimeClient());
    const label = `${library.LABEL_TESTCONTAINERS_SESSION_ID}=${sessionId}`;
    return { docker, list: await docker.listContainers({ all: true, filters: { label: [label] } }) };
  };
  return {
    start: (kind) => testcontainers.start(specs[kind], options),
    kill: async ({ host, port }) => {
      const { docker, list } = await containers();
      const found = list.find(
        ({ Ports, NetworkSettings }) =>
          Ports.some(({ PublicPort }) => PublicPort === port) ||
          Object.values(NetworkSettings.Networks).some(({ IPAddress }) => IPAddress === host),
      );
      await docker.getContainer(found?.Id ?? 'none').kill();
    },
    leftovers: async () => (await containers()).list.map(({ Image }) => Image),
    owned: true,
  };
}

/** Embedded servers, made known to the provider by nothing but their URLs. */
export function providedExternal(kind: ServiceKind, options: ProviderOptions, folder: string): Provided {
  const servers = new AsyncDisposableStack();
  return {
    start: async (asked) => {
      const count = specs[kind].tenancy === 'server' && kind === 'redis' ? 2 : 1;
      const urls: string[] = [];
      for (let i = 0; i < count; i++)
        urls.push(await prepared(kind, servers.use(await launch(kind, options)), options.signal));
      return external.start(specs[asked], { ...options, urls: { [kind]: urls.join(' ') } });
    },
    kill: killListener,
    leftovers: async () => {
      await servers.disposeAsync();
      return localLeftovers(folder);
    },
    owned: false,
  };
}

/** A folder for temporary files of this test alone, which a server's own user can enter. */
export async function ownTempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'grade-conformance-'));
  await chmod(folder, 0o755);
  return folder;
}

async function localLeftovers(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(
    pids.map(async (pid) => ({ pid, cwd: await readlink(`/proc/${pid}/cwd`).catch(() => '') })),
  );
  return [
    ...(await readdir(folder)),
    ...folders.filter(({ cwd }) => cwd.startsWith(`${folder}/`)).map(({ pid }) => `process ${pid}`),
  ];
}

/** Waits for a server and sets it up as its owner would; the administrator's URL. */
async function prepared(kind: ServiceKind, server: LaunchedServer, signal: AbortSignal): Promise<string> {
  const { admin } = server;
  await specs[kind].ready(admin, signal);
  const { host, port } = await server.address(undefined);
  await specs[kind].initialise?.(admin, { address: `${host}:${port}`, owned: true }, signal);
  const password = kind === 'postgres' ? await setPassword(admin) : admin.password;
  return `${kind}://${admin.user}:${password}@${host}:${port}/${kind === 'redis' ? '' : admin.database}`;
}

/** An embedded server's administrator has none, and comes in through a socket file only. */
async function setPassword(admin: Endpoint): Promise<string> {
  const client = new Client({ host: admin.host, port: admin.port, user: admin.user, database: admin.database });
  await client.connect();
  await client.query(`ALTER ROLE ${escapeIdentifier(admin.user)} PASSWORD 'made-for-the-test'`);
  await client.end();
  return 'made-for-the-test';
}
