import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Pool } from 'pg';
import { InfrastructureError } from '../../platform/errors.ts';
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
const LARGE = 'GET /products reads no table of 2000 rows or more from end to end';

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
  await using bed = await testbed({ app: testApp(routes), contract, services: services.handles });
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

describe('seedPostgres', () => {
  const shapes: [what: string, ddl: string, insert: string][] = [
    [
      'keys without defaults, limits, checks, generated columns, unique expressions',
      `CREATE TABLE items (item_key uuid PRIMARY KEY, code varchar(14) NOT NULL UNIQUE, "Title" varchar(60), category text CHECK (length(category) < 200), price numeric(10,2) CHECK (price > 0),
       slug text GENERATED ALWAYS AS (lower("Title")) STORED, created timestamptz NOT NULL DEFAULT now()); CREATE UNIQUE INDEX ON items (lower("Title"), (price * 2)); CREATE INDEX ON items (category)`,
      'INSERT INTO items (item_key, code, "Title", category, price) VALUES (gen_random_uuid(), $1, $2, $3, $4) RETURNING *',
    ],
    [
      'identity, foreign keys, composite uniques, another schema',
      `CREATE SCHEMA IF NOT EXISTS shop; DROP TABLE IF EXISTS shop."Items", shop.owners; CREATE TABLE shop.owners (id int PRIMARY KEY); INSERT INTO shop.owners VALUES (7);
       CREATE TABLE shop."Items" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner int NOT NULL REFERENCES shop.owners, rank int NOT NULL, sku char(12), name text, category text, price int, tags jsonb DEFAULT '[]', UNIQUE (owner, rank), UNIQUE (owner, sku));
       CREATE INDEX ON shop."Items" (category)`,
      'INSERT INTO shop."Items" (owner, rank, sku, name, category, price) VALUES (7, 1, $1, $2, $3, $4) RETURNING *',
    ],
    [
      'a primary key of text that the app makes, and integers that must differ',
      `CREATE TABLE items (id text PRIMARY KEY, sku text, name text, category text, price int, position smallint UNIQUE, day date UNIQUE); CREATE INDEX ON items (category)`,
      `INSERT INTO items (id, sku, name, category, price, position, day) VALUES ('prod_' || $1, $1, $2, $3, $4, 5, '2030-01-01') RETURNING *`,
    ],
  ];
  for (const [what, ddl, insert] of shapes) {
    test(`copies rows of any shape: ${what}`, async () => {
      await pool.query(ddl);
      const table = /INSERT INTO (\S+)/.exec(insert)?.[1] ?? '';
      const routes: TestRoutes = {
        'POST /products': async ({ body }) => ({
          status: 201,
          body: (await pool.query(insert, [body.sku, body.name, body.category, body.price])).rows[0],
        }),
        'GET /products': async ({ query }) => {
          listed = (await pool.query(`SELECT * FROM ${table} WHERE category = $1`, [query.get('category')])).rows;
          return { body: { n: await count(table) } };
        },
      };
      const seen = await run(routes, inPostgres);
      // Counting them all, as this app does, reads them from end to end.
      assert.deepEqual(failures(seen), [LARGE]);
      assert.match(seen.exchanges.at(-1)?.response?.body ?? '', /"n":20001/);
      assert.equal(listed.length, 41);
      assert.equal(await count(table), 1);
    });
  }

  test('a field that lies in a table of its own varies there', async () => {
    await pool.query(
      `CREATE TABLE categories (id serial PRIMARY KEY, name text UNIQUE); CREATE TABLE products (id serial PRIMARY KEY, sku text, name text, price int, category_id int REFERENCES categories)`,
    );
    const routes: TestRoutes = {
      'POST /products': async ({ body }) => {
        const { rows } = await pool.query('INSERT INTO categories (name) VALUES ($1) RETURNING id', [body.category]);
        return {
          status: 201,
          body: (
            await pool.query(
              'INSERT INTO products (sku, name, price, category_id) VALUES ($1, $2, $3, $4) RETURNING *',
              [body.sku, body.name, body.price, rows[0].id],
            )
          ).rows[0],
        };
      },
      'GET /products': async ({ query }) => {
        listed = (
          await pool.query(
            'SELECT p.* FROM products p JOIN categories c ON c.id = p.category_id WHERE c.name = $1 LIMIT 200',
            [query.get('category')],
          )
        ).rows;
        return { body: {} };
      },
    };
    assert.deepEqual(failures(await run(routes, inPostgres)), [LARGE]);
    assert.equal(listed.length, 41);
    assert.deepEqual([await count('products'), await count('categories')], [1, 1]);
    await pool.query('TRUNCATE products, categories; CREATE INDEX ON products (category_id)');
    assert.deepEqual(failures(await run(routes, inPostgres)), []);
  });

  test("a table whose rules allow for no copies is not the learner's fault, and is left as it was", async () => {
    await pool.query(
      "CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE, name text CHECK (name !~ '^[0-9]'), category text, price float8)",
    );
    await assert.rejects(
      run(sqlApp(), inPostgres),
      (error) => error instanceof InfrastructureError && /products can't be filled with copies/.test(error.message),
    );
    assert.equal(await count('products'), 1);
    await pool.query(
      'DROP TABLE products; CREATE TABLE products (sku text, name text, category text, price float8, sold boolean DEFAULT false UNIQUE)',
    );
    await assert.rejects(
      run(sqlApp(), inPostgres),
      (error) => error instanceof InfrastructureError && /\(sold\) has to be unique/.test(error.message),
    );
  });
});
