import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FoundRoute } from './found-route.ts';
import { findPlaces } from './places.ts';

const CONTRACT = {
  register: { request: 'POST /auth/register' },
  login: { request: 'POST /auth/login' },
  me: { request: 'GET /auth/me', auth: true },
  listTodos: { request: 'GET /todos', auth: true },
  createTodo: { request: 'POST /todos', auth: true },
  getTodo: { request: 'GET /todos/{id}', auth: true },
  updateTodo: { request: 'PUT /todos/{id}', auth: true },
  deleteTodo: { request: 'DELETE /todos/{id}', auth: true },
};
type Name = keyof typeof CONTRACT;

/** Routes of an app, written as `GET /todos/{id}`. */
function routes(lines: readonly string[]): FoundRoute[] {
  return lines.map((text, index) => {
    const [method = '', path = ''] = text.split(' ');
    return { method, path, file: 'src/app.js', line: index + 1, guards: [], from: 'source' };
  });
}

function placesOf(lines: readonly string[], contract: Parameters<typeof findPlaces>[0] = CONTRACT) {
  const { routes: found } = findPlaces(contract, routes(lines));
  return Object.fromEntries(Object.entries(found).map(([name, { method, path }]) => [name, `${method} ${path}`]));
}

describe('where operations are', () => {
  const crud = (base: string, update = 'PUT') => [
    `GET ${base}`,
    `POST ${base}`,
    `GET ${base}/{todoId}`,
    `${update} ${base}/{todoId}`,
    `DELETE ${base}/{todoId}`,
  ];
  const table: [title: string, lines: string[], expected: Partial<Record<Name, string>>][] = [
    [
      'where the contract has them',
      ['POST /auth/register', 'POST /auth/login', 'GET /auth/me', ...crud('/todos')],
      { register: 'POST /auth/register', getTodo: 'GET /todos/{id}', updateTodo: 'PUT /todos/{id}' },
    ],
    [
      'under /api, in the singular, with PATCH',
      ['POST /api/auth/signup', 'POST /api/auth/signin', ...crud('/api/todo', 'PATCH')],
      {
        register: 'POST /api/auth/signup',
        login: 'POST /api/auth/signin',
        listTodos: 'GET /api/todo',
        getTodo: 'GET /api/todo/{id}',
        updateTodo: 'PATCH /api/todo/{id}',
      },
    ],
    [
      'under /api/v1, as tasks, users made by POST /users',
      ['POST /api/v1/users', 'POST /api/v1/sessions', 'GET /api/v1/users/me', ...crud('/api/v1/tasks')],
      {
        register: 'POST /api/v1/users',
        login: 'POST /api/v1/sessions',
        me: 'GET /api/v1/users/me',
        createTodo: 'POST /api/v1/tasks',
        deleteTodo: 'DELETE /api/v1/tasks/{id}',
      },
    ],
    [
      'with verbs in the path',
      [
        'POST /signup',
        'POST /user/login',
        'GET /profile',
        'GET /todos/all',
        'POST /todos/create',
        'GET /todos/{id}',
        'PUT /updateTodo/{id}',
        'DELETE /todos/delete/{id}',
      ],
      {
        register: 'POST /signup',
        login: 'POST /user/login',
        me: 'GET /profile',
        listTodos: 'GET /todos/all',
        createTodo: 'POST /todos/create',
        updateTodo: 'PUT /updateTodo/{id}',
        deleteTodo: 'DELETE /todos/delete/{id}',
      },
    ],
    ['PUT where there are both', ['PATCH /todos/{id}', 'PUT /todos/{id}'], { updateTodo: 'PUT /todos/{id}' }],
    [
      'the literal one, though others are like it',
      [...crud('/api/todos'), ...crud('/todos')],
      { listTodos: 'GET /todos', deleteTodo: 'DELETE /todos/{id}' },
    ],
    [
      'of two that fit, the one among its like',
      ['GET /admin/todos', 'GET /shop/todos', 'POST /shop/todos', 'GET /shop/todos/{id}'],
      { listTodos: 'GET /shop/todos', createTodo: 'POST /shop/todos' },
    ],
    [
      'not where something else is',
      ['GET /todos/{id}/comments', 'POST /todos/{id}/comments', 'GET /posts', 'POST /contact'],
      { listTodos: 'GET /todos', createTodo: 'POST /todos', getTodo: 'GET /todos/{id}' },
    ],
  ];
  for (const [title, lines, expected] of table)
    test(title, () => {
      const places = placesOf(lines);
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, places[name]])), expected);
    });

  test('a description that calls a route like the operation has said it', () => {
    const [entries, entry] = routes(['GET /inbox/entries', 'GET /inbox/entries/{entryId}']);
    assert.ok(entries && entry);
    const { routes: found } = findPlaces(CONTRACT, [
      { ...entries, operationId: 'list_todos', from: 'openapi' },
      { ...entry, operationId: 'getTodo', from: 'openapi' },
    ]);
    assert.equal(found['listTodos']?.path, '/inbox/entries');
    assert.equal(found['getTodo']?.path, '/inbox/entries/{id}');
  });

  test('one route stands for one operation', () => {
    const contract = { register: { request: 'POST /auth/register' }, createUser: { request: 'POST /users' } };
    assert.deepEqual(placesOf(['POST /users'], contract), {
      register: 'POST /auth/register',
      createUser: 'POST /users',
    });
  });

  test('grade.yaml goes before everything', () => {
    const named = { listTodos: '/x', updateTodo: 'PATCH /y/{todo}', nothing: '/z' };
    const places = findPlaces(CONTRACT, routes(crud('/todos')), named);
    assert.deepEqual(places.routes['listTodos'], {
      method: 'GET',
      path: '/x',
      contract: 'GET /todos',
      from: 'grade.yaml',
    });
    assert.deepEqual(places.routes['updateTodo'], {
      method: 'PATCH',
      path: '/y/{id}',
      contract: 'PUT /todos/{id}',
      from: 'grade.yaml',
    });
    assert.equal(places.routes['updateTodo']?.path, '/y/{id}');
    assert.equal(places.routes['createTodo']?.at, 'src/app.js:2');
  });

  test('what may not vary does not', () => {
    const strict = { updateTodo: { request: 'PUT /todos/{id}', vary: ['place' as const] } };
    assert.deepEqual(placesOf(['PATCH /api/todos/{id}'], strict), { updateTodo: 'PUT /todos/{id}' });
    const letter = { listTodos: { request: 'GET /todos', vary: [] } };
    assert.deepEqual(placesOf(['GET /api/todos'], letter), { listTodos: 'GET /todos' });
  });

  test('one that is not there stays, and says what comes near', () => {
    const { routes: found, missing } = findPlaces(
      { todoStats: { request: 'GET /todos/stats' } },
      routes(['GET /todos', 'GET /todos/statistics', 'GET /users']),
    );
    assert.deepEqual(found['todoStats'], {
      method: 'GET',
      path: '/todos/stats',
      contract: 'GET /todos/stats',
      from: 'contract',
    });
    assert.deepEqual(
      missing[0]?.near.map(({ path }) => path),
      ['/todos', '/todos/statistics'],
    );
  });

  test('products and purchases', () => {
    const contract = {
      listProducts: { request: 'GET /products' },
      getProduct: { request: 'GET /products/{id}' },
      purchaseProduct: { request: 'POST /products/{id}/purchases' },
    };
    assert.deepEqual(
      placesOf(['GET /api/product', 'GET /api/product/{sku}', 'POST /api/product/{sku}/buy'], contract),
      {
        listProducts: 'GET /api/product',
        getProduct: 'GET /api/product/{id}',
        purchaseProduct: 'POST /api/product/{id}/buy',
      },
    );
  });
});
