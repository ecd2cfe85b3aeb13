import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractPaths, joinPaths } from './path.ts';

test('patterns of all frameworks become paths of a contract', () => {
  const cases: Record<string, string[]> = {
    '': ['/'],
    '/': ['/'],
    'todos/': ['/todos'],
    '/todos/:id': ['/todos/{id}'],
    '/todos/:todoId/items/:item_id': ['/todos/{todoId}/items/{item_id}'],
    '/todos/:id(\\d+)': ['/todos/{id}'],
    '/todos/:id([0-9a-f]{24})/x': ['/todos/{id}/x'],
    '/todos/:id{[0-9]+}': ['/todos/{id}'],
    '/todos/:id?': ['/todos', '/todos/{id}'],
    '/todos{/:id}': ['/todos', '/todos/{id}'],
    '/flights/:from-:to': ['/flights/{from}-{to}'],
    '/files/*path': ['/files/*'],
    '*': ['/*'],
    '/:id(((((': ['/{id}'],
    [`/${'x'.repeat(301)}`]: [],
  };
  for (const [pattern, paths] of Object.entries(cases)) assert.deepEqual(contractPaths(pattern), paths, pattern);
});

test('parts of a path are joined with one slash', () => {
  assert.equal(joinPaths('', ''), '/');
  assert.equal(joinPaths('/api/', '/todos/'), '/api/todos');
  assert.equal(joinPaths('api', 'todos'), '/api/todos');
  assert.equal(joinPaths('/api', '/'), '/api');
});
