import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeRequest } from './place-request.ts';

const ROUTES = {
  listTodos: { method: 'GET', path: '/api/tasks', contract: 'GET /todos' },
  getTodo: { method: 'GET', path: '/api/tasks/{id}', contract: 'GET /todos/{id}' },
  updateTodo: { method: 'PATCH', path: '/api/tasks/{id}', contract: 'PUT /todos/{id}' },
  todoStats: { method: 'GET', path: '/api/tasks/statistics', contract: 'GET /todos/stats' },
};

describe('a request that is written out', () => {
  const table: [request: string, placed: string, operation: string | undefined][] = [
    ['GET /todos', 'GET /api/tasks', 'listTodos'],
    ['GET /todos?done=true&page=2', 'GET /api/tasks?done=true&page=2', 'listTodos'],
    ['GET /todos/a%2Fb', 'GET /api/tasks/a%2Fb', 'getTodo'],
    ['GET /todos/%zz', 'GET /api/tasks/%zz', 'getTodo'],
    ['PUT /todos/1', 'PATCH /api/tasks/1', 'updateTodo'],
    ['GET /todos/stats', 'GET /api/tasks/statistics', 'todoStats'],
    ['PATCH /todos', 'PATCH /api/tasks', undefined],
    ['DELETE /todos/1', 'DELETE /api/tasks/1', undefined],
    ['GET /nothing', 'GET /nothing', undefined],
    ['GET /todos/1/2', 'GET /todos/1/2', undefined],
  ];
  for (const [request, placed, operation] of table)
    test(request, () => {
      const [method = '', path = ''] = request.split(' ');
      const found = placeRequest(ROUTES, method, path);
      assert.deepEqual([`${found.method} ${found.path}`, found.operation], [placed, operation]);
    });

  test('nothing is placed where the contract’s places are the app’s', () => {
    const routes = { listTodos: { method: 'GET', path: '/todos' } };
    assert.deepEqual(placeRequest(routes, 'GET', '/todos'), { method: 'GET', path: '/todos' });
  });
});
