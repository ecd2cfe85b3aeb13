import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import type { Running } from '../conformance.ts';

/** What an app and the grader may expect of a MongoDB tenant. */
export function mongoConformance(running: () => Running<'mongo'>): void {
  const built = (env: Record<string, string>, query = '') =>
    `mongodb://${env['MONGO_USER']}:${env['MONGO_PASSWORD']}@${env['MONGO_HOST']}:${env['MONGO_PORT']}/${env['MONGO_DB']}${query}`;
  const FORMS: Record<string, (env: Record<string, string>) => string> = {
    MONGODB_URI: (env) => env['MONGODB_URI'] ?? '',
    MONGO_URI: (env) => env['MONGO_URI'] ?? '',
    MONGO_URL: (env) => env['MONGO_URL'] ?? '',
    DATABASE_URL: (env) => env['DATABASE_URL'] ?? '',
    'MONGO_HOST, MONGO_PORT …': (env) => built(env),
    'the same with authSource=admin': (env) => built(env, '?authSource=admin'),
  };
  for (const [form, url] of Object.entries(FORMS)) {
    test(`${form} lead to a database that the app may fill`, async () => {
      const { tenant } = running();
      await using client = await open(url(tenant.env));
      assert.equal(client.db().databaseName, tenant.endpoint.database);
      await client.db().collection('forms').insertOne({ form });
    });
  }

  test('transactions work', async () => {
    const { tenant } = running();
    await using client = await open(tenant.env['MONGODB_URI'] ?? '');
    const accounts = client.db().collection('accounts');
    await client.withSession((session) =>
      session.withTransaction(async () => {
        await accounts.insertOne({ name: 'kept' }, { session });
      }),
    );
    const undone = client.withSession((session) =>
      session.withTransaction(async () => {
        await accounts.insertOne({ name: 'lost' }, { session });
        throw new Error('undo');
      }),
    );
    await assert.rejects(undone, /undo/);
    assert.deepEqual(
      (await tenant.handle.find('accounts')).map(({ name }) => name),
      ['kept'],
    );
  });

  test('an app may name its database itself, and the handle finds it', async () => {
    const { tenant, owned } = running();
    await using client = await open(tenant.env['MONGODB_URI'] ?? '');
    const users = client.db('hardcoded').collection('people');
    if (!owned) {
      await assert.rejects(users.insertOne({}), /not authorized/);
      return;
    }
    await users.createIndex({ email: 1 }, { unique: true });
    await users.insertOne({ email: 'a@example.com' });
    assert.equal(await tenant.handle.count('people', { email: 'a@example.com' }), 1);
    assert.ok((await tenant.handle.collections()).some(({ name, documents }) => name === 'people' && documents === 1));
    const plans = await tenant.handle.plans(async () => void (await users.findOne({ email: 'a@example.com' })));
    assert.deepEqual(
      plans.map(({ scans }) => scans),
      [[{ relation: 'people', kind: 'index', examined: 1, returned: 1 }]],
    );
  });

  test('tenants do not see each other', async () => {
    const { tenant, other } = running();
    await using client = await open(tenant.env['MONGODB_URI'] ?? '');
    await client.db().collection('secrets').insertOne({ word: 1 });
    await using neighbour = await open(other.env['MONGODB_URI'] ?? '');
    assert.deepEqual(await neighbour.db().collection('secrets').find().toArray(), []);
    const { databases } = await neighbour.db().admin().listDatabases({ nameOnly: true });
    assert.ok(!databases.some(({ name }) => name === tenant.endpoint.database));
    const { host, port } = tenant.endpoint;
    const crossed = (other.env['MONGODB_URI'] ?? '')
      .replace(/@[^/]*/, `@${host}:${port}`)
      .replace(/\/[^/]*$/, `/${tenant.endpoint.database}?directConnection=true`);
    await assert.rejects(open(crossed), /Authentication failed/);
  });

  test('guessed credentials are refused', async () => {
    const { endpoint } = running().tenant;
    for (const username of [endpoint.user, 'root', 'admin', 'grade_admin']) {
      for (const password of ['root', 'password', endpoint.user]) {
        const guess = open(`mongodb://${endpoint.host}:${endpoint.port}/${endpoint.database}?directConnection=true`, {
          auth: { username, password },
        });
        await assert.rejects(guess, /Authentication failed/);
      }
    }
    await using nobody = await open(`mongodb://${endpoint.host}:${endpoint.port}/?directConnection=true`);
    await assert.rejects(nobody.db(endpoint.database).collection('forms').findOne(), /requires authentication/);
  });

  test('an app does not rule the server', async () => {
    const { tenant } = running();
    await using client = await open(tenant.env['MONGODB_URI'] ?? '');
    const admin = client.db('admin');
    const forbidden = [
      { shutdown: 1 },
      { setParameter: 1, logLevel: 1 },
      { getParameter: '*' },
      { replSetGetConfig: 1 },
      { createUser: 'more', pwd: 'x', roles: ['root'] },
      { grantRolesToUser: tenant.endpoint.user, roles: ['root'] },
      { fsync: 1, lock: true },
      { getLog: 'global' },
      { killAllSessions: [] },
      { setUserWriteBlockMode: 1, global: true },
    ];
    for (const command of forbidden)
      await assert.rejects(admin.command(command), /not authorized/, JSON.stringify(command));
    await assert.rejects(admin.collection('system.users').find().toArray(), /not authorized/);
    await assert.rejects(client.db().command({ profile: 0 }), /not authorized/);
    await assert.rejects(client.db('local').collection('oplog.rs').findOne(), /not authorized/);
  });

  test('the handle gives plain JSON', async () => {
    const { handle } = running().tenant;
    const at = new Date(0);
    await handle.insert('plain', [{ at, nested: [{ at }], text: 'x', big: 2 ** 40 }]);
    const [document] = await handle.find('plain', { text: 'x' });
    assert.match(String(document?.['_id']), /^[0-9a-f]{24}$/);
    assert.deepEqual(
      { ...document, _id: 0 },
      { _id: 0, at: at.toISOString(), nested: [{ at: at.toISOString() }], text: 'x', big: 2 ** 40 },
    );
    assert.deepEqual(await handle.aggregate('plain', [{ $group: { _id: '$text', n: { $sum: 1 } } }]), [
      { _id: 'x', n: 1 },
    ]);
  });

  test('plans tell scans apart and count statements', async () => {
    const { tenant } = running();
    await using client = await open(tenant.env['MONGODB_URI'] ?? '');
    const todos = client.db().collection('todos');
    await todos.insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: i as never, owner: i % 5, title: `t${i}` })));
    await todos.createIndex({ owner: 1 });
    const plans = await tenant.handle.plans(async () => {
      await todos.find({ owner: 3 }).toArray();
      await todos.findOne({ _id: 7 as never });
      await todos.find({ title: /9$/ }).batchSize(20).toArray();
      await todos.insertOne({ title: 'new' });
      await todos.updateOne({ title: 'new' }, { $set: { title: 'newer' } });
      await todos.countDocuments({ owner: 1 });
      await client.db().command({ ping: 1 });
      await tenant.handle.find('todos');
    });
    const seen = plans.map(
      ({ statement, scans }) =>
        `${Object.keys(JSON.parse(statement))[0]} ${scans.map(({ kind, examined, returned }) => `${kind} ${examined} ${returned}`).join()}`,
    );
    assert.match(seen.pop() ?? '', /^aggregate index 10[01] 1$/);
    assert.deepEqual(seen, [
      'find index 100 100',
      'find index 1 1',
      'find sequential 200 20',
      'getMore sequential 200 20',
      'getMore sequential 100 10',
      'insert ',
      'update sequential 501 1',
    ]);
    assert.deepEqual(
      (await tenant.handle.collections()).filter(({ name }) => name.startsWith('system')),
      [],
    );
  });

  test('the handle works when the app has used up all connections', async () => {
    const { tenant, owned } = running();
    if (!owned) return;
    await using stack = new AsyncDisposableStack();
    const closed = Promise.withResolvers<void>();
    for (let count = 0; count < 1100; count++) {
      const socket = connect(tenant.endpoint.port, tenant.endpoint.host);
      socket.on('error', () => closed.resolve());
      socket.on('close', () => closed.resolve());
      stack.defer(() => void socket.destroy());
    }
    // The server lets nobody else in from here on.
    await closed.promise;
    assert.equal(typeof (await tenant.handle.count('todos')), 'number');
    await tenant.healthy();
  });

  test('an app that drops all it has does not take the server along', async () => {
    const { other } = running();
    await using client = await open(other.env['MONGODB_URI'] ?? '');
    await client.db().collection('gone').insertOne({});
    await client.db().dropDatabase();
    await other.healthy();
    assert.deepEqual(await other.handle.collections(), []);
  });
}

async function open(url: string, options: MongoClientOptions = {}): Promise<MongoClient> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 5000, ...options });
  try {
    return await client.connect();
  } catch (error) {
    await client.close();
    throw error;
  }
}
