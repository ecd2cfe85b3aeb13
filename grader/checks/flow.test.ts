import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError } from '../platform/errors.ts';
import { check } from './functional/http-flow.ts';
import { todoAccounts as accounts, todoApp, todoContract as contract } from './test-todo-app.ts';
import { failures, testbed } from './testbed.ts';

describe('Flow', () => {
  test('the text of a body is looked at', async () => {
    await using bed = await testbed({ app: todoApp(), contract });
    const seen = await bed.run(check, {
      steps: [{ call: 'createTodo', body: {}, expect: { status: '4xx', text: { $contains: 'price' } } }],
    });
    assert.deepEqual(failures(seen), ['POST /todos has the right text']);
  });

  test('a step without a status expects success; any looks at none', async () => {
    await using bed = await testbed({ app: todoApp(), contract });
    assert.deepEqual(failures(await bed.run(check, { steps: [{ call: 'createTodo', body: {} }] })), [
      'POST /todos succeeds (2xx)',
    ]);
    assert.deepEqual(
      failures(
        await bed.run(check, {
          steps: [{ call: 'createTodo', body: {}, expect: { status: 'any', body: { error: { $type: 'string' } } } }],
        }),
      ),
      [],
    );
  });

  test('an answer that takes too long fails', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await using bed = await testbed({
      app: todoApp({
        'GET /todos': async ({ response }) => {
          setTimeout(resolve, 60);
          await promise;
          response.end('[]');
        },
      }),
      contract,
    });
    assert.deepEqual(failures(await bed.run(check, { steps: [{ call: 'listTodos', expect: { time: '10ms' } }] })), [
      'GET /todos answers within 10 ms',
    ]);
  });

  test('saving what is not there is a failed assertion that shows the answer', async () => {
    await using bed = await testbed({
      app: todoApp({ 'POST /todos': () => ({ status: 201, body: { _id: 5 } }) }),
      contract,
    });
    const seen = await bed.run(check, {
      steps: [
        { call: 'createTodo', body: { title: 'x' }, save: { id: 'body.id' } },
        { call: 'getTodo', params: { id: '{{id}}' } },
      ],
    });
    assert.deepEqual(failures(seen), ['the answer has an id at body.id', 'GET /todos/{id} succeeds (2xx)']);
    assert.match(seen.assertions[1]?.received ?? '', /201: \{"_id":5\}/);
  });

  test('independent steps go on after a failure', async () => {
    await using bed = await testbed({ app: todoApp(), contract });
    const seen = await bed.run(check, {
      steps: [
        { request: 'GET /nope', expect: { status: 200 }, independent: true, save: { missing: 'body.id' } },
        { call: 'getTodo', params: { id: '{{missing}}' }, independent: true },
        { call: 'listTodos', expect: { status: 200 } },
      ],
    });
    assert.deepEqual(failures(seen), ['GET /nope answers 200', 'GET /todos/{id} succeeds (2xx)']);
    assert.match(seen.assertions[1]?.received ?? '', /not tried: \{\{missing\}\} names nothing/);
    assert.equal(seen.assertions.at(-1)?.ok, true);
  });

  test('repeat sends one after the other, saves lists, and tells how many were wrong', async () => {
    let calls = 0;
    const flaky = todoApp({ 'POST /todos': () => ({ status: ++calls % 2 ? 201 : 500, body: { id: calls } }) });
    await using bed = await testbed({ app: flaky, contract });
    const seen = await bed.run(check, {
      steps: [{ call: 'createTodo', repeat: 4, body: { title: 'item {{index}}' }, expect: { status: 201 } }],
    });
    assert.deepEqual(
      seen.exchanges.map(({ request }) => request.body),
      ['{"title":"item 0"}', '{"title":"item 1"}', '{"title":"item 2"}', '{"title":"item 3"}'],
    );
    assert.match(seen.assertions[0]?.received ?? '', /^500\n\(2 of 4 answers/);
    assert.equal(seen.assertions[0]?.exchange, 1);
    const good = await testbed({ app: todoApp(), contract });
    await using _ = good;
    const lists = await good.run(check, {
      steps: [
        {
          call: 'createTodo',
          repeat: 2,
          body: { title: '{{random.token}}' },
          expect: { body: { title: '{{sent.body.title}}' } },
          save: { ids: 'body.id' },
        },
        { call: 'getTodo', params: { id: '{{ids[1]}}' }, expect: { body: { id: '{{ids[1]}}' } } },
      ],
    });
    assert.deepEqual(failures(lists), []);
  });

  test('together sends all requests before any is answered, each with values of its own', async () => {
    const waiting: (() => void)[] = [];
    const titles = new Set<string>();
    const barrier = todoApp({
      'POST /todos': async ({ body }) => {
        titles.add(body.title);
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 20) for (const go of waiting) go();
        });
        return { status: titles.size <= 20 && waiting.indexOf(waiting[0]!) === 0 ? 201 : 500, body: {} };
      },
    });
    await using bed = await testbed({ app: barrier, contract });
    const seen = await bed.run(check, {
      steps: [{ call: 'createTodo', together: 20, body: { title: '{{random.token}}' }, expect: { status: 201 } }],
    });
    assert.deepEqual(failures(seen), []);
    assert.equal(titles.size, 20);
  });

  test('statuses counts answers by status and class', async () => {
    let first = true;
    const once = () =>
      todoApp({
        'POST /todos': () => {
          const status = first ? 201 : 409;
          first = false;
          return { status, body: {} };
        },
      });
    await using bed = await testbed({ app: once(), contract });
    const steps = [
      { call: 'createTodo', together: 5, body: { title: 'x' }, expect: { statuses: { '201': 1, '4xx': 4 } } },
    ];
    assert.deepEqual(failures(await bed.run(check, { steps })), []);
    const again = await bed.run(check, { steps });
    assert.deepEqual(failures(again), ['POST /todos, 5 at once, answers 201 1×, 4xx 4×']);
    assert.equal(again.assertions[0]?.received, '409: 5');
  });

  test('requests outside of the contract, raw bodies, headers, queries and tokens', async () => {
    await using bed = await testbed({ app: todoApp(), contract, accounts });
    const seen = await bed.run(check, {
      steps: [
        {
          request: 'POST /todos',
          raw: '{"title": "ra',
          headers: { 'x-test': '{{random.word}}' },
          expect: { status: 400 },
        },
        {
          call: 'createTodo',
          token: 'token-of-me',
          body: { title: 'milk' },
          expect: { body: { owner: 'me' } },
          save: { where: 'headers.location' },
        },
        { request: 'GET {{where}}', expect: { body: { title: 'milk' } } },
        { call: 'listTodos', query: { q: 'mil' }, expect: { body: { $length: 1 } } },
        { request: 'GET /todos/{{random.word}}', expect: { status: 404 } },
      ],
    });
    assert.deepEqual(failures(seen), []);
  });

  test('a dead app is a LearnerError', async () => {
    await using bed = await testbed({ app: 'http://127.0.0.1:9', contract });
    await assert.rejects(bed.run(check, { steps: [{ call: 'listTodos', together: 3 }] }), LearnerError);
  });

  test('an abort ends a wait', async () => {
    await using bed = await testbed({ app: todoApp(), contract });
    const abort = new AbortController();
    const run = bed.run(check, { steps: [{ call: 'listTodos' }, { wait: '10m' }] }, abort.signal);
    abort.abort(new Error('stopped'));
    await assert.rejects(run);
  });
});

