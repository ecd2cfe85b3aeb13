import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRoutes } from './find.ts';
import { writtenSources } from './written-sources.ts';

async function shown(files: Record<string, string>, folder = ''): Promise<string[]> {
  const routes = findRoutes(await writtenSources(files), folder);
  return routes.map(({ method, path, file, line, operationId }) =>
    [`${method} ${path}`, `${file}:${line}`, operationId].filter((part) => part !== undefined).join(' '),
  );
}

test('an OpenAPI file tells routes, with the path of its first server', async () => {
  const text = `openapi: 3.0.3
info: { title: Todos, version: 1.0.0 }
servers:
  - url: https://{host}:8443/{base}/
    variables: { host: { default: localhost }, base: { default: api } }
paths:
  /todos:
    parameters: []
    get: { operationId: listTodos }
    post: { responses: {} }
  /todos/{id}:
    delete: {}
  x-note: {}
`;
  assert.deepEqual(await shown({ 'docs/openapi.yaml': text }), [
    'GET /api/todos docs/openapi.yaml:9 listTodos',
    'POST /api/todos docs/openapi.yaml:10',
    'DELETE /api/todos/{id} docs/openapi.yaml:12',
  ]);
  assert.deepEqual(await shown({ 'a/openapi.yaml': text, 'ab/openapi.yaml': text }, 'a'), [
    'GET /api/todos a/openapi.yaml:9 listTodos',
    'POST /api/todos a/openapi.yaml:10',
    'DELETE /api/todos/{id} a/openapi.yaml:12',
  ]);
});

test('a Swagger file in JSON tells them with its base path', async () => {
  const text = JSON.stringify({ swagger: '2.0', basePath: '/v1', paths: { '/users': { get: {} } } });
  assert.deepEqual(await shown({ 'swagger.json': text }), ['GET /v1/users swagger.json:1']);
});

test('a file that is broken, hostile or something else tells nothing', async () => {
  const bomb = `openapi: 3.0.0\na: &a [1]\n${'b: &b [*a, *a, *a]\n'.repeat(200)}paths: { /x: { get: {} } }\n`;
  const files = {
    'package.json': '{"dependencies": {"openapi": "3.0.0"}}',
    'broken.yaml': 'openapi: 3.0.0\npaths: [',
    'list.yaml': 'openapi: 3.0.0\npaths: [1]\nservers: 3\n',
    'null.yaml': 'openapi: 3.0.0\npaths: { /x: null, /y: { get: 1 }, z: { get: {} } }\n',
    'bomb.yaml': bomb,
  };
  assert.deepEqual(await shown(files), ['GET /y null.yaml:2']);
});
