import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { testApp, type TestAnswer, type TestRequest, type TestRoutes } from '../checks/test-app.ts';
import { type Binding, literalBinding } from './binding.ts';
import { ContractClient } from './client.ts';
import type { Contract } from './contract.ts';
import type { FoundRoute } from './found-route.ts';
import { rehearse } from './rehearsal.ts';
import { settle } from './settle.ts';
import type { SourceSigns } from './signs.ts';
import { Values } from './values.ts';

const CONTRACT: Contract = {
  register: {
    request: 'POST /auth/register',
    body: { name: 'string', email: 'email', password: 'password' },
    gives: { id: 'id', name: 'string', email: 'email' },
  },
  login: { request: 'POST /auth/login', body: { email: 'email', password: 'password' }, gives: { token: 'string' } },
  listTodos: { request: 'GET /todos', query: { done: 'boolean?' }, auth: true },
  createTodo: {
    request: 'POST /todos',
    body: { title: 'string' },
    gives: { id: 'id', title: 'string', done: 'boolean' },
    auth: true,
  },
  getTodo: { request: 'GET /todos/{id}', gives: { id: 'id', title: 'string', done: 'boolean' }, auth: true },
  updateTodo: {
    request: 'PUT /todos/{id}',
    body: { title: 'string', done: 'boolean' },
    gives: { id: 'id', title: 'string', done: 'boolean' },
    auth: true,
  },
  deleteTodo: { request: 'DELETE /todos/{id}', auth: true },
};
const ACCOUNTS = {
  register: { operation: 'register', body: { name: '{{name}}', email: '{{email}}', password: '{{password}}' } },
  login: { operation: 'login', body: { email: '{{email}}', password: '{{password}}' } },
  token: 'token',
};

/** How one app speaks; the rest is the same in all of them. */
interface Manner {
  base?: string;
  register?: string;
  login?: string;
  update?: 'PUT' | 'PATCH';
  /** Answers with a todo, in the app's own shape. */
  todo?: (todo: { id: number; title: string; done: boolean }) => unknown;
  todos?: (todos: unknown[]) => unknown;
  user?: (user: { id: number; body: Record<string, string> }) => unknown;
  loggedIn?: (token: string) => TestAnswer;
  tokenOf?: (request: TestRequest) => string | undefined;
  title?: string;
  done?: string;
  /** Refuses a new user, or gives undefined. */
  refusesUser?: (body: Record<string, string>) => TestAnswer;
}

function app(manner: Manner, seen: string[] = []): RequestListener {
  const { base = '/todos', register = '/auth/register', login = '/auth/login', update = 'PUT' } = manner;
  const {
    title = 'title',
    done = 'done',
    tokenOf = ({ headers }) => /^Bearer (.+)/.exec(headers.authorization ?? '')?.[1],
  } = manner;
  const users = new Map<string, string>();
  const todos = new Map<string, { id: number; title: string; done: boolean }>();
  const show = manner.todo ?? ((todo) => todo);
  const closed = (handle: (request: TestRequest) => TestAnswer) => (request: TestRequest) =>
    /^t\.[\w-]+\.t$/.test(tokenOf(request) ?? '') ? handle(request) : { status: 401, body: { error: 'who are you?' } };
  const one = (handle: (request: TestRequest, todo: { id: number; title: string; done: boolean }) => TestAnswer) =>
    closed((request) => {
      const todo = todos.get(request.params['id'] ?? '');
      return todo ? handle(request, todo) : { status: 404, body: { error: 'no such todo' } };
    });
  const routes: TestRoutes = {
    [`POST ${register}`]: ({ body }) => {
      const refusal = manner.refusesUser?.(body ?? {});
      if (refusal) return refusal;
      users.set(body.email, body.password);
      return {
        status: 201,
        body: (manner.user ?? (({ id }) => ({ id, name: body.name, email: body.email })))({ id: users.size, body }),
      };
    },
    [`POST ${login}`]: ({ body }) =>
      users.get(body?.email) === body?.password
        ? (manner.loggedIn ?? ((token) => ({ body: { token } })))('t.abc.t')
        : { status: 401, body: { error: 'no' } },
    [`GET ${base}`]: closed(() => ({ body: (manner.todos ?? ((list) => list))([...todos.values()].map(show)) })),
    [`POST ${base}`]: closed(({ body }) => {
      if (typeof body?.[title] !== 'string')
        return { status: 400, body: { message: `Todo validation failed: ${title}: Path \`${title}\` is required.` } };
      const todo = { id: todos.size + 1, title: body[title] as string, done: false };
      todos.set(String(todo.id), todo);
      return { status: 201, body: show(todo) };
    }),
    [`GET ${base}/{id}`]: one((_request, todo) => ({ body: show(todo) })),
    [`${update} ${base}/{id}`]: one(({ body }, todo) => {
      if (typeof body?.[done] !== 'boolean') return { status: 400, body: { message: `"${done}" is required` } };
      Object.assign(todo, { title: body[title], done: body[done] });
      return { body: show(todo) };
    }),
    [`DELETE ${base}/{id}`]: one((_request, todo) => {
      todos.delete(String(todo.id));
      return { status: 204 };
    }),
  };
  const listen = testApp(routes);
  return (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    listen(request, response);
  };
}

