import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { Pool } from 'pg';
import type { z } from 'zod';
import type { Tenants } from '../../services/start.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './database-state.ts';

const contract = { register: { request: 'POST /users' } };
let services: Tenants;
let pool: Pool;
let mongo: MongoClient;

before(async () => {
  services = await testServices('postgres', 'mongo');
  pool = new Pool({ connectionString: services.env['DATABASE_URL'] ?? '' });
  // Its connections may still be closing when the server stops.
  pool.on('error', () => {});
  await pool.query(
    'CREATE TABLE users (id serial PRIMARY KEY, email text, profile jsonb, age int, created timestamptz DEFAULT now())',
  );
  await pool.query('CREATE SCHEMA audit; CREATE TABLE audit."Log entries" (note text)');
  mongo = await new MongoClient(services.env['MONGODB_URI'] ?? '').connect();
});
after(async () => {
  await pool?.end();
  await mongo?.close();
  await services?.[Symbol.asyncDispose]();
});

const stores: Record<'postgres' | 'mongo', TestRoutes> = {
  postgres: {
    'POST /users': async ({ body }) => {
      const { rows } = await pool.query('INSERT INTO users (email, profile, age) VALUES ($1, $2, $3) RETURNING id', [
        body.email,
        { name: body.name },
        body.age,
      ]);
      return { status: 201, body: rows[0] };
    },
  },
  mongo: {
    'POST /users': async ({ body }) => {
      const { insertedId } = await mongo
        .db()
        .collection('users')
        .insertOne({ email: body.email, profile: { name: body.name }, age: body.age });
      return { status: 201, body: { id: insertedId } };
    },
  },
};
const run = async (params: unknown, routes: TestRoutes) => {
  await using bed = await testbed({ app: testApp(routes), contract, services: services.handles });
  return await bed.run(check, params);
};
const registered = (service: 'postgres' | 'mongo', then: unknown[]) => ({
  service,
  let: { email: '{{random.email}}', name: '{{random.phrase}}' },
  steps: [{ call: 'register', body: { email: '{{email}}', name: '{{name}}', age: 41 } }],
  then,
});

for (const service of ['postgres', 'mongo'] as const) {
  describe(`database-state in ${service}`, () => {
    test('what was stored is found, counted, looked at and carried on', async () => {
      const key = service === 'postgres' ? 'id' : '_id';
      const seen = await run(
        registered(service, [
          {
            find: { text: '{{email}}' },
            count: 1,
            row: { email: '{{email}}', age: 41, password: { $absent: true } },
            save: { id: `row.${key}`, all: 'rows' },
          },
          { find: { text: '{{name}}' }, row: { [key]: '{{id}}' } },
          { find: { text: '{{email}}' }, in: '^users$', rows: { $length: 1 } },
          { find: { text: '{{random.email}}' }, count: 0 },
        ]),
        stores[service],
      );
      assert.deepEqual(failures(seen), []);
      assert.deepEqual(
        seen.assertions.map(({ title }) => title),
        [
          'POST /users succeeds (2xx)',
          'the database holds 1 record with <email>',
          'the record with <email> is as it should be',
          'the record with <name> is as it should be',
          'the records with <email> are as they should be',
          'the database holds 0 records with <random.email>',
        ],
      );
    });

    test('an app that stores nothing, twice, or something else fails', async () => {
      const then = [{ find: { text: '{{email}}' }, count: 1, row: { age: 41 } }, { find: { text: '{{name}}' } }];
      const original = stores[service]['POST /users']!;
      const nothing = await run(registered(service, then), { 'POST /users': () => ({ status: 201, body: {} }) });
      assert.deepEqual(failures(nothing), [
        'the database holds 1 record with <email>',
        'the record with <email> is as it should be',
        'the database holds a record with <name>',
      ]);
      assert.equal(nothing.assertions[2]?.received, 'no record');
      const twice = await run(registered(service, then), {
        'POST /users': async (request) => {
          await original(request);
          return original(request);
        },
      });
      assert.equal(twice.assertions[1]?.received, 'records: 2');
      const other = await run(registered(service, then), {
        'POST /users': (request) => original({ ...request, body: { ...request.body, age: 5 } }),
      });
      assert.deepEqual(failures(other), [
        'the record with <email> is as it should be',
        'the database holds a record with <name>',
      ]);
      assert.equal(other.assertions[2]?.received, 'row.age: 5');
    });

    test('a step that fails leaves the database unlooked at', async () => {
      const seen = await run(registered(service, [{ find: { text: '{{email}}' } }]), {
        'POST /users': () => ({ status: 500 }),
      });
      assert.deepEqual(failures(seen), ['POST /users succeeds (2xx)', 'the database holds a record with <email>']);
    });

    test("a value that is missing can't be saved", async () => {
      const seen = await run(
        registered(service, [
          { find: { text: '{{email}}' }, save: { nick: 'row.nick' } },
          { find: { text: '{{nick}}' } },
        ]),
        stores[service],
      );
      assert.deepEqual(failures(seen), [
        'the database has the nick at row.nick',
        'the database holds a record with <nick>',
      ]);
    });
  });
}

