import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Pool } from 'pg';
import { createClient } from 'redis';
import type { z } from 'zod';
import type { Tenants } from '../../services/start.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './cache-hit.ts';

const contract = {
  createProduct: { request: 'POST /products' },
  getProduct: { request: 'GET /products/{id}' },
  updateProduct: { request: 'PUT /products/{id}' },
};
const params = {
  create: { op: 'createProduct', body: { name: '{{random.phrase}}', price: 10 }, save: { id: 'body.id' } },
  read: 'getProduct',
  params: { id: '{{id}}' },
  changedBy: { op: 'updateProduct', params: { id: '{{id}}' }, body: { price: 11.5 }, changes: { price: 11.5 } },
  ttlMax: '1h',
};
const TITLES = [
  'POST /products succeeds (2xx)',
  'GET /products/{id} succeeds',
  'a repeated GET /products/{id} asks Postgres nothing',
  'a repeated GET /products/{id} is answered from Redis',
  'a repeated GET /products/{id} gives the same answer',
  'its entry in Redis expires within 1 h',
  'when the entry is gone from Redis, GET /products/{id} asks Postgres again',
  'after PUT /products/{id}, GET /products/{id} shows the change at once',
];

let services: Tenants;
let pool: Pool;
let redis: ReturnType<typeof createClient>;

before(async () => {
  services = await testServices('postgres', 'redis');
  pool = new Pool({ connectionString: services.env['DATABASE_URL'] ?? '' });
  // Its connections may still be closing when the server stops.
  pool.on('error', () => {});
  await pool.query('CREATE TABLE products (id serial PRIMARY KEY, name text, price float8)');
  redis = createClient({ url: services.env['REDIS_URL'] ?? '' });
  await redis.connect();
});
after(async () => {
  await pool?.end();
  redis?.destroy();
  await services?.[Symbol.asyncDispose]();
});

/** What a shop does with its cache. */
interface Cache {
  get(id: string): Promise<string | null>;
  set(id: string, value: string): Promise<unknown>;
  drop(id: string): Promise<unknown>;
}
const inRedis = (): Cache => ({
  get: (id) => redis.get(`product:${id}`),
  set: (id, value) => redis.set(`product:${id}`, value, { EX: 60 }),
  drop: (id) => redis.del(`product:${id}`),
});

const select = async (id: string) =>
  (await pool.query('SELECT id, name, price FROM products WHERE id = $1', [id])).rows[0];
function shop(cache: Cache, changes: TestRoutes = {}) {
  return testApp({
    'POST /products': async ({ body }) => ({
      status: 201,
      body: (
        await pool.query('INSERT INTO products (name, price) VALUES ($1, $2) RETURNING *', [body.name, body.price])
      ).rows[0],
    }),
    'GET /products/{id}': async ({ params: { id = '' } }) => {
      const kept = await cache.get(id);
      if (kept !== null) return { body: JSON.parse(kept) };
      const product = await select(id);
      if (!product) return { status: 404, body: {} };
      await cache.set(id, JSON.stringify(product));
      return { body: product };
    },
    'PUT /products/{id}': async ({ params: { id = '' }, body }) => {
      await pool.query('UPDATE products SET price = $2 WHERE id = $1', [id, body.price]);
      await cache.drop(id);
      return { body: await select(id) };
    },
    ...changes,
  });
}
const run = async (app: ReturnType<typeof shop>, with_: unknown = params) => {
  await using bed = await testbed({ app, contract, services: services.handles });
  return await bed.run(check, with_);
};

