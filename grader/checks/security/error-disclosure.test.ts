import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import express from 'express';
import { LearnerError } from '../../platform/errors.ts';
import { testApp } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './error-disclosure.ts';
import { contract, honestStyles } from './test-styles.ts';

const provoke = [
  { call: 'createTodo', raw: '{"title": ', title: 'with broken JSON' },
  { call: 'createTodo', body: { title: { a: 1 } } },
  { call: 'createTodo', body: [] },
  { call: 'getTodo', params: { id: 'abc' } },
  { request: 'GET /{{random.token}}' },
];
const env = {
  JWT_SECRET: 's3cret-of-this-run',
  DATABASE_URL: 'postgres://app:pass-of-this-run@db:5432/app',
  API_URL: 'http://127.0.0.1:3000/api',
  PORT: '3000',
};

describe('error-disclosure: honest apps pass', () => {
  for (const [style, app] of Object.entries(honestStyles)) {
    test(style, async () => {
      await using bed = await testbed({ app: app(), contract, env });
      assert.deepEqual(failures(await bed.run(check, { provoke })), []);
    });
  }

  test('JSON is asked for where the rubric says so', async () => {
    const [pages] = Object.values(honestStyles);
    await using bed = await testbed({ app: pages!(), contract, env });
    const found = failures(await bed.run(check, { provoke, json: true }));
    assert.deepEqual(found, [found[0]]);
    assert.match(found[0] ?? '', /^GET \/.*: the answer is JSON$/);
  });
});

/** What an answer says, and whether that is too much. */
const texts: [text: string, leak: RegExp | undefined][] = [
  ['{"error":"title is required"}', undefined],
  ['{"error":"the token expired at 2026-01-01 10:30:15"}', undefined],
  ['{"error":"Cannot GET /app/todos"}', undefined],
  ['{"error":"Unexpected token } in JSON at position 10"}', undefined],
  ['{"name":"ValidationError","message":"Todo validation failed: title: Path `title` is required."}', undefined],
  ['{"error":"see http://127.0.0.1:3000/api","port":3000}', undefined],
  ['{"error":"e-mail is taken already"}', undefined],
  [
    'SyntaxError: Unexpected end of JSON input\n    at JSON.parse (<anonymous>)\n    at parse (/app/node_modules/body-parser/lib/types/json.js:92:19)',
    /stack trace/,
  ],
  [
    '<pre>TypeError: x is not a function<br> &nbsp; &nbsp;at Layer.handle [as handle_request] (/srv/todo/index.js:95:5)</pre>',
    /stack trace/,
  ],
  [
    '{"stack":"Error: no\\n    at file:///app/src/app.js:10:3\\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"}',
    /stack trace/,
  ],
  ['{"error":"ENOENT: no such file or directory, open \'/home/ann/project/todos.json\'"}', /path/],
  ['{"error":"ENOENT: open \'C:\\\\Users\\\\ann\\\\project\\\\todos.json\'"}', /path/],
  ['{"error":"syntax error at or near \\"OR\\""}', /SQL error/],
  ['{"error":"relation \\"todos\\" does not exist"}', /SQL error/],
  ['{"error":"invalid input syntax for type integer: \\"abc\\""}', /SQL error/],
  ['{"error":"duplicate key value violates unique constraint \\"users_email_key\\""}', /SQL error/],
  ['{"sql":"SELECT id, title FROM todos WHERE id = $1"}', /SQL statement/],
  ['{"error":"E11000 duplicate key error collection: app.users index: email_1"}', /MongoDB/],
  ['{"error":"Cast to ObjectId failed for value \\"abc\\" (type string) at path \\"_id\\""}', /MongoDB/],
  ['{"error":"SequelizeDatabaseError: bad"}', /library/],
  ['{"error":"bad signature for s3cret-of-this-run"}', /JWT_SECRET/],
  ['{"error":"could not reach postgres://app:pass-of-this-run@db"}', /DATABASE_URL/],
];
describe('error-disclosure: what an answer may say', () => {
  for (const [text, leak] of texts) {
    test(`${leak ? 'not' : 'this'}: ${text.slice(0, 70)}`, async () => {
      await using bed = await testbed({ app: testApp({ 'GET /todos': () => ({ status: 400, text }) }), contract, env });
      const observation = await bed.run(check, { provoke: [{ call: 'listTodos' }] });
      assert.deepEqual(failures(observation), leak ? ['GET /todos: the answer tells nothing of the app’s inside'] : []);
      const assertion = observation.assertions.find(({ ok }) => !ok);
      if (leak) assert.match(assertion?.received ?? '', leak);
      if (leak) assert.equal(assertion?.exchange, 0);
      assert.doesNotMatch(assertion?.received ?? '', /s3cret-of-this-run|pass-of-this-run/);
    });
  }
});

describe('error-disclosure: mistakes fail', () => {
  test('Express without an error handler shows its stack', async () => {
    const app = express();
    app.set('env', 'development');
    app.use(express.json());
    await using bed = await testbed({ app, contract });
    const found = failures(await bed.run(check, { provoke: provoke.slice(0, 1) }));
    assert.deepEqual(found, ['POST /todos with broken JSON: the answer tells nothing of the app’s inside']);
  });

  test('a client’s mistake is no 5xx, unless the rubric lets it', async () => {
    const app = testApp({ 'GET /todos/{id}': () => ({ status: 500, body: { error: 'something went wrong' } }) });
    await using bed = await testbed({ app, contract });
    const request = { provoke: [{ call: 'getTodo', params: { id: 'abc' } }] };
    assert.deepEqual(failures(await bed.run(check, request)), ['GET /todos/{id} answers 4xx']);
    assert.deepEqual(failures(await bed.run(check, { ...request, allow5xx: true })), []);
  });

  test('a mistake is not answered 200', async () => {
    await using bed = await testbed({ app: testApp({ 'POST /todos': () => ({ body: {} }) }), contract });
    assert.deepEqual(failures(await bed.run(check, { provoke: provoke.slice(1, 2), status: [400, 422] })), [
      'POST /todos answers 400 or 422',
    ]);
  });

  test('an app that dies of it is the learner’s fault', async () => {
    await using bed = await testbed({ app: (request) => request.socket.destroy(), contract });
    await assert.rejects(bed.run(check, { provoke }), LearnerError);
  });

  test('a request is either an operation or a line', () => {
    assert.equal(check.params.safeParse({ provoke: [{ call: 'getTodo', request: 'GET /nope' }] }).success, false);
  });
});
