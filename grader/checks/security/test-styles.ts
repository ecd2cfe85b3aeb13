import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import { testApp } from '../test-app.ts';

/** One todo API, honest in three styles, for tests of checks: each must pass whatever is asked of all apps. */
export const honestStyles: Record<string, () => RequestListener> = {
  'Express with its own 404 page and a small error handler': () =>
    todoApi({ invalid: 400, error: (message) => ({ error: message }), notFoundPage: true }),
  'Express with validation that answers 422 with details': () =>
    todoApi({
      invalid: 422,
      error: (message) => ({ name: 'ValidationError', details: [{ path: ['title'], message }] }),
      notFoundPage: false,
    }),
  'bare Node with an envelope around everything': bareApi,
};

export const contract = {
  createTodo: { request: 'POST /todos' },
  listTodos: { request: 'GET /todos' },
  getTodo: { request: 'GET /todos/{id}' },
};

function todoApi({
  invalid,
  error,
  notFoundPage,
}: {
  invalid: number;
  error: (message: string) => object;
  notFoundPage: boolean;
}): RequestListener {
  const app = express();
  const todos: { id: number; title: string; done: boolean }[] = [];
  app.disable('x-powered-by');
  app.use(express.json({ limit: '10kb' }));
  app.post('/todos', (request, response) => {
    const title: unknown = request.body?.title;
    if (typeof title !== 'string' || title.trim() === '')
      return void response.status(invalid).json(error('title has to be a text'));
    const todo = { id: todos.length + 1, title, done: false };
    todos.push(todo);
    response.status(201).json(todo);
  });
  app.get('/todos', (request, response) => {
    const { title } = request.query;
    response.json(todos.filter((todo) => title === undefined || todo.title === title));
  });
  app.get('/todos/:id', (request, response) => {
    if (!/^\d{1,9}$/.test(request.params.id)) return void response.status(invalid).json(error('id has to be a number'));
    const todo = todos.find(({ id }) => id === Number(request.params.id));
    if (!todo) return void response.status(404).json(error('no such todo'));
    response.json(todo);
  });
  if (!notFoundPage) app.use((_request, response) => void response.status(404).json(error('not found')));
  const handle: ErrorRequestHandler = (thrown, _request, response, _next) => {
    response
      .status(thrown.status ?? 500)
      .json(error(thrown.status === undefined ? 'something went wrong' : thrown.message));
  };
  app.use(handle);
  return app;
}

function bareApi(): RequestListener {
  const todos = new Map<string, { _id: string; title: string }>();
  const fail = (status: number, message: string) => ({
    status,
    body: { success: false, error: { code: status, message } },
  });
  return testApp({
    'POST /todos': ({ body, raw }) => {
      if (body === undefined) return fail(400, raw === '' ? 'a body is needed' : 'Unexpected token in JSON');
      if (typeof body.title !== 'string' || body.title === '') return fail(400, 'title has to be a text');
      const key = (todos.size + 1).toString(16).padStart(24, '0');
      todos.set(key, { _id: key, title: body.title });
      return { status: 201, body: { success: true, data: { _id: key, title: body.title } } };
    },
    'GET /todos': ({ query }) => ({
      body: {
        success: true,
        data: [...todos.values()].filter(({ title }) => !query.has('title') || query.get('title') === title),
      },
    }),
    'GET /todos/{id}': ({ params }) => {
      const todo = todos.get(params['id'] ?? '');
      return todo ? { body: { success: true, data: todo } } : fail(404, 'not found');
    },
    fallback: () => fail(404, 'not found'),
  });
}
