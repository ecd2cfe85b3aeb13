import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { LearnerError } from '../../platform/errors.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './no-oversell.ts';

const contract = {
  createProduct: { request: 'POST /products' },
  getProduct: { request: 'GET /products/{id}' },
  buy: { request: 'POST /products/{id}/purchases' },
};
const params = {
  setup: [{ call: 'createProduct', body: { stock: 5 }, save: { id: 'body.id' } }],
  buy: { call: 'buy', params: { id: '{{id}}' }, body: { buyer: '{{index}}' } },
  buyers: 20,
  stock: 5,
  success: 201,
  sold: 409,
  stockAfter: { call: 'getProduct', params: { id: '{{id}}' }, path: 'body.stock' },
};

type Products = Map<string, number>;
type Purchase = (products: Products, id: string) => Promise<{ status: number; body: unknown }>;

const honest: Purchase = async (products, id) => {
  await turn();
  const stock = products.get(id) ?? 0;
  if (stock < 1) return { status: 409, body: { error: 'sold out' } };
  products.set(id, stock - 1);
  return { status: 201, body: { stock: stock - 1 } };
};

function shop(purchase: Purchase, changes: TestRoutes = {}) {
  const products: Products = new Map();
  return testApp({
    'POST /products': ({ body }) => {
      const id = String(products.size + 1);
      products.set(id, body.stock);
      return { status: 201, body: { id } };
    },
    'GET /products/{id}': ({ params: { id = '' } }) => ({ body: { id, stock: products.get(id) } }),
    'POST /products/{id}/purchases': ({ params: { id = '' } }) => purchase(products, id),
    ...changes,
  });
}

const TITLES = [
  'POST /products succeeds (2xx)',
  'of 20 buyers at once, 5 can buy the 5 items there are (POST /products/{id}/purchases)',
  'the other 15 are told that it is sold out',
  'no buyer sees an error of the server',
  'nothing is left afterwards, and no less (GET /products/{id})',
];

describe('no-oversell', () => {
  test('an honest shop sells what it has', async () => {
    await using bed = await testbed({ app: shop(honest), contract });
    const seen = await bed.run(check, params);
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      TITLES.map((title) => [title, true]),
    );
    assert.equal(seen.assertions[2]?.received, '5 × 201, 15 × 409');
    assert.equal(seen.exchanges.length, 60, 'three rounds of 22 requests, as many transcripts as are kept');
  });

  const broken: [what: string, purchase: Purchase, failed: number[], received: RegExp][] = [
    [
      'reads, waits and writes back',
      async (products, id) => {
        const stock = products.get(id) ?? 0;
        await turn();
        if (stock < 1) return { status: 409, body: {} };
        products.set(id, stock - 1);
        return { status: 201, body: {} };
      },
      [1],
      /^(6|7|8|9|\d\d) × 201/,
    ],
    [
      'sells below zero',
      async (products, id) => {
        products.set(id, (products.get(id) ?? 0) - 1);
        return { status: 201, body: {} };
      },
      [1, 4],
      /^20 × 201$/,
    ],
    [
      'answers 200 to buyers',
      async (products, id) => {
        const sold = await honest(products, id);
        return sold.status === 201 ? { ...sold, status: 200 } : sold;
      },
      [1, 2],
      /5 × 200/,
    ],
    [
      'says 400 when sold out',
      async (products, id) => {
        const sold = await honest(products, id);
        return sold.status === 409 ? { ...sold, status: 400 } : sold;
      },
      [2],
      /15 × 400/,
    ],
    [
      'breaks when sold out',
      async (products, id) => {
        const sold = await honest(products, id);
        return sold.status === 409 ? { ...sold, status: 500 } : sold;
      },
      [2, 3],
      /15 × 500/,
    ],
    [
      'sells less than it has',
      async (products, id) => ((products.get(id) ?? 0) < 3 ? { status: 409, body: {} } : honest(products, id)),
      [1, 4],
      /3 × 201, 17 × 409/,
    ],
  ];
  for (const [what, purchase, failed, received] of broken) {
    test(`a shop that ${what} fails`, async () => {
      await using bed = await testbed({ app: shop(purchase), contract });
      const seen = await bed.run(check, params);
      const titles = failures(seen);
      for (const index of failed)
        assert.ok(
          titles.includes(TITLES[index] ?? ''),
          `${TITLES[index]} should fail; these do: ${titles.join(' | ')}`,
        );
      assert.match(seen.assertions.find(({ ok }) => !ok)?.received ?? '', received);
      assert.equal(typeof seen.assertions.find(({ ok }) => !ok)?.exchange, 'number');
      assert.equal(seen.assertions.length, TITLES.length);
    });
  }

  test('a setup that fails earns nothing, in the first round or later', async () => {
    await using bed = await testbed({ app: shop(honest, { 'POST /products': () => ({ status: 500 }) }), contract });
    assert.deepEqual(failures(await bed.run(check, params)), TITLES);
    let calls = 0;
    await using later = await testbed({
      app: shop(honest, {
        'POST /products': () => (++calls > 1 ? { status: 503 } : { status: 201, body: { id: '1' } }),
      }),
      contract,
    });
    const titles = failures(await later.run(check, params));
    assert.equal(titles[0], 'POST /products succeeds (2xx) (before round 2)');
    assert.equal(titles.length, 5);
  });

  test('a shop that dies is a LearnerError', async () => {
    await using bed = await testbed({
      app: shop(async () => Promise.reject(new Error('no')), {
        'POST /products/{id}/purchases': ({ response }) => {
          response.socket?.destroy();
          return undefined;
        },
      }),
      contract,
    });
    await assert.rejects(bed.run(check, params), LearnerError);
  });

  test('parameters', () => {
    const issues = (value: unknown) =>
      (check.params.safeParse(value) as { error?: z.ZodError }).error?.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('\n');
    assert.match(issues({ ...params, stock: 20 }) ?? '', /^stock: there must be fewer/);
    assert.match(issues({ ...params, buy: { call: 'buy', params: { id: '{{nope}}' } } }) ?? '', /^buy\.params\.id: /);
    assert.match(issues({ ...params, buy: {} }) ?? '', /^buy: one of "call", "request"/);
    assert.deepEqual(check.operations?.(check.params.parse(params)), ['createProduct', 'buy', 'getProduct']);
  });
});
