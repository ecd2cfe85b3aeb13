import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Db, MongoClient } from 'mongodb';
import { Pool, type QueryResult } from 'pg';
import type { Tenants } from '../../services/start.ts';
import { type TestAnswer, testApp, type TestRequest, type TestRoutes } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './injection.ts';

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

let services: Tenants;
let mongo: MongoClient;
let db: Db;
let pool: Pool;

before(async () => {
  services = await testServices('mongo', 'postgres');
  mongo = await MongoClient.connect(services.env['MONGODB_URI'] ?? '');
  db = mongo.db();
  pool = new Pool({ connectionString: services.env['DATABASE_URL'] });
  await pool.query(
    'CREATE TABLE users (email text, password text); CREATE TABLE todos (id serial, title text, owner text)',
  );
  await pool.query("INSERT INTO todos (title) VALUES ('tea'), ('milk')");
});
after(async () => {
  await pool?.end();
  await mongo?.close();
  await services?.[Symbol.asyncDispose]();
});

async function observe(routes: TestRoutes, params: object) {
  await using bed = await testbed({ app: testApp(routes), contract, accounts });
  return await bed.run(check, params);
}

const invalid: TestAnswer = { status: 400, body: { error: 'that is not a text' } };
const refused: TestAnswer = { status: 401, body: { error: 'wrong e-mail address or password' } };
const texts = (...values: unknown[]): boolean => values.every((value) => typeof value === 'string');