describe('Flow against hostile answers', () => {
  const saveAndUse = (id: string) => ({
    'POST /todos': () => ({ status: 201, headers: { 'content-type': 'application/json' }, text: `{"id": ${id}}` }),
  });

  test('of a Location that is a whole URL, the path and query are followed', async () => {
    const created = () => ({ status: 201, headers: { location: 'https://todos.example/todos?q=milk' }, body: {} });
    await using bed = await testbed({ app: todoApp({ 'POST /todos': created }), contract });
    const seen = await bed.run(check, {
      steps: [
        { call: 'createTodo', body: { title: 'x' }, save: { where: 'headers.location' } },
        { request: 'GET {{where}}', expect: { status: 200 } },
      ],
    });
    assert.deepEqual(failures(seen), []);
    assert.equal(seen.exchanges[1]?.request.url, `${bed.origin}/todos?q=milk`);
  });

  test('a Location elsewhere does not send the grader there', async () => {
    for (const location of [
      'http://203.0.113.1:1/steal',
      '//203.0.113.1/steal',
      '@203.0.113.1/steal',
      '.evil.example/steal',
    ]) {
      await using bed = await testbed({
        app: todoApp({ 'POST /todos': () => ({ status: 201, headers: { location }, body: {} }) }),
        contract,
      });
      const seen = await bed.run(check, {
        steps: [
          { call: 'createTodo', body: { title: 'x' }, save: { where: 'headers.location' } },
          { request: 'GET {{where}}', expect: { status: 404 } },
        ],
      });
      assert.deepEqual(failures(seen), [], location);
      assert.equal(new URL(seen.exchanges[1]?.request.url ?? '').origin, bed.origin);
    }
  });

  for (const id of [
    '{"toString": 1}',
    '{"$exists": true}',
    '"../../x?y#z"',
    '"\\u0000\\ud800"',
    '[[[]]]',
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  ]) {
    test(`an id of ${id.slice(0, 20)} is a failed assertion at most, never the grader's trouble`, async () => {
      await using bed = await testbed({ app: todoApp(saveAndUse(id)), contract });
      const seen = await bed.run(check, {
        steps: [
          { call: 'createTodo', body: { title: 'x' }, save: { id: 'body.id' }, independent: true },
          {
            call: 'getTodo',
            params: { id: '{{id}}' },
            body: { id: '{{id}}', text: 'a {{id}}' },
            query: { id: '{{id}}' },
            expect: { status: 200, body: { id: '{{id}}' } },
          },
        ],
      });
      assert.ok(failures(seen).includes('GET /todos/{id} answers 200'));
    });
  }

  test('a body nested too deeply, as long as it may be, is a failed assertion', async () => {
    await using bed = await testbed({
      app: todoApp({ 'GET /todos': () => ({ text: '[{"a":'.repeat(150_000) + '1' + '}]'.repeat(150_000) }) }),
      contract,
    });
    const seen = await bed.run(check, {
      steps: [{ call: 'listTodos', expect: { body: { $every: { id: { $type: 'id' } } } } }],
    });
    assert.deepEqual(failures(seen), ['GET /todos has the right body']);
  });
});
