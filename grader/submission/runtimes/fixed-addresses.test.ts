import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { InfrastructureError } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { serverCertificate } from '../../services/certificate.ts';
import { testOptions, withoutDocker } from '../../services/conformance/options.ts';
import { freePort } from '../../platform/free-port.ts';
import { embedded } from '../../services/providers/embedded.ts';
import { testcontainers } from '../../services/providers/testcontainers.ts';
import type { ServiceProvider } from '../../services/service.ts';
import { startServices, type Tenants } from '../../services/start.ts';
import { type BootedApp, boot } from '../boot.ts';
import { checkout } from '../checkout.ts';
import { detect } from '../start/detect.ts';
import { fixedHosts, openFixedAddresses } from '../fixed-addresses.ts';
import { findNpm } from '../packages/npm.ts';
import type { Runtime, Sandbox } from '../submission.ts';
import { dockerRuntime } from './docker.ts';
import { localRuntime } from './local.ts';
import type { Habit } from '../variables/habits.ts';
import { TEST_LIMITS, writeTree } from './testbed.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const KINDS = ['postgres', 'mongo', 'redis'] as const;

/** Asks each of its databases, all of which are named in the source. */
const ask = ({ postgres, mongo, redis }: Record<(typeof KINDS)[number], string>) => `
const { Client } = require('pg');
const { MongoClient } = require('mongodb');
const { createClient } = require('redis');
const tell = (work) => work().then((answer) => answer, (error) => error.code ?? error.message);
exports.ask = async () => ({
  postgres: await tell(async () => {
    const client = new Client(${postgres});
    await client.connect();
    try { await client.query('CREATE TABLE IF NOT EXISTS todos (title text)'); return (await client.query("INSERT INTO todos VALUES ('x')")).rowCount; }
    finally { await client.end(); }
  }),
  mongo: await tell(async () => {
    const client = new MongoClient(${mongo}, { serverSelectionTimeoutMS: 2000 });
    try { return (await client.db().collection('todos').insertOne({ title: 'x' })).acknowledged; }
    finally { await client.close(); }
  }),
  redis: await tell(async () => {
    const client = createClient({ ...${redis}, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    try { await client.connect(); return await client.incr('todos'); }
    finally { if (client.isOpen) client.destroy(); }
  }),
});`;
const SERVER = `
const { ask } = require('./ask.js');
require('node:http').createServer((request, response) => request.url !== '/ask' ? response.end() : ask().then((answer) => response.end(JSON.stringify(answer)))).listen(process.env.PORT);`;

interface Place extends AsyncDisposable {
  app: BootedApp;
  sandbox: Sandbox;
  tenants: Tenants;
  assumptions: string[];
}