describe('injection: SQL', () => {
  const run = async (sql: string): Promise<TestAnswer> => ({ body: (await pool.query(sql)).rows });
  const vulnerable = ({ query }: TestRequest) => run(`SELECT * FROM todos WHERE title = '${query.get('title')}'`);

  test('with parameters in SQL', async () => {
    const routes = {
      'GET /todos': async ({ query }: TestRequest) => ({
        body: (await pool.query('SELECT * FROM todos WHERE title = $1', [query.get('title')])).rows,
      }),
    };
    const observation = await observe(routes, search);
    assert.deepEqual(failures(observation), []);
    assert.equal(observation.assertions.length, 5);
  });

  test('a text pasted into a statement fails', async () => {
    const observation = await observe({ 'GET /todos': vulnerable }, search);
    assert.deepEqual(failures(observation), [
      'GET /todos does not break on quotes and SQL in title',
      'GET /todos does not answer in the database’s words to quotes and SQL in title',
      'GET /todos: a condition in title is not run as SQL',
      'GET /todos: a statement in title is not run',
    ]);
    for (const { ok, received, exchange } of observation.assertions)
      assert.ok(
        ok || received?.startsWith('not tried') || (/to title = /.test(received ?? '') && exchange !== undefined),
      );
  });

  test('errors that are swallowed don’t hide it', async () => {
    const quiet = (request: TestRequest) => vulnerable(request).catch(() => ({ body: [] }));
    assert.deepEqual(failures(await observe({ 'GET /todos': quiet }, search)), [
      'GET /todos: a condition in title is not run as SQL',
      'GET /todos: a statement in title is not run',
    ]);
  });

  test('a statement that is run fails, where conditions change nothing', async () => {
    const blind = (request: TestRequest) =>
      vulnerable(request).then(
        () => ({ body: [] }),
        () => ({ body: [] }),
      );
    const observation = await observe({ 'GET /todos': blind }, search);
    assert.deepEqual(failures(observation), ['GET /todos: a statement in title is not run']);
    assert.match(observation.assertions.at(-1)?.received ?? '', /after \d{4} ms \(to title = .*pg_sleep/);
  });

  test('a number pasted into a statement fails, in a path too', async () => {
    const routes = {
      'GET /todos/{id}': ({ params }: TestRequest) =>
        run(`SELECT * FROM todos WHERE id = ${params['id']}`).catch(() => ({ status: 404, body: {} })),
    };
    const found = failures(
      await observe(routes, {
        kind: 'sql',
        operation: 'getTodo',
        target: 'params',
        field: 'id',
        ordinary: '{{random.int}}',
      }),
    );
    assert.deepEqual(found, [
      'GET /todos/{id}: a condition in id is not run as SQL',
      'GET /todos/{id}: a statement in id is not run',
    ]);
  });

  test('what belongs to others must not come out', async () => {
    const routes = {
      'POST /todos': async ({ body }: TestRequest) => {
        await pool.query("INSERT INTO todos (title, owner) VALUES ($1, 'bob')", [body.title]);
        return { status: 201, body: {} };
      },
      'POST /search': ({ body }: TestRequest) =>
        run(`SELECT * FROM todos WHERE owner = 'alice' AND title LIKE '%${body.title}%'`).catch(() => invalid),
      'GET /todos': ({ query }: TestRequest) =>
        run('SELECT * FROM todos').then((answer) => (query.has('gone') ? { body: [] } : answer)),
    };
    const hidden = {
      kind: 'sql',
      operation: 'searchTodos',
      target: 'body',
      field: 'title',
      setup: [{ call: 'createTodo', body: { title: '{{canary}}' } }],
      still: { call: 'listTodos' },
    };
    const found = failures(await observe(routes, hidden));
    assert.ok(found.includes('POST /search: a condition in title is not run as SQL'));
    assert.ok(!found.includes('GET /todos still shows what was there before'));
    assert.deepEqual(
      failures(await observe(routes, { ...hidden, still: { call: 'listTodos', query: { gone: 1 } } })).slice(-1),
      ['GET /todos still shows what was there before'],
    );
  });

  const register = async ({ body }: TestRequest): Promise<TestAnswer> => {
    await pool.query('INSERT INTO users VALUES ($1, $2)', [body.email, body.password]);
    return { status: 201, body: {} };
  };
  const enter = async (work: Promise<QueryResult>, password: unknown): Promise<TestAnswer> =>
    (await work).rows.some((user) => user.password === password) ? { body: { token: 'in' } } : refused;

  test('a login with parameters passes', async () => {
    const routes = {
      'POST /register': register,
      'POST /login': ({ body }: TestRequest) =>
        enter(pool.query('SELECT * FROM users WHERE email = $1', [body.email]), body.password),
    };
    assert.deepEqual(failures(await observe(routes, { ...login, kind: 'sql' })), []);
  });
  test('a login that pastes fails, also when it compares the password by itself and swallows errors', async () => {
    const routes = {
      'POST /register': register,
      'POST /login': ({ body }: TestRequest) =>
        enter(pool.query(`SELECT * FROM users WHERE email = '${body.email}'`), body.password).catch(() => refused),
    };
    assert.deepEqual(failures(await observe(routes, { ...login, kind: 'sql' })), [
      'POST /login lets nobody in by SQL in email',
    ]);
  });
});

describe('injection: MongoDB', () => {
  const register = async ({ body }: TestRequest): Promise<TestAnswer> => {
    await db.collection('users').insertOne({ ...body });
    return { status: 201, body: {} };
  };
  const enter = async (filter: object, password: unknown): Promise<TestAnswer> => {
    const user = await db.collection('users').findOne(filter);
    return user && user['password'] === password ? { body: { token: 'in' } } : refused;
  };

  test('a login that asks for texts passes', async () => {
    const routes = {
      'POST /register': register,
      'POST /login': ({ body: { email, password } }: TestRequest) =>
        texts(email, password) ? enter({ email }, password) : invalid,
    };
    assert.deepEqual(failures(await observe(routes, { ...login, kind: 'nosql', field: ['email', 'password'] })), []);
  });

  test('a login that makes texts of everything passes', async () => {
    const routes = {
      'POST /register': register,
      'POST /login': ({ body: { email, password } }: TestRequest) => enter({ email: String(email) }, String(password)),
    };
    assert.deepEqual(failures(await observe(routes, { ...login, kind: 'nosql', field: ['email', 'password'] })), []);
  });

  test('operators in the e-mail fail, though the password is compared apart', async () => {
    const routes = {
      'POST /register': register,
      'POST /login': ({ body: { email, password } }: TestRequest) =>
        typeof password === 'string' ? enter({ email }, password) : invalid,
    };
    const observation = await observe(routes, { ...login, kind: 'nosql' });
    const [found] = failures(observation);
    assert.equal(found, 'POST /login lets nobody in by MongoDB operators in email');
    assert.match(observation.assertions.find(({ ok }) => !ok)?.received ?? '', /"token":"in".*to email = \{"\$eq"/);
  });

  test('operators in the password fail', async () => {
    const routes = {
      'POST /register': register,
      'POST /login': async ({ body: { email, password } }: TestRequest) =>
        texts(email) && (await db.collection('users').findOne({ email, password }))
          ? { body: { token: 'in' } }
          : refused,
    };
    assert.equal(
      failures(await observe(routes, { ...login, kind: 'nosql', field: 'password' }))[0],
      'POST /login lets nobody in by MongoDB operators in password',
    );
  });

  test('a search that takes operators and JavaScript fails', async () => {
    await db.collection('notes').insertOne({ title: 'tea' });
    const routes = {
      'POST /search': async ({ body }: TestRequest) => ({
        body: await db
          .collection('notes')
          .find(typeof body.title === 'object' ? { ...body.title } : { title: body.title })
          .toArray(),
      }),
    };
    const found = failures(
      await observe(routes, { kind: 'nosql', operation: 'searchTodos', target: 'body', field: 'title' }),
    );
    assert.deepEqual(found, [
      'POST /search does not break on MongoDB operators in title',
      'POST /search does not answer in the database’s words to MongoDB operators in title',
      'POST /search: a statement in title is not run',
    ]);
  });

  test('an object where a text belongs must not be a 5xx', async () => {
    const routes = {
      'POST /todos': ({ body }: TestRequest) =>
        typeof body.title === 'string' ? { status: 201, body: {} } : { status: 500, body: {} },
    };
    const found = failures(
      await observe(routes, { kind: 'nosql', operation: 'createTodo', target: 'body', field: 'title' }),
    );
    assert.deepEqual(found, ['POST /todos does not break on MongoDB operators in title']);
  });

  test('brackets in a query must not become operators', async () => {
    const routes = {
      'GET /todos': ({ query }: TestRequest) => ({
        status: [...query.keys()].some((key) => key.startsWith('title[$')) ? 500 : 200,
        body: [],
      }),
    };
    const observation = await observe(routes, { ...search, kind: 'nosql' });
    assert.deepEqual(failures(observation), ['GET /todos does not break on MongoDB operators in title']);
    assert.match(
      observation.exchanges[observation.assertions.find(({ ok }) => !ok)?.exchange ?? -1]?.request.url ?? '',
      /title%5B%24ne%5D=/,
    );
  });
});
