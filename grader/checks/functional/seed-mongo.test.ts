import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Db, MongoClient, ObjectId } from 'mongodb';
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
const inMongo = { service: 'mongo', seed, operation: 'listProducts', query: { category: '{{category}}' } };
const TITLES = [
  'POST /products succeeds (2xx)',
  `what POST /products makes is stored in MongoDB`,
  `GET /products succeeds among 20000 documents`,
  `GET /products asks MongoDB`,
  `GET /products reads no collection of 2000 documents or more from end to end`,
  `GET /products looks at no more than 20 documents for each one that it can use`,
];

let services: Tenants;
let client: MongoClient;
let db: Db;

before(async () => {
  services = await testServices('mongo');
  client = await new MongoClient(services.env['MONGODB_URI'] ?? '').connect();
  db = client.db();
});
beforeEach(async () => {
  for (const { name } of await db.listCollections().toArray()) await db.collection(name).drop();
});
after(async () => {
  await client?.close();
  await services?.[Symbol.asyncDispose]();
});

/** What the list had, for tests of the copies. */
let listed: any[] = [];

const run = async (routes: TestRoutes, params: unknown) => {
  await using bed = await testbed({ app: testApp(routes), contract, services: services.handles });
  return await bed.run(check, params);
};

const mongoApp = (): TestRoutes => ({
  'POST /products': async ({ body }) => {
    await db
      .collection('items')
      .insertOne({ ...body, title: body.name, made: new Date(), owner: new ObjectId(), sold: false });
    return { status: 201, body };
  },
  'GET /products': async ({ query }) => {
    listed = await db
      .collection('items')
      .find({ category: query.get('category') })
      .limit(20)
      .toArray();
    return { body: listed };
  },
});
describe('seedMongo, seen through database-index', () => {
  test('a query that an index serves holds up; copies keep their types and are gone afterwards', async () => {
    await db.createCollection('logs');
    await db.collection('items').createIndex({ category: 1 });
    await db.collection('items').createIndex({ sku: 1 }, { unique: true });
    const seen = await run(mongoApp(), inMongo);
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      TITLES.map((title) => [title, true]),
    );
    assert.equal(listed.length, 20);
    assert.ok(
      listed.every(
        (item) =>
          item.made instanceof Date &&
          item.owner instanceof ObjectId &&
          item['_id'] instanceof ObjectId &&
          item.price === 10,
      ),
    );
    assert.equal(new Set(listed.map(({ sku }) => sku)).size, 20);
    assert.equal(await db.collection('items').countDocuments(), 1);
    assert.deepEqual(
      (await db.collection('items').indexes()).map(({ name }) => name),
      ['_id_', 'category_1', 'sku_1'],
    );
  });

  test('a query without an index fails', async () => {
    const routes = mongoApp();
    const seen = await run(
      {
        ...routes,
        'GET /products': async ({ query }) => ({
          body: await db
            .collection('items')
            .find({ category: query.get('category') })
            .toArray(),
        }),
      },
      inMongo,
    );
    assert.deepEqual(failures(seen), [TITLES[4], TITLES[5]]);
    assert.match(seen.assertions[4]?.received ?? '', /^items from end to end, 20001 looked at/);
    assert.equal(await db.collection('items').countDocuments(), 1);
  });

  test("unique numbers, ids and dates vary; a unique flag can't, and nothing is left behind", async () => {
    await db.collection('items').createIndex({ category: 1 });
    await db.collection('items').createIndex({ price: 1 }, { unique: true });
    assert.deepEqual(failures(await run(mongoApp(), inMongo)), []);
    await db.collection('items').drop();
    await db.collection('items').createIndex({ category: 1 });
    for (const field of ['owner', 'made', 'nowhere'])
      await db.collection('items').createIndex({ [field]: 1 }, { unique: true, sparse: true });
    assert.deepEqual(failures(await run(mongoApp(), inMongo)), []);
    await db.collection('items').drop();
    await db.collection('items').createIndex({ sold: 1 }, { unique: true });
    await assert.rejects(
      run(mongoApp(), inMongo),
      (error) => error instanceof InfrastructureError && /\(sold\) has to be unique/.test(error.message),
    );
    assert.equal(await db.collection('items').countDocuments(), 1);
  });
});
