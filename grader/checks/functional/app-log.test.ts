import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { LogBuffer } from '../../submission/log-buffer.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './app-log.ts';

const contract = { login: { request: 'POST /login' }, health: { request: 'GET /health' } };

const loginLog = {
  let: { password: '{{random.password}}' },
  steps: [
    {
      call: 'login',
      body: { password: '{{password}}' },
      expect: { status: 200 },
      save: { id: 'headers.x-request-id' },
    },
    { call: 'health', expect: { status: 200 } },
  ],
  appear: [
    { title: 'the login has its line', json: { level: 'info', path: '/login', requestId: '{{id}}' }, count: 1 },
    { title: 'the health request has its line', json: { path: '/health' } },
  ],
  every: { title: 'every line is JSON', json: { level: { $type: 'string' } } },
  never: [{ title: 'the password is in no line', text: { $contains: '{{password}}' } }],
  within: '1s',
};

/** Runs the check on an app whose login prints those lines; its other request prints an honest one. */
async function run(
  printed: (request: { id: string; password: string }) => string[],
  { params = loginLog, afterMs = 0 }: { params?: unknown; afterMs?: number } = {},
) {
  const logs = new LogBuffer(1_000_000);
  const print = (lines: string[]) =>
    setTimeout(() => logs.write('stdout', Buffer.from(`${lines.join('\n')}\n`)), afterMs);
  logs.write('stdout', Buffer.from('an old line that is not JSON\n'));
  const routes: TestRoutes = {
    'POST /login': ({ body }) => {
      const id = crypto.randomUUID();
      print(printed({ id, password: body.password }));
      return { headers: { 'x-request-id': id }, body: {} };
    },
    'GET /health': () => {
      print([JSON.stringify({ level: 'info', path: '/health' })]);
      return { body: {} };
    },
  };
  await using bed = await testbed({ app: testApp(routes), contract, logs });
  return await bed.run(check, params);
}

const honest = ({ id }: { id: string }) => [JSON.stringify({ level: 'info', path: '/login', requestId: id })];

describe('app-log', () => {
  test('an honest log holds up', async () => {
    const { assertions } = await run(honest);
    assert.deepEqual(
      assertions.map(({ title, ok }) => [title, ok]),
      [
        ['POST /login answers 200', true],
        ['GET /health answers 200', true],
        ['the login has its line', true],
        ['the health request has its line', true],
        ['every line is JSON', true],
        ['the password is in no line', true],
      ],
    );
  });

  test('lines that come after the answer are waited for', async () => {
    assert.deepEqual(failures(await run(honest, { afterMs: 300 })), []);
  });

  test('a long line is read in full', async () => {
    const long = (request: { id: string }) => [
      JSON.stringify({ stack: 'x'.repeat(5000), ...JSON.parse(honest(request)[0]!) }),
    ];
    assert.deepEqual(failures(await run(long)), []);
  });

  const broken: [string, Parameters<typeof run>[0], string[], RegExp][] = [
    [
      'no line',
      () => [],
      ['the login has its line'],
      /no such line among 1; the nearest:\n\{.*\npath: "\/health"; expected "\/login"\nrequestId: nothing/,
    ],
    [
      'another level',
      ({ id }) => [JSON.stringify({ level: 'warn', path: '/login', requestId: id })],
      ['the login has its line'],
      /no such line among 2; the nearest:\n.*\nlevel: "warn"; expected "info"$/,
    ],
    [
      'two lines',
      (request) => [...honest(request), ...honest(request)],
      ['the login has its line'],
      /^2 such lines:\n\{.*\n\{/,
    ],
    [
      'a line of text',
      (request) => [...honest(request), 'logging in…'],
      ['every line is JSON'],
      /^1 of 3 lines are not; the first of them:\nlogging in…\nthe line: text; expected a JSON object$/,
    ],
    [
      'JSON that is no object',
      (request) => [...honest(request), '[]'],
      ['every line is JSON'],
      /expected a JSON object$/,
    ],
    [
      'a secret',
      ({ id, password }) => [JSON.stringify({ level: 'info', path: '/login', requestId: id, body: { password } })],
      ['the password is in no line'],
      /^1 such lines:\n.*"password":"\w+Kx7!"/,
    ],
  ];
  for (const [what, printed, failed, received] of broken) {
    test(`${what} fails what it breaks, and is shown`, async () => {
      const seen = await run(printed);
      assert.deepEqual(failures(seen), failed);
      assert.match(seen.assertions.find(({ ok }) => !ok)?.received ?? '', received);
    });
  }

  test('a log without any JSON shows its last line', async () => {
    const params = {
      ...loginLog,
      steps: loginLog.steps.slice(0, 1),
      appear: loginLog.appear.slice(0, 1),
      every: undefined,
    };
    const seen = await run(() => ['POST /login 200', 'done'], { params });
    assert.match(seen.assertions[1]?.received ?? '', /^none of 2 lines is a JSON object; the last one:\ndone$/);
    const silent = await run(() => [], {
      params: { ...params, appear: [{ title: 'x', text: { $contains: 'login' } }] },
    });
    assert.match(silent.assertions[1]?.received ?? '', /^the app printed nothing$/);
  });

  test('nothing is earned for a log when the requests fail', async () => {
    const [first, ...steps] = loginLog.steps;
    const seen = await run(honest, {
      params: { ...loginLog, steps: [{ ...first, expect: { status: 201 } }, ...steps] },
    });
    assert.equal(seen.assertions.length, 6);
    assert.deepEqual(failures(seen).length, 6);
    assert.equal(seen.assertions.at(-1)?.received, 'not looked at, because an earlier step failed');
  });
});

describe('parameters of app-log', () => {
  const issues = (params: unknown) =>
    (check.params.safeParse(params) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  const broken: [object, RegExp][] = [
    [{ appear: [] }, /^appear: /],
    [{ appear: [{ title: 'x' }] }, /^appear\.0: one of "json", "text" is needed/],
    [{ appear: [{ title: 'x', json: { a: { $typ: 1 } } }] }, /^appear\.0\.json\.a\.\$typ: unknown operator/],
    [{ never: [{ title: 'x', text: '{{secret}}' }] }, /^never\.0\.text: \{\{secret\}\} names nothing/],
    [{ every: { title: 'x', json: {}, text: {} } }, /^every\.text: "json" and "text" can't stand together/],
    [{ let: { password: '{{later}}' } }, /^let\.password: /],
  ];
  for (const [changes, message] of broken) {
    test(`refuses ${JSON.stringify(changes)}`, () =>
      assert.match(issues({ ...loginLog, ...changes }) ?? 'nothing', message));
  }

  test('names every operation that is called', () => {
    assert.deepEqual(check.operations?.(check.params.parse(loginLog)), ['login', 'health']);
  });
});
