import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { Pool } from 'pg';
import type { z } from 'zod';
import type { Tenants } from '../../services/start.ts';
import { testApp, type TestRequest, type TestRoutes } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './query-count.ts';

const contract = { createUser: { request: 'POST /users' }, listUsers: { request: 'GET /users' } };
const GROWTH = 'GET /users runs no more statements for 12 than for 3';
const TITLES = ['GET /users lists 3 at first', 'GET /users lists 12 later'];

let services: Tenants;
let pool: Pool;
let mongo: MongoClient;

before(async () => {
  services = await testServices('postgres', 'mongo');
  pool = new Pool({ connectionString: services.env['DATABASE_URL'] ?? '' });
  // Its connections may still be closing when the server stops.
  pool.on('error', () => {});
  await pool.query(`
    CREATE TABLE users (id serial PRIMARY KEY, team text);
    CREATE TABLE todos (id serial PRIMARY KEY, user_id integer REFERENCES users, title text);
  `);
  mongo = await new MongoClient(services.env['MONGODB_URI'] ?? '').connect();
});
after(async () => {
  await pool?.end();
  await mongo?.close();
  await services?.[Symbol.asyncDispose]();
});

type Service = 'postgres' | 'mongo';

const paramsFor = (service: Service, changes: object = {}) => ({
  service,
  let: { team: '{{random.token}}' },
  setup: [{ call: 'createUser', repeat: 3, body: { team: '{{team}}' } }],
  more: [{ call: 'createUser', repeat: 9, body: { team: '{{team}}' } }],
  requests: [{ call: 'listUsers', query: { team: '{{team}}' }, list: 'body.items', few: 3, many: 12 }],
  ...changes,
});

const create: Record<Service, TestRoutes> = {
  postgres: {
    'POST /users': async ({ body }) => {
      const { rows } = await pool.query('INSERT INTO users (team) VALUES ($1) RETURNING id', [body.team]);
      await pool.query("INSERT INTO todos (user_id, title) VALUES ($1, 'a'), ($1, 'b')", [rows[0].id]);
      return { status: 201, body: rows[0] };
    },
  },
  mongo: {
    'POST /users': async ({ body }) => {
      const { insertedId } = await mongo.db().collection('users').insertOne({ team: body.team });
      await mongo.db().collection('todos').insertOne({ userId: insertedId });
      return { status: 201, body: { id: insertedId } };
    },
  },
};
type List = (request: TestRequest) => Promise<unknown[]>;
const run = async (service: Service, list: List, params: unknown = paramsFor(service)) => {
  const routes: TestRoutes = {
    ...create[service],
    'GET /users': async (request) => ({ status: 200, body: { items: await list(request) } }),
  };
  await using bed = await testbed({ app: testApp(routes), contract, services: services.handles });
  return await bed.run(check, params);
};

const users = async ({ query }: TestRequest) =>
  (await pool.query('SELECT id FROM users WHERE team = $1 ORDER BY id', [query.get('team')])).rows as { id: number }[];
const joined: List = async ({ query }) =>
  (
    await pool.query(
      'SELECT u.id, count(t.id) FROM users u LEFT JOIN todos t ON t.user_id = u.id WHERE team = $1 GROUP BY u.id',
      [query.get('team')],
    )
  ).rows;
const oneByOne: List = async (request) => {
  const items = [];
  for (const { id } of await users(request))
    items.push({ id, todos: (await pool.query('SELECT * FROM todos WHERE user_id = $1', [id])).rows });
  return items;
};

