import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testApp } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './security-headers.ts';

const contract = { listTodos: { request: 'GET /todos' } };
/** What Helmet 8 sets. */
const helmet = {
  'content-security-policy': "default-src 'self';base-uri 'self';frame-ancestors 'self';script-src 'self'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
};
const everything = { call: 'listTodos', require: ['no-sniffing', 'framing', 'csp', 'hsts', 'referrer-policy'] };

async function observe(headers: Record<string, string | undefined>, params: object = everything) {
  const present = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  await using bed = await testbed({ app: testApp({ 'GET /todos': () => ({ headers: present, body: [] }) }), contract });
  return await bed.run(check, params);
}

describe('security-headers: honest apps pass', () => {
  test('with Helmet', async () => assert.deepEqual(failures(await observe(helmet)), []));
  test('with two headers set by hand', async () =>
    assert.deepEqual(
      failures(
        await observe({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'deny' }, { call: 'listTodos' }),
      ),
      [],
    ));
  test('with frame-ancestors alone', async () =>
    assert.deepEqual(failures(await observe({ ...helmet, 'x-frame-options': undefined })), []));
});

describe('security-headers: mistakes fail', () => {
  const mistakes: [name: string, headers: Record<string, string | undefined>, failed: RegExp][] = [
    ['no nosniff', { 'x-content-type-options': undefined }, /x-content-type-options/],
    ['nosniff misspelt', { 'x-content-type-options': 'no-sniff' }, /x-content-type-options/],
    [
      'frames from everywhere',
      { 'x-frame-options': 'ALLOWALL', 'content-security-policy': "default-src 'self'; frame-ancestors *" },
      /x-frame-options/,
    ],
    [
      'a policy without a source',
      { 'content-security-policy': "frame-ancestors 'self'" },
      /content-security-policy with default-src/,
    ],
    ['HSTS switched off', { 'strict-transport-security': 'max-age=0' }, /strict-transport-security/],
    ['the whole address for everyone', { 'referrer-policy': 'unsafe-url' }, /referrer-policy/],
    ['the framework’s name', { 'x-powered-by': 'Express' }, /x-powered-by/],
  ];
  for (const [name, headers, failed] of mistakes) {
    test(name, async () => {
      const observation = await observe({ ...helmet, ...headers });
      assert.equal(failures(observation).length, 1);
      assert.match(failures(observation)[0] ?? '', failed);
      assert.equal(observation.assertions.find(({ ok }) => !ok)?.exchange, 0);
    });
  }

  test('a header of the rubric’s own', async () => {
    const params = { ...everything, expect: { 'cache-control': { $contains: 'no-store' } } };
    assert.deepEqual(failures(await observe(helmet, params)), ['GET /todos answers with the right cache-control']);
    assert.deepEqual(failures(await observe({ ...helmet, 'cache-control': 'private, no-store' }, params)), []);
  });
});

describe('security-headers: CORS', () => {
  const stranger = { call: 'listTodos', require: [], cors: { origin: 'https://evil.example', allowed: false } };
  const friend = { ...stranger, cors: { origin: 'https://app.example', allowed: true } };
  for (const [allowOrigin, allowed] of [
    [undefined, []],
    ['https://app.example', []],
    ['*', ['GET /todos may not be read by scripts from https://evil.example']],
    ['https://evil.example', ['GET /todos may not be read by scripts from https://evil.example']],
  ] as const) {
    test(`a stranger, with access-control-allow-origin: ${allowOrigin}`, async () =>
      assert.deepEqual(failures(await observe({ 'access-control-allow-origin': allowOrigin }, stranger)), allowed));
  }
  for (const [allowOrigin, allowed] of [
    ['https://app.example', []],
    ['*', []],
    [undefined, ['GET /todos may be read by scripts from https://app.example']],
  ] as const) {
    test(`a friend, with access-control-allow-origin: ${allowOrigin}`, async () =>
      assert.deepEqual(failures(await observe({ 'access-control-allow-origin': allowOrigin }, friend)), allowed));
  }

  test('an app that lets in whoever asks', async () => {
    const app = testApp({
      'GET /todos': ({ headers }) => ({ headers: { 'access-control-allow-origin': headers.origin ?? '' }, body: [] }),
    });
    await using bed = await testbed({ app, contract });
    assert.equal(failures(await bed.run(check, stranger)).length, 1);
  });
});