describe('database-state', () => {
  test("SQL with parameters; tables that are not as the query needs them are the learner's", async () => {
    const seen = await run(
      registered('postgres', [
        {
          query: 'SELECT email, created FROM users WHERE email = $1',
          parameters: ['{{email}}'],
          rows: [{ email: '{{email}}', created: { $type: 'date' } }],
          save: { found: 'rows[0].email' },
        },
        { find: { text: '{{found}}' }, independent: true },
        {
          query: 'SELECT count(*)::int AS n FROM users WHERE email = $1',
          parameters: ['{{email}}'],
          rows: [{ n: 2 }],
          title: 'the user is there twice',
          independent: true,
        },
        { query: 'SELECT nope FROM users', rows: [], independent: true },
        { query: 'SELECT * FROM nope', rows: [] },
      ]),
      stores.postgres,
    );
    assert.deepEqual(failures(seen), [
      'the user is there twice',
      'the database holds the right rows',
      'the database holds the right rows',
    ]);
    assert.match(seen.assertions.at(-1)?.received ?? '', /the query failed: relation "nope" does not exist/);
  });

  test('a table of another schema, with a name that needs quoting', async () => {
    const { rows } = await pool.query('INSERT INTO audit."Log entries" VALUES (\'a note of 4711\') RETURNING note');
    const seen = await run(
      {
        service: 'postgres',
        then: [
          { find: { text: rows[0].note }, in: '^audit\\.', count: 1 },
          { find: { text: 'a note of 47' }, count: 0 },
        ],
      },
      {},
    );
    assert.deepEqual(failures(seen), []);
  });

  test('an aggregate', async () => {
    const seen = await run(
      registered('mongo', [
        {
          aggregate: { collection: 'users', pipeline: [{ $match: { email: '{{email}}' } }, { $count: 'n' }] },
          rows: [{ n: 1 }],
        },
        { aggregate: { collection: 'none', pipeline: [] }, rows: { $length: 1 } },
      ]),
      stores.mongo,
    );
    assert.deepEqual(failures(seen), ['the database holds the right rows']);
  });

  test('what is given is looked at, or changed, before the first request, and carried into it', async () => {
    const token = crypto.randomUUID();
    await mongo
      .db()
      .collection('users')
      .insertMany([
        { team: token, age: 1 },
        { team: token, age: 2 },
      ]);
    const team = { $match: { team: token } };
    const params = {
      service: 'mongo',
      given: [
        {
          aggregate: {
            collection: 'users',
            pipeline: [team, { $set: { age: { $add: ['$age', 10] } } }, { $merge: 'users' }],
          },
          rows: [],
        },
        {
          aggregate: { collection: 'users', pipeline: [team, { $group: { _id: null, ages: { $sum: '$age' } } }] },
          rows: { $length: 1 },
          save: { ages: 'rows[0].ages' },
        },
      ],
      steps: [{ request: 'GET /ages', expect: { body: { sum: '{{ages}}' } } }],
    };
    const asked: string[] = [];
    const routes = (sum: number) => ({
      'GET /ages': () => {
        asked.push('GET /ages');
        return { status: 200, body: { sum } };
      },
    });
    assert.deepEqual(failures(await run(params, routes(23))), []);
    assert.deepEqual(failures(await run(params, routes(23))), ['GET /ages has the right body'], 'it is 43 by now');
    assert.equal(asked.length, 2);

    const absent = { ...params, given: [{ find: { text: 'nobody of that name' } }], then: [{ find: { text: token } }] };
    const seen = await run({ ...absent, steps: [{ request: 'GET /ages' }] }, routes(23));
    assert.deepEqual(failures(seen), [
      'the database holds a record with nobody of that name',
      'GET /ages succeeds (2xx)',
      `the database holds a record with ${token}`,
    ]);
    assert.equal(asked.length, 2, 'no request is sent when the database is not as it should be');
  });

  test('looks into two databases', async () => {
    await mongo.db().collection('users').insertOne({ email: 'two@example.com' });
    await pool.query("INSERT INTO users (email) VALUES ('two@example.com')");
    const params = {
      service: 'postgres',
      then: [
        { find: { text: 'two@example.com' }, row: { profile: null } },
        { service: 'mongo', find: { text: 'two@example.com' }, row: { profile: { $absent: true } } },
      ],
    };
    assert.deepEqual(failures(await run(params, {})), []);
    assert.deepEqual((check.inputs as (params: unknown) => string[])(check.params.parse(params)), [
      'app',
      'postgres',
      'mongo',
    ]);
  });

  test('parameters', () => {
    const issues = (value: unknown) =>
      (check.params.safeParse(value) as { error?: z.ZodError }).error?.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('\n') ?? '';
    assert.match(issues({ service: 'mongo', then: [] }), /^then: /);
    assert.match(
      issues({ service: 'mongo', then: [{ query: 'SELECT', rows: [] }] }),
      /^then\.0\.query: a query is for postgres/,
    );
    assert.match(
      issues({ service: 'postgres', then: [{ service: 'mongo', query: 'SELECT', rows: [] }] }),
      /^then\.0\.query: a query is for postgres/,
    );
    assert.match(
      issues({ service: 'postgres', then: [{ aggregate: { collection: 'x', pipeline: [] }, rows: [] }] }),
      /^then\.0\.aggregate: /,
    );
    assert.match(
      issues({ service: 'mongo', then: [{ find: { text: '{{x}}' } }] }),
      /^then\.0\.find\.text: \{\{x\}\} names nothing/,
    );
    assert.match(issues({ service: 'postgres', then: [{ query: 'SELECT 1' }] }), /"rows" is needed/);
    assert.match(
      issues({ service: 'postgres', then: [{ query: 'SELECT 1', rows: [], count: 1 }] }),
      /^then\.0\.count: "count" is for "find"/,
    );
    assert.match(
      issues({ service: 'postgres', then: [{ find: { text: 'x' }, in: '(' }] }),
      /^then\.0\.in: not a regular/,
    );
    const params = check.params.parse(registered('mongo', [{ find: { text: 'x' } }]));
    assert.deepEqual((check.inputs as (params: unknown) => string[])(params), ['app', 'mongo']);
  });
});