function signs(words: string[], more: Partial<SourceSigns> = {}): SourceSigns {
  return {
    words: new Set(words),
    answerFields: new Set(['error', 'token']),
    bodies: [],
    mongo: false,
    makesId: true,
    makesToken: true,
    tokenWays: [],
    ...more,
  };
}

async function rehearsed(
  manner: Manner,
  options: { signs?: SourceSigns; routes?: string[] } = {},
): Promise<{ binding: Binding; http: ContractClient; seen: string[] } & AsyncDisposable> {
  const seen: string[] = [];
  const server = createServer(app(manner, seen)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const found = (options.routes ?? []).map((line, index): FoundRoute => {
    const [method = '', path = ''] = line.split(' ');
    return { method, path, file: 'app.js', line: index + 1, guards: [], from: 'source' };
  });
  const known = options.signs ?? signs(['title', 'done', 'name', 'email', 'password']);
  const { binding: before, places } = settle(CONTRACT, found, known);
  const http = new ContractClient(origin, literalBinding(CONTRACT));
  const binding = await rehearse(http, {
    contract: CONTRACT,
    accounts: ACCOUNTS,
    places,
    binding: before,
    signs: known,
    readDescription: () => [],
    values: new Values(crypto.randomUUID(), 'rehearsal'),
    signal: AbortSignal.timeout(20_000),
  });
  return {
    binding,
    seen,
    http: new ContractClient(origin, binding),
    async [Symbol.asyncDispose]() {
      await http.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The life of one todo, in the contract's words. */
async function roundTrip(http: ContractClient): Promise<unknown[]> {
  const user = { name: 'Ada King', email: 'ada@example.com', password: 'Secret-pass-1' };
  const registered = await http.call('register', { body: user });
  const { token } = (await http.call('login', { body: user })).json as { token: string };
  const created = await http.call('createTodo', { token, body: { title: 'the first of all' } });
  const { id } = created.json as { id: string };
  const updated = await http.call('updateTodo', { token, params: { id }, body: { title: 'changed', done: true } });
  const got = await http.call('getTodo', { token, params: { id } });
  const listed = await http.call('listTodos', { token });
  const deleted = await http.call('deleteTodo', { token, params: { id } });
  const pick = (json: unknown) => {
    const { title, done } = (json ?? {}) as Record<string, unknown>;
    return { title, done };
  };
  assert.equal((registered.json as { name?: string } | undefined)?.name, user.name);
  return [
    registered.status,
    pick(created.json),
    pick(updated.json),
    pick(got.json),
    ((listed.json as unknown[]) ?? []).slice(-1).map(pick),
    deleted.status,
  ];
}

const LIFE = [
  201,
  { title: 'the first of all', done: false },
  { title: 'changed', done: true },
  { title: 'changed', done: true },
  [{ title: 'changed', done: true }],
  204,
];

describe('an app is learnt by using it', () => {
  const table: [title: string, manner: Manner, options?: { signs?: SourceSigns; routes?: string[] }][] = [
    ['one to the letter', {}],
    [
      'under /api/v1, with signup and PATCH',
      { base: '/api/v1/todos', register: '/api/v1/auth/signup', login: '/api/v1/auth/signin', update: 'PATCH' },
    ],
    ['tasks, users made at /users', { base: '/api/tasks', register: '/api/users', login: '/api/users/login' }],
    [
      'wrapped, with _id, task and completed',
      {
        title: 'task',
        done: 'completed',
        todo: ({ id, title, done }) => ({
          success: true,
          data: { _id: `x${id}`.slice(1), task: title, completed: done },
        }),
        todos: (list) => ({ success: true, data: { todos: list.map((one) => (one as { data: unknown }).data) } }),
        user: ({ id, body }) => ({ message: 'made', user: { _id: id, name: body['name'], email: body['email'] } }),
        loggedIn: (token) => ({ body: { success: true, data: { token } } }),
      },
      { signs: signs(['task', 'completed', 'name', 'email', 'password']) },
    ],
    [
      'a token as text, sent as x-auth-token',
      { loggedIn: (token) => ({ text: token }), tokenOf: ({ headers }) => headers['x-auth-token'] as string },
    ],
    [
      'a token in a cookie',
      {
        loggedIn: (token) => ({
          headers: { 'set-cookie': `access=${token}; HttpOnly; Path=/` },
          body: { message: 'welcome' },
        }),
        tokenOf: ({ headers }) => /access=([^;]+)/.exec(headers.cookie ?? '')?.[1],
      },
    ],
    [
      'a token in a header, sent without a scheme',
      {
        loggedIn: (token) => ({ headers: { authorization: `Bearer ${token}` }, body: {} }),
        tokenOf: ({ headers }) => headers.authorization,
      },
    ],
    [
      'more fields than the contract has, named one at a time',
      {
        refusesUser: (body) => {
          const missing = ['firstName', 'lastName', 'confirmPassword', 'age'].find(
            (field) => body[field] === undefined,
          );
          if (missing !== undefined)
            return { status: 422, body: { errors: [{ path: missing, msg: `${missing} is required` }] } };
          if (body['confirmPassword'] !== body['password']) return { status: 400, body: { error: 'passwords differ' } };
          return typeof body['age'] === 'number' ? undefined : { status: 400, text: 'age must be a number' };
        },
        user: ({ id, body }) => ({
          id,
          firstName: body['firstName'],
          lastName: body['lastName'],
          email: body['email'],
        }),
      },
      { signs: signs(['title', 'done', 'firstName', 'lastName', 'confirmPassword', 'age', 'email', 'password']) },
    ],
    [
      'more fields than the contract has, not named at all',
      {
        refusesUser: (body) =>
          body['username'] ? undefined : { status: 400, body: { msg: 'Please fill in everything' } },
        user: ({ id, body }) => ({ id, username: body['username'], email: body['email'] }),
      },
      {
        signs: signs(['title', 'done', 'username', 'email', 'password'], {
          bodies: [
            ['username', 'email', 'password'],
            ['title', 'done'],
          ],
        }),
      },
    ],
  ];
  for (const [title, manner, options] of table)
    test(title, async () => {
      await using tried = await rehearsed(manner, options);
      await using http = tried.http;
      assert.deepEqual(await roundTrip(http), LIFE, JSON.stringify(tried.binding, undefined, 1));
    });

  test('one to the letter stays so, and is asked each operation once', async () => {
    const routes = Object.values(CONTRACT).map(({ request }) => request);
    await using tried = await rehearsed(
      {},
      { routes, signs: signs(['title', 'done', 'name', 'email', 'password'], { tokenWays: [] }) },
    );
    for (const [name, route] of Object.entries(tried.binding.routes)) {
      assert.equal(`${route.method} ${route.path}`, CONTRACT[name]?.request);
      assert.deepEqual([route.takes, route.gives], [undefined, undefined]);
    }
    assert.deepEqual(tried.seen.length, 6);
  });

  test('statuses, refusals and missing fields are left as they are', async () => {
    await using tried = await rehearsed({
      todo: ({ id, title }) => ({ id, title }),
      loggedIn: (token) => ({ status: 201, body: { token } }),
    });
    await using http = tried.http;
    const user = { name: 'Ada King', email: 'ada@example.com', password: 'Secret-pass-1' };
    await http.call('register', { body: user });
    const login = await http.call('login', { body: user });
    assert.equal(login.status, 201);
    const { token } = login.json as { token: string };
    const created = await http.call('createTodo', { token, body: { title: 'a title of words' } });
    assert.deepEqual(Object.keys(created.json as object), ['id', 'title']);
    assert.equal((await http.call('createTodo', { token, body: {} })).status, 400);
    assert.equal((await http.call('listTodos')).status, 401);
  });

  test('a header with the id of a user is that of one made before', async () => {
    const contract: Contract = {
      createTodo: {
        request: 'POST /todos',
        headers: { 'X-User-Id': 'id' },
        body: { title: 'string' },
        gives: { id: 'id', title: 'string' },
      },
      createUser: { request: 'POST /users', body: { name: 'string' }, gives: { id: 'id', name: 'string' } },
    };
    const routes: TestRoutes = {
      'POST /users': ({ body }) => ({ status: 201, body: { user: { id: 'u1', ...body } } }),
      'POST /todos': ({ headers, body }) =>
        headers['x-user-id'] === 'u1'
          ? { status: 201, body: { todo: { id: 't1', ...body } } }
          : { status: 401, body: { error: 'who are you?' } },
    };
    const server = createServer(testApp(routes)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const known = signs(['title', 'name']);
      const { binding, places } = settle(contract, [], known);
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await using http = new ContractClient(origin, literalBinding(contract));
      const { routes: learnt } = await rehearse(http, {
        contract,
        accounts: undefined,
        places,
        binding,
        signs: known,
        readDescription: () => [],
        values: new Values('seed', 'rehearsal'),
        signal: AbortSignal.timeout(20_000),
      });
      assert.equal(learnt['createTodo']?.gives?.envelope, 'todo');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('an app that is not there teaches nothing', async () => {
    const { binding, places } = settle(CONTRACT, [], signs([]));
    await using http = new ContractClient('http://127.0.0.1:9', literalBinding(CONTRACT));
    const learnt = await rehearse(http, {
      contract: CONTRACT,
      accounts: ACCOUNTS,
      places,
      binding,
      signs: signs([]),
      readDescription: () => [],
      values: new Values('seed', 'rehearsal'),
      signal: AbortSignal.timeout(20_000),
    });
    assert.deepEqual(learnt.routes, binding.routes);
  });
});
