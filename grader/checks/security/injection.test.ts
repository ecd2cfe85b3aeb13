import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError, UsageError } from '../../platform/errors.ts';
import { testApp, type TestRequest, type TestRoutes } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './injection.ts';
import { honestStyles } from './test-styles.ts';

const contract = {
  register: { request: 'POST /register' },
  login: { request: 'POST /login' },
  createTodo: { request: 'POST /todos' },
  listTodos: { request: 'GET /todos' },
  getTodo: { request: 'GET /todos/{id}' },
  searchTodos: { request: 'POST /search' },
};
const credentials = { email: '{{email}}', password: '{{password}}' };
const accounts = {
  register: { operation: 'register', body: credentials },
  login: { operation: 'login', body: credentials },
  token: 'token',
};
const search = { kind: 'sql', operation: 'listTodos', target: 'query', field: 'title' };
const login = { operation: 'login', target: 'body', field: 'email', login: true };

async function observe(routes: TestRoutes, params: object) {
  await using bed = await testbed({ app: testApp(routes), contract, accounts });
  return await bed.run(check, params);
}

describe('injection: honest apps pass', () => {
  for (const [style, app] of Object.entries(honestStyles)) {
    for (const kind of ['sql', 'nosql']) {
      test(`${style} (${kind})`, async () => {
        await using bed = await testbed({ app: app(), contract });
        assert.deepEqual(failures(await bed.run(check, { ...search, kind })), []);
        const created = await bed.run(check, { kind, operation: 'createTodo', target: 'body', field: 'title' });
        assert.deepEqual(failures(created), []);
        const read = await bed.run(check, {
          kind: 'sql',
          operation: 'getTodo',
          target: 'params',
          field: 'id',
          ordinary: '{{random.int}}',
        });
        assert.deepEqual(failures(read), []);
      });
    }
  }

  test('with a search that takes any of the words', async () => {
    const routes = {
      'GET /todos': ({ query }: TestRequest) => ({
        body: ['a', 'tea or milk', 'b'].filter((title) =>
          query
            .get('title')
            ?.split(/\W+/)
            .some((word) => word !== '' && title.includes(word)),
        ),
      }),
    };
    assert.deepEqual(failures(await observe(routes, search)), []);
  });

  test('that ignore parameters which they don’t know', async () => {
    const routes = { 'GET /todos': ({ query }: TestRequest) => ({ body: query.has('title') ? [] : ['tea', 'milk'] }) };
    assert.deepEqual(failures(await observe(routes, { ...search, kind: 'nosql' })), []);
  });
});

describe('injection: parameters', () => {
  test('an app that refuses everything earns nothing', async () => {
    assert.deepEqual(failures(await observe({}, search)), ['GET /todos with an ordinary title is answered']);
  });
  test('a field that login does not send is a mistake of the rubric’s', async () => {
    const routes = { 'POST /register': () => ({ status: 201 }), 'POST /login': () => ({ body: { token: 'in' } }) };
    await assert.rejects(observe(routes, { ...login, kind: 'sql', field: 'user' }), UsageError);
  });
  test('an app that dies of a payload is the learner’s fault, and the payload is named', async () => {
    const routes = {
      'GET /todos': ({ query, response }: TestRequest) =>
        query.get('title')?.includes("'") ? void response.destroy() : { body: [] },
    };
    await assert.rejects(
      observe(routes, search),
      (error) => error instanceof LearnerError && /to title = /.test(error.message),
    );
  });
});
