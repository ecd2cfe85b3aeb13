import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Db, MongoClient } from 'mongodb';
import { Pool } from 'pg';
import type { z } from 'zod';
import type { Tenants } from '../../services/start.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './database-index.ts';

const contract = { createProduct: { request: 'POST /products' }, listProducts: { request: 'GET /products' } };
const seed = {
  like: {
    operation: 'createProduct',
    body: { sku: '{{random.token}}', name: '{{random.name}}', category: '{{random.phrase}}', price: 10 },
  },
  rows: 20_000,
  vary: ['sku', 'name', 'category'],
};
const inPostgres = { service: 'postgres', seed, operation: 'listProducts', query: { category: '{{category}}' } };
const TITLES = [
  'POST /products succeeds (2xx)',
  `what POST /products makes is stored in Postgres`,
  `GET /products succeeds among 20000 rows`,
  `GET /products asks Postgres`,
  `GET /products reads no table of 2000 rows or more from end to end`,
  `GET /products looks at no more than 20 rows for each one that it can use`,
];

let services: Tenants;
let pool: Pool;

before(async () => {
  services = await testServices('postgres');
  pool = new Pool({ connectionString: services.env['DATABASE_URL'] ?? '' });
  // Its connections may still be closing when the server stops.
  pool.on('error', () => {});
});
beforeEach(async () => {
  await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
after(async () => {
  await pool?.end();
  await services?.[Symbol.asyncDispose]();
});

/** What the list had, for tests of the copies. */
let listed: any[] = [];

const run = async (routes: TestRoutes, params: unknown) => {
  const files = { 'db/schema.sql': '-- what is sold\nCREATE TABLE products (id int);\n' };
  await using bed = await testbed({ app: testApp(routes), contract, services: services.handles, files });
  return await bed.run(check, params);
};

const sqlApp = (list = 'SELECT * FROM products WHERE category = $1 ORDER BY id LIMIT 20'): TestRoutes => ({
  'POST /products': async ({ body }) => {
    const { rows } = await pool.query(
      'INSERT INTO products (sku, name, category, price) VALUES ($1, $2, $3, $4) RETURNING *',
      [body.sku, body.name, body.category, body.price],
    );
    return { status: 201, body: rows[0] };
  },
  'GET /products': async ({ query }) => {
    listed = (await pool.query(list, [query.get('category')])).rows;
    return { body: { items: listed } };
  },
});
const count = async (table: string) => Number((await pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count);

describe('database-index in Postgres', () => {
  test('a query that an index serves holds up; the copies are gone afterwards', async () => {
    await pool.query(
      'CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE, name text, category text, price float8); CREATE INDEX ON products (category, id)',
    );
    const seen = await run(sqlApp(), inPostgres);
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      TITLES.map((title) => [title, true]),
    );
    assert.equal(listed.length, 20, 'copies of the same category are found');
    assert.equal(new Set(listed.map(({ sku }) => sku)).size, 20);
    assert.equal(await count('products'), 1);
    assert.ok((seen.measurements['examined']?.value ?? Infinity) <= 200);
  });

  test('a query without an index fails', async () => {
    await pool.query(
      'CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE, name text, category text, price float8)',
    );
    const seen = await run(sqlApp('SELECT * FROM products WHERE category = $1'), inPostgres);
    assert.deepEqual(failures(seen), [TITLES[4], TITLES[5]]);
    assert.match(
      seen.assertions[4]?.received ?? '',
      /^products from end to end, 20001 looked at, \d+ of use: SELECT \* FROM products/,
    );
    assert.deepEqual(seen.positions, [
      { file: 'db/schema.sql', line: 2, message: 'products has no index that serves GET /products' },
    ]);
  });

  test('an index that serves something else fails', async () => {
    await pool.query(
      'CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE, name text, category text, price float8)',
    );
    const seen = await run(
      sqlApp('SELECT * FROM products WHERE category = $1 AND id > 0 ORDER BY id LIMIT 200'),
      inPostgres,
    );
    assert.ok(failures(seen).includes(TITLES[5]!), failures(seen).join());
  });

  test('one statement for each row, over a table without an index, fails', async () => {
    await pool.query(
      'CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE, name text, category text, price float8); CREATE INDEX ON products (category)',
    );
    const routes = sqlApp();
    const seen = await run(
      {
        ...routes,
        'GET /products': async (request) => {
          const answer = await routes['GET /products']!(request);
          for (const { name } of listed.slice(0, 3)) await pool.query('SELECT 1 FROM products WHERE name = $1', [name]);
          return answer;
        },
      },
      inPostgres,
    );
    assert.ok(failures(seen).includes(TITLES[4]!));
  });

  test('an app that does not ask, fails to answer, or stores nothing fails', async () => {
    await pool.query(
      'CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE, name text, category text, price float8); CREATE INDEX ON products (category)',
    );
    assert.deepEqual(
      failures(await run({ ...sqlApp(), 'GET /products': () => ({ body: [] }) }, inPostgres)),
      TITLES.slice(3),
    );
    assert.deepEqual(
      failures(await run({ ...sqlApp(), 'GET /products': () => ({ status: 500 }) }, inPostgres)),
      TITLES.slice(2),
    );
    assert.deepEqual(
      failures(await run({ ...sqlApp(), 'POST /products': () => ({ status: 201, body: {} }) }, inPostgres)),
      TITLES.slice(1),
    );
    assert.deepEqual(
      failures(await run({ ...sqlApp(), 'POST /products': () => ({ status: 400 }) }, inPostgres)),
      TITLES,
    );
    assert.equal(await count('products'), 2);
  });
});

describe('database-index where the learner chooses the database', () => {
  const either = { ...inPostgres, service: ['mongo', 'postgres'] };
  let mongo: Tenants;
  let client: MongoClient;
  let db: Db;

  before(async () => {
    mongo = await testServices('mongo');
    client = await new MongoClient(mongo.env['MONGODB_URI'] ?? '').connect();
    db = client.db();
  });
  after(async () => {
    await client?.close();
    await mongo?.[Symbol.asyncDispose]();
  });

  const runEither = async (routes: TestRoutes) => {
    const handles = { ...services.handles, ...mongo.handles };
    await using bed = await testbed({ app: testApp(routes), contract, services: handles });
    return await bed.run(check, either);
  };
  const mongoApp: TestRoutes = {
    'POST /products': async ({ body }) => {
      await db.collection('products').insertOne({ ...body });
      return { status: 201, body };
    },
    'GET /products': async ({ query }) => ({
      body: {
        items: await db
          .collection('products')
          .find({ category: query.get('category') })
          .limit(20)
          .toArray(),
      },
    }),
  };
  const titles = TITLES.map((title) => title.replace('Postgres', 'MongoDB or Postgres'));

  test('an app on MongoDB is looked at there, and fails without an index', async () => {
    const seen = await runEither(mongoApp);
    assert.deepEqual(failures(seen), titles.slice(4));
    assert.match(seen.assertions[4]?.received ?? '', /^products from end to end, \d+ looked at/);
    assert.equal(await db.collection('products').countDocuments(), 1, 'the copies are gone');
    await db.collection('products').createIndex({ category: 1 });
    assert.deepEqual(failures(await runEither(mongoApp)), []);
  });

  test('an app on Postgres is looked at there, and fails without an index', async () => {
    await pool.query('CREATE TABLE products (id serial PRIMARY KEY, sku text, name text, category text, price float8)');
    const app = sqlApp('SELECT * FROM products WHERE category = $1');
    assert.deepEqual(failures(await runEither(app)), titles.slice(4));
    await pool.query('CREATE INDEX ON products (category)');
    assert.deepEqual(failures(await runEither(app)), []);
  });

  test('an app that keeps its data in neither fails', async () => {
    const seen = await runEither({ ...mongoApp, 'POST /products': () => ({ status: 201, body: {} }) });
    assert.deepEqual(failures(seen), titles.slice(1));
  });
});

describe('parameters of database-index', () => {
  const issues = (value: unknown) =>
    (check.params.safeParse(value) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n') ?? '';
  test('are checked', () => {
    assert.equal(issues(inPostgres), '');
    assert.match(
      issues({ ...inPostgres, query: { category: '{{categroy}}' } }),
      /^query\.category: \{\{categroy\}\} names nothing/,
    );
    assert.match(
      issues({ ...inPostgres, seed: { ...seed, vary: ['colour'] } }),
      /^seed\.vary\.0: "colour" is no field/,
    );
    assert.match(issues({ ...inPostgres, seed: { ...seed, rows: 500 } }), /^seed\.rows: fewer rows/);
    const params = check.params.parse({ ...inPostgres, service: 'mongo' });
    assert.deepEqual((check.inputs as (params: unknown) => string[])(params), ['app', 'files', 'mongo']);
    assert.deepEqual(check.operations?.(params), ['createProduct', 'listProducts']);
  });
});
