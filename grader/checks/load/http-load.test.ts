import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import type { Observation } from '../../report/schema.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { failures, testbed, type TestbedOptions } from '../testbed.ts';
import { check } from './http-load.ts';

const contract = {
  register: { request: 'POST /register' },
  login: { request: 'POST /login' },
  createProduct: { request: 'POST /products' },
  listProducts: { request: 'GET /products' },
};
const credentials = { email: '{{email}}', password: '{{password}}' };
const accounts = {
  register: { operation: 'register', body: credentials },
  login: { operation: 'login', body: credentials },
  token: 'token',
};
const params = {
  operation: 'listProducts',
  query: { category: 'tea' },
  validate: { status: 200, body: { items: { $every: { category: 'tea' } } } },
  connections: 5,
  warmup: '50ms',
  rounds: 3,
  duration: '80ms',
  latency: { rounds: 3, duration: '80ms', rate: 100 },
};
const items = { items: [{ id: 1, category: 'tea' }] };
const honest: TestRoutes = { 'GET /products': () => ({ body: items }) };
/** Answers rightly once, when the check looks before the load, and as told from then on. */
const underLoad = (answer: TestRoutes[string]): TestRoutes => {
  let asked = 0;
  return { 'GET /products': (request) => (asked++ === 0 ? { body: items } : answer(request)) };
};

async function observe(
  app: TestRoutes,
  reference: TestRoutes = honest,
  overrides: object = {},
  options: TestbedOptions = {},
): Promise<Observation> {
  await using other = await testbed({ app: testApp(reference), contract });
  await using bed = await testbed({ app: testApp(app), contract, reference: other.target, ...options });
  return await bed.run(check, { ...params, ...overrides });
}

describe('http-load measures', () => {
  test('both apps, with a plot of each', async () => {
    const observation = await observe(honest);
    assert.deepEqual(failures(observation), []);
    const { measurements, plots } = observation;
    for (const metric of [
      'throughput',
      'throughputReference',
      'throughputVsReference',
      'p50',
      'p90',
      'p97.5',
      'p99',
      'p50VsReference',
      'p99Reference',
      'p99VsReference',
    ]) {
      assert.ok((measurements[metric]?.value ?? 0) > 0, metric);
      // More than three rounds, where the machine is busy with other things.
      assert.ok((measurements[metric]?.samples.length ?? 0) >= 3, metric);
    }
    assert.equal(measurements['errors']?.value, 0);
    assert.equal(measurements['rate']?.value, 100);
    assert.deepEqual(
      plots.map(({ series }) => series.map(({ name }) => name)),
      [
        ['submission', 'reference'],
        ['submission', 'reference'],
      ],
    );
    for (const { x, series } of plots) for (const { values } of series) assert.equal(values.length, x.values.length);
  });

  test('the submission alone', async () => {
    await using bed = await testbed({ app: testApp(honest), contract });
    const observation = await bed.run(check, { ...params, compare: false });
    assert.deepEqual(failures(observation), []);
    assert.ok(observation.measurements['throughput']);
    assert.equal(observation.measurements['throughputVsReference'], undefined);
  });

  test('users, saved values and variants, made in each app', async () => {
    const shop = (): TestRoutes => {
      const made: string[] = [];
      const tokens = new Set<string>();
      return {
        'POST /register': () => ({ status: 201 }),
        'POST /login': ({ body }) => {
          tokens.add(`token-of-${body.email}`);
          return { body: { token: `token-of-${body.email}` } };
        },
        'POST /products': ({ body }) => ({ status: 201, body: { name: made[made.push(body.name) - 1] } }),
        'GET /products': ({ headers, query }) =>
          tokens.has(headers.authorization?.slice(7) ?? '') && made.includes(query.get('name') ?? '')
            ? { body: { items: [{ name: query.get('name'), page: query.get('page') }] } }
            : { status: 404 },
      };
    };
    const observation = await observe(
      shop(),
      shop(),
      {
        as: 'alice',
        setup: [{ call: 'createProduct', body: { name: '{{random.phrase}}' }, save: { product: 'body.name' } }],
        query: { name: '{{product}}', page: '{{index}}' },
        variants: 3,
        validate: { status: 200, body: { items: [{ name: '{{product}}', page: { $oneOf: ['0', '1', '2'] } }] } },
      },
      { accounts },
    );
    assert.deepEqual(failures(observation), []);
  });
});

