import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import pg from 'pg';
import { createClient } from 'redis';
import { createAuthProxy } from '../auth-proxy/auth-proxy.ts';
import { serverCertificate } from '../certificate.ts';
import type { Running } from '../conformance.ts';
import { freePort } from '../../platform/free-port.ts';
import type { ServiceKind, Tenant } from '../service.ts';

/** What an app may expect that was written for a server of its author's own machine. */
export function authProxyConformance(kind: ServiceKind, running: () => Running<ServiceKind>): void {
  ({ mongo: throughMongo, postgres: throughPostgres, redis: throughRedis })[kind](running);
}

/** A proxy in front of a tenant, and its port on localhost. */
async function proxied({ kind, endpoint, anyDatabase }: Tenant): Promise<{ port: number } & AsyncDisposable> {
  const port = await freePort();
  const known = [{ user: 'root', password: 'example' }];
  const proxy = createAuthProxy({ kind, port, server: endpoint, anyDatabase, known, tls: await serverCertificate() });
  await proxy.listen();
  return { port, [Symbol.asyncDispose]: () => proxy.close() };
}

function throughRedis(running: () => Running<ServiceKind>): void {
  const handle = () => running().tenant.handle as Tenant<'redis'>['handle'];

  test('a proxy lets an app in with whatever credentials, in both versions of the protocol', async () => {
    await using proxy = await proxied(running().tenant);
    const urls = ['redis://', 'redis://:secret@', 'redis://default:redis@', 'redis://app:p%0D%0A@'];
    for (const RESP of [2, 3] as const)
      for (const url of urls) {
        const client = createClient({ url: `${url}localhost:${proxy.port}/0`, RESP });
        client.on('error', () => {});
        await client.connect();
        const key = `proxied ${RESP} ${url}`;
        await client.set(key, 'ü\r\n*2\r\n$4\r\nAUTH\r\n');
        assert.equal(await handle().command('GET', key), 'ü\r\n*2\r\n$4\r\nAUTH\r\n');
        assert.equal(await client.auth({ password: 'another' }), 'OK');
        client.destroy();
      }
  });

  test('a proxy passes on what is large or comes in pieces', async () => {
    await using proxy = await proxied(running().tenant);
    const client = createClient({ url: `redis://localhost:${proxy.port}` });
    client.on('error', () => {});
    await client.connect();
    const values = Array.from({ length: 500 }, (_, at) => 'auth '.repeat(at * 20));
    await Promise.all(values.map((value, at) => client.set(`piece:${at}`, value)));
    assert.deepEqual(await client.mGet(values.map((_, at) => `piece:${at}`)), values);
    client.destroy();
  });
}

function throughPostgres(running: () => Running<ServiceKind>): void {
  const handle = () => running().tenant.handle as Tenant<'postgres'>['handle'];

  test('a proxy lets an app in with whatever credentials, to the one database that it has', async () => {
    await using proxy = await proxied(running().tenant);
    const { database } = running().tenant.endpoint;
    const urls = ['postgres:postgres@localhost', 'root:@127.0.0.1', 'me@localhost'];
    for (const [at, start] of urls.entries()) {
      const client = new pg.Client({
        connectionString: `postgres://${start}:${proxy.port}/todos?application_name=mine`,
      });
      await client.connect();
      const { rows } = await client.query(
        "SELECT current_database() AS name, current_setting('application_name') AS app",
      );
      assert.deepEqual(rows, [{ name: database, app: 'mine' }]);
      await client.query(`CREATE TABLE proxied_${at} AS SELECT repeat('x', 3000000) AS large`);
      assert.equal((await client.query(`SELECT large FROM proxied_${at}`)).rows[0].large.length, 3_000_000);
      await client.end();
    }
    const names = (await handle().tables()).map(({ name }) => name);
    for (const at of urls.keys()) assert.ok(names.some((name) => name.endsWith(`proxied_${at}`)));
  });

  test('a proxy speaks TLS with those who ask for it', async () => {
    await using proxy = await proxied(running().tenant);
    for (const ssl of [{ ca: (await serverCertificate()).cert }, { rejectUnauthorized: false }]) {
      const client = new pg.Client({ connectionString: `postgres://x:x@localhost:${proxy.port}/x`, ssl });
      await client.connect();
      const { rows } = await client.query("SELECT repeat('x', 1000000) AS large");
      assert.equal(rows[0].large.length, 1_000_000);
      await client.end();
    }
  });

  test('a proxy passes on that a query is to be cancelled', async () => {
    await using proxy = await proxied(running().tenant);
    await using sleeper = await opened(proxy.port);
    const { client } = sleeper;
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const slow = assert.rejects(client.query('SELECT pg_sleep(60)'), /canceling statement due to user request/);
    await using other = await opened(proxy.port);
    const sleeps = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
    while ((await other.client.query(sleeps)).rowCount === 0);
    const request = Buffer.alloc(16);
    for (const [at, word] of [16, 80877102, processID, secretKey].entries()) request.writeInt32BE(word, at * 4);
    connect(proxy.port, '127.0.0.1').end(request);
    await slow;
  });
}