async function place(
  runtime: Runtime,
  provider: ServiceProvider,
  files: Record<string, string>,
  addresses: readonly Habit[],
): Promise<Place> {
  const options = testOptions(process.env);
  const { signal } = options;
  await using stack = new AsyncDisposableStack();
  const network = await runtime.network(signal);
  if (network) stack.use(network);
  const services = stack.use(await startServices(KINDS, provider, { ...options, network: network?.name }));
  const given = { ...(network && { network: network.name, forward: network.forward }), interruptible: KINDS };
  const opened = stack.use(await services.tenants('app', given));
  const original = stack.use(await tempDir('original'));
  await writeTree(original.path, {
    'package.json': JSON.stringify({ scripts: { start: 'node server.js' } }),
    'server.js': SERVER,
    ...files,
  });
  const submission = stack.use(await checkout(original.path, { rubric: 'day-06', path: '/usr/bin:/bin' }));
  const hosts = network === undefined ? [] : fixedHosts(addresses);
  const installed = {
    modulesDir: project,
    modules: [{ from: 'node_modules', at: 'node_modules', own: {} }],
    toolsDir: undefined,
    durationMs: 0,
    cached: true,
    assumptions: [],
  };
  const sandbox = stack.use(
    await runtime.open({
      submission,
      installed,
      limits: TEST_LIMITS,
      network: network?.name,
      hosts,
      trust: (await serverCertificate()).cert,
      signal,
    }),
  );
  await sandbox.prepare();
  const { tenants, assumptions: assumed } = await openFixedAddresses(sandbox, opened, addresses, hosts);
  const app = await boot(sandbox, await detect(submission), { env: { ...tenants.env }, signal, timeoutMs: 20_000 });
  const owned = stack.move();
  const assumptions = assumed.map(({ what, because }) => `${what}: ${because}`);
  return { app, sandbox, tenants, assumptions, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function answers({ app }: Place): Promise<Record<string, unknown>> {
  return (await (await fetch(`${app.origin}/ask`, { signal: AbortSignal.timeout(20_000) })).json()) as Record<
    string,
    unknown
  >;
}

/** What each runtime must do for an app that was written for its author's own machine. */
function suite(
  name: string,
  skip: string | false,
  set: () => Promise<[Runtime, ServiceProvider]>,
  ports?: number[],
): void {
  describe(`runtime ${name}: an app with addresses in its source`, { skip, timeout: 120_000 }, () => {
    test('reaches its databases, also from commands, and loses them in an outage', async () => {
      const [postgres = 0, mongo = 0, redis = 0] = ports ?? [await freePort(), await freePort(), await freePort()];
      const at = { file: 'ask.js', line: 1 };
      await using here = await place(
        ...(await set()),
        {
          'ask.js': ask({
            postgres: `'postgres://postgres:postgres@127.0.0.1:${postgres}/todos'`,
            mongo: `'mongodb://root:example@localhost:${mongo}/todos?authSource=admin'`,
            redis: redis === 6379 ? '{}' : `{ url: 'redis://localhost:${redis}' }`,
          }),
        },
        [
          { service: 'postgres', host: '127.0.0.1', port: postgres, ...at },
          { service: 'mongo', host: 'localhost', port: mongo, user: 'root', password: 'example', ...at },
          { service: 'redis', host: 'localhost', port: redis, ...at },
        ],
      );
      assert.deepEqual(await answers(here), { postgres: 1, mongo: true, redis: 1 });
      assert.ok(here.assumptions.includes(`The app finds MongoDB at localhost:${mongo}: ask.js:1 names that address`));
      await using workspace = await here.sandbox.workspace();
      const run = await workspace.run([
        'node',
        '-e',
        `require('./ask.js').ask().then((a) => console.log(JSON.stringify(a)))`,
      ]);
      assert.deepEqual([run.stdout.trim(), run.stderr], ['{"postgres":1,"mongo":true,"redis":2}', '']);
      const { handles, list } = here.tenants;
      const { endpoint } = list.find(({ kind }) => kind === 'postgres') ?? assert.fail();
      const url = `postgres://${endpoint.user}:${endpoint.password}@${endpoint.host}:${endpoint.port}/${endpoint.database}`;
      for (const [to, ssl] of [
        [`postgres://x:x@localhost:${postgres}/x?sslmode=require`, true],
        [`postgres://x:x@127.0.0.1:${postgres}/x?sslmode=verify-full`, true],
        [`${url}?sslmode=require`, true],
        [`${url}?sslmode=no-verify`, true],
        [url, false],
      ]) {
        const script = `const { Client } = require('pg'); const client = new Client(${JSON.stringify(to)});
          client.connect().then(() => client.ssl).then((ssl) => { console.log(Boolean(ssl)); return client.end(); });`;
        const { stdout, stderr } = await workspace.run(['node', '-e', script]);
        assert.equal(stdout.trim(), String(ssl), stderr);
      }
      assert.equal(await handles.mongo?.count('todos'), 2);
      assert.equal((await handles.postgres?.tables())?.find((table) => table.name.endsWith('todos'))?.rows, 2);
      assert.equal(await handles.redis?.command('GET', 'todos'), '2');
      assert.deepEqual(await here.app.process.listening(), [here.app.port]);

      {
        await using stack = new AsyncDisposableStack();
        stack.use(await here.tenants.outage('redis'));
        assert.deepEqual(await answers(here), { postgres: 1, mongo: true, redis: 'ECONNREFUSED' });
      }
      assert.deepEqual(await answers(here), { postgres: 1, mongo: true, redis: 3 });
    });
  });
}

const local = async (): Promise<[Runtime, ServiceProvider]> => [
  localRuntime({ path: process.env['PATH'] ?? '', npm: await findNpm(process.env) }),
  embedded,
];
const image = process.env['GRADE_IMAGE_NODE'];
const docker = async (): Promise<[Runtime, ServiceProvider]> => [
  dockerRuntime({ ...(image === undefined ? {} : { image }), reach: 'gateway' }),
  testcontainers,
];
const skip = await withoutDocker(process.env, testcontainers);

suite('local', false, local);
suite('docker', skip, docker, [5432, 27017, 6379]);

describe('runtime docker: host names in the source', { skip, timeout: 120_000 }, () => {
  test('lead to the databases, and so do the same names in the environment', async () => {
    const at = { file: 'ask.js', line: 1 };
    await using here = await place(
      ...(await docker()),
      {
        'ask.js': ask({
          postgres: `{ host: 'todo_db', port: 5433, user: 'me', password: 'mine', database: 'todos' }`,
          mongo: `'mongodb://mongo:27017/todos?replicaSet=rs0'`,
          redis: `{ url: 'redis://cache.internal:7000' }`,
        }),
        'env.js': ask({
          postgres: 'process.env.DATABASE_URL.replace("@", "@")',
          mongo: 'process.env.MONGO_URL',
          redis: '{ url: process.env.REDIS_URL }',
        }),
      },
      [
        { service: 'postgres', host: 'todo_db', port: 5433, ...at },
        { service: 'mongo', host: 'mongo', port: 27017, ...at },
        { service: 'redis', host: 'cache.internal', port: 7000, ...at },
      ],
    );
    assert.deepEqual(await answers(here), { postgres: 1, mongo: true, redis: 1 });
    await using workspace = await here.sandbox.workspace();
    const { DATABASE_URL = '', MONGO_URL = '', REDIS_URL = '' } = here.tenants.env;
    const run = await workspace.run(
      ['node', '-e', `require('./env.js').ask().then((a) => console.log(JSON.stringify(a)))`],
      { env: { DATABASE_URL, MONGO_URL, REDIS_URL } },
    );
    assert.deepEqual([run.stdout.trim(), run.stderr], ['{"postgres":1,"mongo":true,"redis":2}', '']);
  });
});

describe('a port of this machine on which something else listens', { timeout: 60_000 }, () => {
  const files = { 'ask.js': 'exports.ask = async () => {};' };
  const at = { file: 'db.js', line: 7 };
  const blocked = async (work: (port: number) => Promise<void>) => {
    const other = createServer().listen(0, '::1');
    await once(other, 'listening');
    await work((other.address() as { port: number }).port);
    other.close();
  };

  test('is named when the app surely uses it', () =>
    blocked(async (port) => {
      const habit = { service: 'mongo', host: 'localhost', port, database: 'todos', ...at } as const;
      await assert.rejects(place(...(await local()), files, [habit]), (error) => {
        assert.ok(error instanceof InfrastructureError);
        assert.match(
          error.message,
          new RegExp(`MongoDB at localhost:${port} \\(db.js:7\\), where something else of this machine listens`),
        );
        assert.match(error.mend ?? '', new RegExp(`Stop what uses port ${port}`));
        return true;
      });
    }));

  test('is noted when it may use it', () =>
    blocked(async (port) => {
      await using here = await place(...(await local()), files, [{ service: 'redis', host: 'localhost', port, ...at }]);
      assert.deepEqual(here.assumptions, [
        `The app does not find its Redis at localhost:${port}, but what else listens there: db.js:7 names that address`,
      ]);
    }));
});

test('runs that want the same port take turns', async () => {
  const { localProxies } = await import('./local-proxies.ts');
  const port = await freePort();
  const server = { host: '127.0.0.1', port: 1, user: '', password: '', database: '' };
  const list = [{ kind: 'redis' as const, port, server, anyDatabase: false, known: [] }];
  const { signal } = new AbortController();
  const order: string[] = [];
  const first = await localProxies(list, signal);
  const second = localProxies(list, signal).then(async (proxies) => {
    order.push('second');
    return proxies[Symbol.asyncDispose]();
  });
  order.push('first');
  await first[Symbol.asyncDispose]();
  await second;
  assert.deepEqual(order, ['first', 'second']);
});

test('names of somebody’s servers on the internet stay what they are', () => {
  const hosts = [
    'cluster0.abc.mongodb.net',
    'db.example.com',
    'localhost',
    'Mongo',
    'my_db',
    'x.internal',
    'a:b',
    '10.0.0.1',
  ];
  const addresses = hosts.map((host): Habit => ({ service: 'mongo', host, port: 1, file: 'a.js', line: 1 }));
  assert.deepEqual(fixedHosts(addresses), ['mongo', 'my_db', 'x.internal']);
});
