import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import type { TestRoutes } from '../test-app.ts';
import { todoAccounts as accounts, todoApp, todoContract as contract } from '../test-todo-app.ts';
import { testbed } from '../testbed.ts';
import { check } from './http-flow.ts';

const createAndRead = {
  let: { title: '{{random.phrase}}' },
  steps: [
    {
      call: 'createTodo',
      as: 'alice',
      body: { title: '{{title}}' },
      expect: {
        status: 201,
        headers: { 'content-type': { $matches: 'json' } },
        body: { id: { $type: 'id' }, title: '{{title}}' },
      },
      save: { todo: 'body.id' },
    },
    {
      call: 'getTodo',
      params: { id: '{{todo}}' },
      expect: { status: 200, body: { title: '{{title}}', owner: '{{account.alice.email}}' }, time: '5s' },
    },
    {
      call: 'createTodo',
      title: 'POST /todos without a title answers 400',
      body: {},
      expect: { status: 400, text: { $contains: 'title' } },
    },
  ],
};

describe('http-flow', () => {
  test('an honest app holds up; requests and expectations stand with each assertion', async () => {
    await using bed = await testbed({ app: todoApp(), contract, accounts });
    const seen = await bed.run(check, createAndRead);
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      [
        ['POST /todos as alice answers 201', true],
        ['POST /todos as alice has the right content-type header', true],
        ['POST /todos as alice has the right body', true],
        ['GET /todos/{id} answers 200', true],
        ['GET /todos/{id} has the right body', true],
        ['GET /todos/{id} answers within 5 s', true],
        ['POST /todos without a title answers 400', true],
        ['POST /todos without a title answers 400: the text of the body', true],
      ],
    );
    assert.ok(seen.assertions.every(({ exchange }) => exchange !== undefined));
    assert.equal(seen.exchanges.length, 5);
    assert.equal(seen.exchanges[2]?.request.headers['authorization']?.startsWith('Bearer token-of-'), true);
  });

  const broken: [what: string, changes: TestRoutes, first: string, expected: RegExp, received: RegExp][] = [
    [
      'status',
      { 'POST /todos': ({ body }) => ({ body: { id: 1, title: body.title } }) },
      'POST /todos as alice answers 201',
      /^201$/,
      /^200$/,
    ],
    [
      'header',
      {
        'POST /todos': ({ body }) => ({
          status: 201,
          headers: { 'content-type': 'text/html' },
          body: { id: 1, title: body.title },
        }),
      },
      'POST /todos as alice has the right content-type header',
      /json/,
      /text\/html/,
    ],
    [
      'body',
      { 'POST /todos': () => ({ status: 201, body: { id: 1, title: 'canned' } }) },
      'POST /todos as alice has the right body',
      /body\.title: "\w+ \w+ \d+"/,
      /body\.title: "canned"/,
    ],
    [
      'JSON',
      { 'POST /todos': () => ({ status: 201, headers: { 'content-type': 'application/json' }, text: '<h1>hi</h1>' }) },
      'POST /todos as alice has the right body',
      /an object/,
      /not JSON: "<h1>hi/,
    ],
    [
      'empty body',
      { 'POST /todos': () => ({ status: 201, headers: { 'content-type': 'application/json' } }) },
      'POST /todos as alice has the right body',
      /an object/,
      /an empty body/,
    ],
    [
      'later status',
      { 'GET /todos/{id}': () => ({ status: 500, body: {} }) },
      'GET /todos/{id} answers 200',
      /^200$/,
      /^500$/,
    ],
  ];
  for (const [what, changes, first, expected, received] of broken) {
    test(`a wrong ${what} fails the assertion that names it, and what comes later earns nothing`, async () => {
      await using bed = await testbed({ app: todoApp(changes), contract, accounts });
      const seen = await bed.run(check, createAndRead);
      const failed = seen.assertions.find(({ ok }) => !ok);
      assert.equal(failed?.title, first);
      assert.match(failed?.expected ?? '', expected);
      assert.match(failed?.received ?? '', received);
      assert.equal(typeof failed?.exchange, 'number');
      assert.equal(seen.assertions.length, 8, 'as many as for an honest app');
      assert.deepEqual(seen.assertions.at(-1), {
        title: 'POST /todos without a title answers 400: the text of the body',
        ok: false,
        received: 'not tried, because an earlier step failed',
      });
    });
  }
});

describe('parameters of http-flow', () => {
  const issues = (params: unknown) =>
    (check.params.safeParse(params) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  const broken: [unknown, RegExp][] = [
    [{}, /^steps: /],
    [{ steps: [] }, /^steps: /],
    [{ steps: [{}] }, /^steps\.0: one of "call", "request", "let", "wait" is needed/],
    [{ steps: [{ call: 'a', request: 'GET /' }] }, /^steps\.0\.request: "call" and "request" can't stand together/],
    [{ steps: [{ call: 'a', boddy: 1 }] }, /^steps\.0: .*boddy/],
    [{ steps: [{ call: 'a', body: 1, raw: 'x' }] }, /^steps\.0\.raw: /],
    [{ steps: [{ call: 'a', as: 'x', token: 'x' }] }, /^steps\.0\.token: /],
    [{ steps: [{ wait: '1s', as: 'x' }] }, /^steps\.0\.as: "as" can't stand in a step with "wait"/],
    [{ steps: [{ request: 'FETCH /x' }] }, /^steps\.0\.request: a request looks like/],
    [{ steps: [{ call: 'a', expect: { status: 'ok' } }] }, /^steps\.0\.expect\.status/],
    [
      { steps: [{ call: 'a', expect: { body: { x: { $typ: 1 } } } }] },
      /^steps\.0\.expect\.body\.x\.\$typ: unknown operator/,
    ],
    [{ steps: [{ call: 'a', expect: { headers: { 'Content-Type': 'x' } } }] }, /lower case/],
    [
      { steps: [{ call: 'a', params: { id: '{{todo}}' } }] },
      /^steps\.0\.params\.id: \{\{todo\}\} names nothing that is known here/,
    ],
    [{ steps: [{ call: 'a', save: { 'a.b': 'body' } }] }, /^steps\.0\.save\.a\.b: a name/],
    [{ steps: [{ call: 'a', save: { todo: 'id' } }] }, /^steps\.0\.save\.todo: /],
    [{ steps: [{ call: 'a', body: '{{random.nmae}}' }] }, /is no kind of random value/],
    [{ steps: [{ call: 'a', body: '{{account.bob.id}}' }] }, /is not one of a user's/],
    [{ steps: [{ call: 'a', body: '{{sent.body}}' }] }, /names nothing/],
    [{ let: { a: '{{b}}', b: 1 }, steps: [{ call: 'a' }] }, /^let\.a: /],
  ];
  for (const [params, message] of broken) {
    test(`refuses ${JSON.stringify(params)}`, () => assert.match(issues(params) ?? 'nothing', message));
  }

  test('names every operation that is called', () => {
    assert.deepEqual(check.operations?.(check.params.parse(createAndRead)), ['createTodo', 'getTodo', 'createTodo']);
  });
});