async function opened(port: number): Promise<{ client: pg.Client } & AsyncDisposable> {
  const client = new pg.Client({ connectionString: `postgres://x:x@localhost:${port}/x` });
  client.on('error', () => {});
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

function throughMongo(running: () => Running<ServiceKind>): void {
  const handle = () => running().tenant.handle as Tenant<'mongo'>['handle'];
  const through = async (
    url: string,
    work: (client: MongoClient) => Promise<void>,
    options: MongoClientOptions = {},
  ) => {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 5000, ...options });
    try {
      await work(client);
    } finally {
      await client.close();
    }
  };

  test('a proxy lets an app in without credentials, or with those that its source names', async () => {
    await using proxy = await proxied(running().tenant);
    const forms = [
      `mongodb://localhost:${proxy.port}/todos`,
      `mongodb://127.0.0.1:${proxy.port}/todos?replicaSet=rs0`,
      `mongodb://localhost:${proxy.port}/todos?directConnection=true`,
      `mongodb://root:example@localhost:${proxy.port}/todos?authSource=admin`,
      `mongodb://root:example@localhost:${proxy.port}/todos?authMechanism=SCRAM-SHA-1`,
      `mongodb://localhost:${proxy.port}/todos?compressors=zlib`,
    ];
    for (const [at, url] of forms.entries())
      await through(url, async (client) => {
        const items = client.db().collection(`proxied_${at}`);
        await items.insertMany(Array.from({ length: 300 }, (_, number) => ({ number, text: 'x'.repeat(5000) })));
        assert.equal((await items.find().toArray()).length, 300, url);
        assert.equal(await handle().count(`proxied_${at}`), 300);
      });
    await through(`mongodb://root:wrong@localhost:${proxy.port}/todos`, async (client) => {
      await assert.rejects(client.db().command({ ping: 1 }), /Authentication failed/);
    });
  });

  test('transactions work through a proxy', async () => {
    await using proxy = await proxied(running().tenant);
    await through(`mongodb://localhost:${proxy.port}/shop`, async (client) => {
      const orders = client.db().collection('proxied_orders');
      await orders.insertOne({ kept: true });
      await client.withSession((session) =>
        session.withTransaction(async () => {
          await orders.insertOne({ kept: true }, { session });
        }),
      );
      assert.equal(await handle().count('proxied_orders'), 2);
    });
  });

  test('a client that watches its server through a proxy is told the proxy’s address', async () => {
    await using proxy = await proxied(running().tenant);
    const seen = new Set<string>();
    const url = `mongodb://localhost:${proxy.port}/todos`;
    await through(
      url,
      async (client) => {
        client.on('serverOpening', ({ address }) => seen.add(address));
        let beats = 0;
        const watched = new Promise<void>((resolve) => {
          client.on('serverHeartbeatSucceeded', () => (++beats === 3 ? resolve() : undefined));
        });
        await client.db().command({ ping: 1 });
        await watched;
        assert.deepEqual([...seen], [`localhost:${proxy.port}`]);
      },
      { heartbeatFrequencyMS: 500 },
    );
  });
}