describe('http-load counts right answers only', () => {
  const cheats: [name: string, answer: TestRoutes[string], reason: RegExp][] = [
    ['429', () => ({ status: 429, body: { error: 'slow down' } }), /status 429/],
    ['an empty 200', () => ({ text: '' }), /empty body/],
    ['a cached error', () => ({ body: { error: 'no database' } }), /body\.items/],
    ['another operation’s answer', () => ({ body: { items: [{ category: 'coffee' }] } }), /coffee/],
    ['a cut connection', ({ response }) => void response.destroy(), /connection (was closed|failed)/],
  ];
  for (const [name, answer, reason] of cheats) {
    test(name, async () => {
      let asked = 0;
      // Some answers are right, so that the app passes for one that lives.
      const observation = await observe(
        underLoad((request) => (asked++ % 4 === 0 ? { body: items } : answer(request))),
      );
      assert.deepEqual(failures(observation), [
        'GET /products: at most 1 % of the answers under load are wrong or missing',
      ]);
      assert.match(observation.assertions.at(-1)?.received ?? '', reason);
      assert.ok((observation.measurements['errors']?.value ?? 0) > 0.2);
    });
  }

  test('a few wrong answers are allowed where the rubric says so', async () => {
    let asked = 0;
    const observation = await observe(
      underLoad(() => (asked++ % 20 === 1 ? { status: 503 } : { body: items })),
      honest,
      { errors: 0.2 },
    );
    assert.deepEqual(failures(observation), []);
  });

  test('a wrong answer before the load ends the check, with the exchange', async () => {
    const observation = await observe({ 'GET /products': () => ({ body: { items: [{ category: 'coffee' }] } }) });
    assert.deepEqual(failures(observation), ['GET /products answers rightly before the load begins']);
    assert.match(observation.assertions[0]?.received ?? '', /coffee/);
    assert.equal(observation.assertions[0]?.exchange, 0);
    assert.deepEqual(observation.measurements, {});
  });
});

describe('http-load ends', () => {
  test('with the learner at fault when the app dies under load', async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      if (++asked <= 3) return testApp(honest)(request, response);
      server.close();
      server.closeAllConnections();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using other = await testbed({ app: testApp(honest), contract });
    await using bed = await testbed({
      app: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      contract,
      reference: other.target,
    });
    await assert.rejects(
      bed.run(check, params),
      (error) => error instanceof LearnerError && /under load.*refused/.test(error.message),
    );
  });

  test('with the grader at fault when the reference answers wrongly', async () => {
    await assert.rejects(observe(honest, { 'GET /products': () => ({ status: 500 }) }), InfrastructureError);
    await assert.rejects(
      observe(
        honest,
        underLoad(() => ({ status: 500 })),
      ),
      InfrastructureError,
    );
    await assert.rejects(
      observe(honest, { 'GET /products': ({ response }) => void response.destroy() }),
      InfrastructureError,
    );
  });

  test('at once when it is aborted while the app hangs', async () => {
    const abort = new AbortController();
    const hung = new EventTarget();
    const app = underLoad(() => {
      hung.dispatchEvent(new Event('asked'));
      return new Promise(() => {});
    });
    await using other = await testbed({ app: testApp(honest), contract });
    await using bed = await testbed({ app: testApp(app), contract, reference: other.target });
    const run = bed.run(check, { ...params, duration: '60s' }, abort.signal);
    const ended = assert.rejects(run, /enough/);
    await once(hung, 'asked');
    abort.abort(new Error('enough'));
    await ended;
  });
});

describe('http-load takes', () => {
  test('its defaults', () => {
    const { connections, rounds, duration, warmup, latency } = check.params.parse({ operation: 'listProducts' });
    assert.equal(connections, 50);
    // Both apps together, all rounds: what one criterion costs in time.
    assert.ok(2 * (warmup + rounds * duration + latency.rounds * latency.duration) <= 8000);
  });

  test('templates that name something only', () => {
    const { error } = check.params.safeParse({ operation: 'listProducts', query: { category: '{{kind}}' } });
    assert.match(error?.issues[0]?.message ?? '', /kind/);
  });
});