describe('cache-hit', () => {
  test('an honest cache holds up', async () => {
    const seen = await run(shop(inRedis()));
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      TITLES.map((title) => [title, true]),
    );
    assert.match(seen.assertions[3]?.received ?? '', /GET product:\d+/);
  });

  test('a cache in hashes, filled when the product is made', async () => {
    const hash: Cache = {
      get: async (id) => (await redis.hGet(`p:${id}`, 'json')) ?? null,
      set: async (id, value) => {
        await redis.hSet(`p:${id}`, 'json', value);
        await redis.expire(`p:${id}`, 60);
      },
      drop: (id) => redis.del(`p:${id}`),
    };
    const app = shop(hash, {
      'POST /products': async ({ body }) => {
        const { rows } = await pool.query('INSERT INTO products (name, price) VALUES ($1, $2) RETURNING *', [
          body.name,
          body.price,
        ]);
        await hash.set(String(rows[0].id), JSON.stringify(rows[0]));
        return { status: 201, body: rows[0] };
      },
    });
    assert.deepEqual(failures(await run(app)), []);
  });

  const map = new Map<string, string>();
  const inMemory: Cache = {
    get: async (id) => map.get(id) ?? null,
    set: async (id, value) => map.set(id, value),
    drop: async (id) => map.delete(id),
  };
  const broken: [what: string, cache: Cache, changes: TestRoutes, failed: number[]][] = [
    ['no cache', { get: async () => null, set: async () => {}, drop: async () => {} }, {}, [2, 3, 5, 6]],
    ['a cache in memory', inMemory, {}, [3, 5, 6]],
    [
      'a cache in memory with a decoy in Redis',
      {
        ...inMemory,
        get: async (id) => {
          await redis.get(`product:${id}`);
          return inMemory.get(id);
        },
        set: async (id, value) => {
          await inRedis().set(id, value);
          return inMemory.set(id, value);
        },
      },
      {},
      [6],
    ],
    ['a cache that never expires', { ...inRedis(), set: (id, value) => redis.set(`product:${id}`, value) }, {}, [5]],
    [
      'a cache that is kept too long',
      { ...inRedis(), set: (id, value) => redis.set(`product:${id}`, value, { EX: 7200 }) },
      {},
      [5],
    ],
    ['a cache that is not told of changes', { ...inRedis(), drop: async () => {} }, {}, [7]],
    [
      'a cache that changes the answer',
      { ...inRedis(), set: (id, value) => inRedis().set(id, value.replace('"price":10', '"price":"10"')) },
      {},
      [4],
    ],
    [
      'a cache that is read beside the database',
      {
        ...inRedis(),
        get: async (id) => {
          await select(id);
          return inRedis().get(id);
        },
      },
      {},
      [2],
    ],
    ['a change that fails', inRedis(), { 'PUT /products/{id}': () => ({ status: 500, body: {} }) }, [7]],
    [
      'a read that fails',
      inRedis(),
      { 'GET /products/{id}': () => ({ status: 500, body: {} }) },
      [1, 2, 3, 4, 5, 6, 7],
    ],
    [
      "a product that can't be made",
      inRedis(),
      { 'POST /products': () => ({ status: 500, body: {} }) },
      [0, 1, 2, 3, 4, 5, 6, 7],
    ],
  ];
  for (const [what, cache, changes, failed] of broken) {
    test(`tells ${what}`, async () => {
      const seen = await run(shop(cache, changes));
      assert.deepEqual(
        failures(seen),
        failed.map((index) => TITLES[index]),
      );
      assert.equal(seen.assertions.length, TITLES.length);
    });
  }

  test('without ttlMax and changedBy, neither is looked at', async () => {
    const { create, read, params: at } = params;
    const seen = await run(
      shop({ ...inRedis(), set: (id, value) => redis.set(`product:${id}`, value), drop: async () => {} }),
      { create, read, params: at },
    );
    assert.deepEqual(failures(seen), []);
    assert.equal(seen.assertions.length, 6);
  });

  test('parameters', () => {
    const issues = (value: unknown) =>
      (check.params.safeParse(value) as { error?: z.ZodError }).error?.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('\n') ?? '';
    assert.match(issues({}), /^read: /);
    assert.match(issues({ read: 'getProduct', params: { id: '{{id}}' } }), /^params\.id: \{\{id\}\} names nothing/);
    assert.match(issues({ ...params, changedBy: { op: 'x' } }), /^changedBy\.changes: /);
    const parsed = check.params.parse({ ...params, service: 'mongo' });
    assert.deepEqual((check.inputs as (params: unknown) => string[])(parsed), ['app', 'mongo', 'redis']);
    assert.deepEqual(check.operations?.(parsed), ['createProduct', 'getProduct', 'updateProduct']);
  });
});
