import type { RequestListener } from 'node:http';
import { testApp, type TestRoutes } from './test-app.ts';

export const todoContract = {
  register: { request: 'POST /register' },
  login: { request: 'POST /login' },
  createTodo: { request: 'POST /todos' },
  getTodo: { request: 'GET /todos/{id}' },
  listTodos: { request: 'GET /todos' },
};

export const todoAccounts = {
  register: { operation: 'register', body: { email: '{{email}}', password: '{{password}}' } },
  login: { operation: 'login', body: { email: '{{email}}', password: '{{password}}' } },
  token: 'token',
};

/** An honest todo app; `changes` breaks it. */
export function todoApp(changes: TestRoutes = {}): RequestListener {
  const todos = new Map<string, { id: string; title: string; owner: string | undefined }>();
  const ownerOf = (authorization: string | undefined) => /^Bearer token-of-(.+)$/.exec(authorization ?? '')?.[1];
  return testApp({
    'POST /register': ({ body }) => ({ status: 201, body: { id: `id-${body.email}`, email: body.email } }),
    'POST /login': ({ body }) => ({ body: { token: `token-of-${body.email}` } }),
    'POST /todos': ({ body, headers, response }) => {
      if (typeof body?.title !== 'string') return { status: 400, body: { error: 'title is missing' } };
      const todo = { id: String(todos.size + 1), title: body.title, owner: ownerOf(headers.authorization) };
      todos.set(todo.id, todo);
      response.setHeader('location', `/todos/${todo.id}`);
      return { status: 201, body: todo };
    },
    'GET /todos/{id}': ({ params }) =>
      todos.has(params['id'] ?? '')
        ? { body: todos.get(params['id'] ?? '') }
        : { status: 404, body: { error: 'no such todo' } },
    'GET /todos': ({ query }) => ({
      body: [...todos.values()].filter(({ title }) => title.includes(query.get('q') ?? '')),
    }),
    ...changes,
  });
}
