import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TestRequest, testApp } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './rate-limit.ts';

const contract = { listTodos: { request: 'GET /todos' } };
const params = { call: 'listTodos', limit: { min: 5, max: 50 } };

interface Limit {
  after?: number;
  key?: (request: TestRequest) => string;
  refusal?: { status?: number; headers?: Record<string, string> };
  broken?: (count: number) => boolean;
}

/** Answers so many requests of a client's, then refuses. */
function limited({ after = 20, key = () => 'one client', refusal = {}, broken = () => false }: Limit = {}) {
  const counts = new Map<string, number>();
  return testApp({
    'GET /todos': (request) => {
      const count = (counts.get(key(request)) ?? 0) + 1;
      counts.set(key(request), count);
      if (broken(count)) return { status: 500, body: { error: 'oh' } };
      return count <= after
        ? { body: [] }
        : { status: 429, headers: { 'retry-after': '60' }, body: { error: 'slow down' }, ...refusal };
    },
  });
}

async function observe(limit: Limit, overrides: object = {}) {
  await using bed = await testbed({ app: limited(limit), contract });
  return await bed.run(check, { ...params, ...overrides });
}

describe('rate-limit: honest apps pass', () => {
  const honest: Record<string, Limit> = {
    'after 20 requests, with Retry-After in seconds': {},
    'after as few as may be': { after: 5 },
    'after as many as may be': { after: 49 },
    'with Retry-After as a date': {
      refusal: { headers: { 'retry-after': new Date(Date.now() + 30_000).toUTCString() } },
    },
    'with RateLimit-Reset alone': { refusal: { headers: { 'ratelimit-reset': '30' } } },
    'with RateLimit as express-rate-limit 8 writes it': {
      refusal: { headers: { ratelimit: '"20-in-1min"; r=0; t=60' } },
    },
  };
  for (const [name, limit] of Object.entries(honest))
    test(name, async () => assert.deepEqual(failures(await observe(limit)), []));

  test('behind a proxy, by X-Forwarded-For', async () => {
    const limit: Limit = { key: ({ headers }) => String(headers['x-forwarded-for']) };
    assert.deepEqual(failures(await observe(limit, { spoofing: false })), []);
  });

  test('when an earlier check has used the limit up, after the wait that the app asks for', async () => {
    let asked = 0;
    const app = testApp({
      'GET /todos': () =>
        ++asked === 1 || asked > 21 ? { status: 429, headers: { 'retry-after': '0' } } : { body: [] },
    });
    await using bed = await testbed({ app, contract });
    const observation = await bed.run(check, params);
    assert.deepEqual(failures(observation), []);
    assert.match(observation.notes[0] ?? '', /waited/);
  });
});

describe('rate-limit: mistakes fail', () => {
  const mistakes: [name: string, limit: Limit, failed: string[]][] = [
    ['no limit', { after: Infinity }, ['GET /todos: at most 50 requests in a row are answered']],
    ['a limit that honest clients meet', { after: 3 }, ['GET /todos: 5 requests in a row pass']],
    [
      '503 instead of 429',
      { refusal: { status: 503 } },
      ['GET /todos: at most 50 requests in a row are answered', 'GET /todos: a burst makes nothing fail'],
    ],
    ['no word on when to come back', { refusal: { headers: {} } }, ['GET /todos: the refusal says when to come back']],
    [
      'come back tomorrow',
      { refusal: { headers: { 'retry-after': '86400' } } },
      ['GET /todos: the refusal says when to come back'],
    ],
    [
      'an X-Forwarded-For is believed',
      { key: ({ headers }) => String(headers['x-forwarded-for']) },
      ['GET /todos: an invented X-Forwarded-For does not get around the limit'],
    ],
    ['errors on the way to the limit', { broken: (count) => count === 15 }, ['GET /todos: a burst makes nothing fail']],
  ];
  for (const [name, limit, failed] of mistakes) {
    test(name, async () => {
      const observation = await observe(limit);
      assert.deepEqual(failures(observation), failed);
      for (const { ok, exchange, received } of observation.assertions)
        assert.ok(ok || (exchange !== undefined && received));
    });
  }
});

test('rate-limit runs alone, and leaves an app that others would suffer from', () => {
  assert.equal(check.alone, true);
  assert.equal(check.disruptive, true);
  assert.equal(check.params.safeParse({ call: 'listTodos', limit: { min: 9, max: 5 } }).success, false);
});