describe('query-count in Postgres', () => {
  test('a join, or one more statement for all rows, holds up', async () => {
    const inOneGo = await run('postgres', joined);
    assert.deepEqual(
      inOneGo.assertions.slice(2).map(({ title, ok }) => [title, ok]),
      [...TITLES, 'GET /users asks Postgres', GROWTH].map((title) => [title, true]),
    );
    assert.deepEqual(
      Object.values(inOneGo.measurements).map(({ value }) => value),
      [1, 1],
    );
    const batched = await run('postgres', async (request) => {
      const found = await users(request);
      await pool.query('SELECT * FROM todos WHERE user_id = ANY ($1)', [found.map(({ id }) => id)]);
      return found;
    });
    assert.deepEqual(failures(batched), []);
  });

  test('a statement for each row is caught, and named', async () => {
    const seen = await run('postgres', oneByOne);
    assert.deepEqual(failures(seen), [GROWTH]);
    const { expected, received } = seen.assertions.find(({ ok }) => !ok)!;
    assert.equal(expected, 'at most 4, as for 3');
    assert.match(received ?? '', /^13:\n12 × SELECT \* FROM todos WHERE user_id = \$1\n1 × SELECT id FROM users/);
  });

  test('statements with values pasted into them count as one kind; at once is as many as one after the other', async () => {
    const seen = await run('postgres', async (request) => {
      const found = await users(request);
      return Promise.all(
        found.map(async ({ id }) => (await pool.query(`SELECT * FROM todos WHERE user_id = ${id}`)).rows),
      );
    });
    assert.deepEqual(failures(seen), [GROWTH]);
    assert.match(seen.assertions.at(-1)?.received ?? '', /\n12 × SELECT \* FROM todos WHERE user_id = \?\n/);
  });

  test('a statement that some requests run only is no growth, nor is a cache that knows of changes', async () => {
    let requests = 0;
    const sometimes = await run('postgres', async (request) => {
      if (++requests > 3 && requests % 3 === 1) await pool.query('SELECT now()');
      return joined(request);
    });
    assert.deepEqual(failures(sometimes), []);
    const cache = new Map<number, unknown[]>();
    let created = 0;
    const original = create.postgres['POST /users']!;
    const routes: TestRoutes = {
      'POST /users': (request) => {
        created++;
        return original(request);
      },
      'GET /users': async (request) => {
        if (!cache.has(created)) cache.set(created, await joined(request));
        return { body: { items: cache.get(created) } };
      },
    };
    await using bed = await testbed({ app: testApp(routes), contract, services: services.handles });
    assert.deepEqual(failures(await bed.run(check, paramsFor('postgres'))), []);
  });

  test('a list that does not grow, is none, or comes from elsewhere proves nothing', async () => {
    const bounded = await run('postgres', async (request) => (await oneByOne(request)).slice(0, 3));
    assert.deepEqual(failures(bounded), ['GET /users lists 12 later', GROWTH]);
    assert.equal(bounded.assertions.find(({ ok }) => !ok)?.received, '3');
    const none = await run('postgres', async () => 'nothing' as unknown as unknown[]);
    assert.deepEqual(failures(none), [...TITLES, 'GET /users asks Postgres', GROWTH]);
    assert.match(none.assertions.find(({ ok }) => !ok)?.received ?? '', /^200: \{"items":"nothing"\}/);
  });

  test('a step that fails leaves nothing counted', async () => {
    await using bed = await testbed({
      app: testApp({ 'POST /users': () => ({ status: 500 }) }),
      contract,
      services: services.handles,
    });
    const seen = await bed.run(check, paramsFor('postgres'));
    assert.deepEqual(failures(seen), [
      'POST /users, 3 times, succeeds (2xx)',
      'POST /users, 9 times, succeeds (2xx)',
      ...TITLES,
      'GET /users asks Postgres',
      GROWTH,
    ]);
  });
});

describe('query-count in MongoDB', () => {
  const found = ({ query }: TestRequest) =>
    mongo
      .db()
      .collection('users')
      .find({ team: query.get('team') })
      .toArray();
  test('a $lookup holds up, a find for each document does not', async () => {
    const lookup = await run('mongo', async ({ query }) =>
      mongo
        .db()
        .collection('users')
        .aggregate([
          { $match: { team: query.get('team') } },
          { $lookup: { from: 'todos', localField: '_id', foreignField: 'userId', as: 'todos' } },
        ])
        .toArray(),
    );
    assert.deepEqual(failures(lookup), []);
    const one = await run('mongo', async (request) =>
      Promise.all(
        (await found(request)).map(async ({ _id }) => mongo.db().collection('todos').find({ userId: _id }).toArray()),
      ),
    );
    assert.deepEqual(failures(one), [GROWTH]);
    assert.match(one.assertions.at(-1)?.received ?? '', /^13:\n12 × \{"find":"todos"/);
  });
});

describe('parameters of query-count', () => {
  const issues = (changes: object) =>
    (check.params.safeParse(paramsFor('postgres', changes)) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n') ?? '';
  const request = { call: 'listUsers', few: 3, many: 12 };

  test('are looked through before anything runs', () => {
    assert.equal(issues({}), '');
    assert.match(issues({ requests: [{ ...request, many: 5 }] }), /^requests\.0\.many: at least 3 more/);
    assert.match(issues({ requests: [{ few: 3, many: 12 }] }), /^requests\.0: one of "call", "request" is needed/);
    assert.match(issues({ requests: [{ ...request, list: 'items' }] }), /^requests\.0\.list: a path into the answer/);
    assert.match(issues({ requests: [{ ...request, query: { x: '{{later}}' } }] }), /\{\{later\}\} names nothing/);
    assert.match(
      issues({
        more: [{ call: 'createUser', save: { later: 'body.id' } }],
        requests: [{ ...request, query: { x: '{{later}}' } }],
      }),
      /\{\{later\}\} names nothing/,
    );
  });

  test('name every operation', () => {
    const params = check.params.parse(paramsFor('mongo'));
    assert.deepEqual(new Set(check.operations?.(params)), new Set(['createUser', 'listUsers']));
    assert.deepEqual((check.inputs as (params: unknown) => string[])(params), ['app', 'mongo']);
  });
});
