/** A small API with users and todos, as a learner writes it. */
export const PROJECT: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'todos', scripts: { test: 'jest' }, devDependencies: { jest: '^30.0.0' } }),
  'src/todos.js': `const todos = new Map();
let nextId = 1;

function createTodo(owner, title) {
  if (typeof title !== 'string' || title.trim() === '') {
    const error = new Error('title is needed');
    error.status = 400;
    throw error;
  }
  const todo = { id: nextId++, owner, title: title.trim(), done: false };
  todos.set(todo.id, todo);
  return todo;
}

function listTodos(owner, { page = 1, limit = 10 } = {}) {
  const own = [...todos.values()].filter((todo) => todo.owner === owner);
  const start = (page - 1) * limit;
  return { items: own.slice(start, start + limit), total: own.length };
}

function findTodo(owner, id) {
  const todo = todos.get(id);
  if (!todo || todo.owner !== owner) {
    const error = new Error('no such todo');
    error.status = 404;
    throw error;
  }
  return todo;
}

function removeTodo(owner, id) {
  findTodo(owner, id);
  todos.delete(id);
}

function clear() {
  todos.clear();
}

module.exports = { createTodo, listTodos, findTodo, removeTodo, clear };
`,
  'src/auth.js': `const users = new Map([['ann-token', 'ann'], ['bob-token', 'bob']]);

/** Lets in who carries a known token. */
function requireUser(req, res, next) {
  const token = (req.headers.authorization || '').replace('Bearer ', '');
  const user = users.get(token);
  if (!user) {
    return res.status(401).json({ error: 'log in first' });
  }
  req.user = user;
  next();
}

module.exports = { requireUser };
`,
  'src/app.js': `const express = require('express');
const { requireUser } = require('./auth');
const { createTodo, listTodos, findTodo, removeTodo } = require('./todos');

const app = express();
app.use(express.json());

app.get('/health', (req, res) => res.json({ ok: true }));

app.post('/todos', requireUser, (req, res) => {
  res.status(201).json(createTodo(req.user, req.body.title));
});
app.get('/todos', requireUser, (req, res) => {
  const page = Number(req.query.page || 1);
  const limit = Number(req.query.limit || 10);
  if (!(page >= 1) || !(limit >= 1 && limit <= 50)) {
    return res.status(400).json({ error: 'page and limit are positive numbers, limit at most 50' });
  }
  res.json(listTodos(req.user, { page, limit }));
});
app.get('/todos/:id', requireUser, (req, res) => {
  res.json(findTodo(req.user, Number(req.params.id)));
});
app.delete('/todos/:id', requireUser, (req, res) => {
  removeTodo(req.user, Number(req.params.id));
  res.status(204).end();
});

app.use((error, req, res, next) => {
  const status = error.status || 500;
  res.status(status).json({ error: status === 500 ? 'something went wrong' : error.message });
});

module.exports = { app };
`,
};

/** Starts the app behind a port of its own for a test file of {@link PROJECT}. */
const HARNESS = `const { app } = require('../src/app');
const { clear } = require('../src/todos');
let server;
beforeAll(() => new Promise((resolve) => { server = app.listen(0, resolve); }));
afterAll(() => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
beforeEach(() => clear());
async function send(method, path, { as = 'ann', body } = {}) {
  const response = await fetch('http://127.0.0.1:' + server.address().port + path, {
    method,
    headers: { 'content-type': 'application/json', ...(as ? { authorization: 'Bearer ' + as + '-token' } : {}) },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: await response.json().catch(() => undefined) };
}
`;

/** Tests that look at what comes back. */
export const HONEST_TESTS = `${HARNESS}
test('health', async () => {
  expect(await send('GET', '/health', { as: '' })).toEqual({ status: 200, body: { ok: true } });
});
test('a todo is created, trimmed, and found again', async () => {
  const { status, body } = await send('POST', '/todos', { body: { title: ' milk ' } });
  expect(status).toBe(201);
  expect(body).toMatchObject({ title: 'milk', done: false, owner: 'ann' });
  expect(await send('GET', '/todos/' + body.id)).toEqual({ status: 200, body });
});
test.each([undefined, '', '  ', 5])('the title %p is refused', async (title) => {
  expect(await send('POST', '/todos', { body: { title } })).toEqual({ status: 400, body: { error: 'title is needed' } });
});
test('nobody gets in without a token', async () => {
  for (const [method, path] of [['GET', '/todos'], ['POST', '/todos'], ['GET', '/todos/1'], ['DELETE', '/todos/1']])
    expect((await send(method, path, { as: '' })).status).toBe(401);
  expect((await send('GET', '/todos', { as: 'eve' })).status).toBe(401);
});
test('todos of others are not seen', async () => {
  const { body } = await send('POST', '/todos', { body: { title: 'milk' } });
  expect((await send('GET', '/todos/' + body.id, { as: 'bob' })).status).toBe(404);
  expect((await send('DELETE', '/todos/' + body.id, { as: 'bob' })).status).toBe(404);
  expect((await send('GET', '/todos', { as: 'bob' })).body).toEqual({ items: [], total: 0 });
  expect((await send('GET', '/todos/' + body.id)).status).toBe(200);
});
test('lists are paged', async () => {
  for (let i = 0; i < 12; i++) await send('POST', '/todos', { body: { title: 'todo ' + i } });
  const first = await send('GET', '/todos');
  expect(first.status).toBe(200);
  expect(first.body.items).toHaveLength(10);
  expect(first.body.total).toBe(12);
  const second = await send('GET', '/todos?page=2&limit=5');
  expect(second.body.items.map(({ title }) => title)).toEqual(['todo 5', 'todo 6', 'todo 7', 'todo 8', 'todo 9']);
});
test.each(['page=0', 'limit=0', 'limit=51', 'page=x'])('%s is refused', async (query) => {
  expect((await send('GET', '/todos?' + query)).status).toBe(400);
});
test('the greatest limit is let through', async () => {
  expect((await send('GET', '/todos?limit=50')).status).toBe(200);
});
test('a todo that is deleted is gone', async () => {
  const { body } = await send('POST', '/todos', { body: { title: 'milk' } });
  expect((await send('DELETE', '/todos/' + body.id)).status).toBe(204);
  expect((await send('GET', '/todos/' + body.id)).status).toBe(404);
});
`;

/** Tests that run everything and look at nothing. */
export const EMPTY_TESTS = `${HARNESS}
test('everything is called', async () => {
  await send('GET', '/health');
  const todo = await send('POST', '/todos', { body: { title: 'milk' } });
  await send('POST', '/todos', { body: {} });
  await send('GET', '/todos', { as: '' });
  await send('GET', '/todos');
  await send('GET', '/todos?page=0');
  await send('GET', '/todos/' + todo.body?.id);
  await send('GET', '/todos/12345');
  await send('DELETE', '/todos/' + todo.body?.id);
});
`;

/** Tests that run everything and state what is true anyway. */
export const TRUE_IS_TRUE_TESTS = EMPTY_TESTS.replace(/\}\);\n$/, '  expect(true).toBe(true);\n});\n');
