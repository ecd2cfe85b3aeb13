import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import type { Tenants } from '../../services/start.ts';
import { type TestRequest, testApp, type TestRoutes } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './mass-assignment.ts';
import { contract as todoContract, honestStyles } from './test-styles.ts';

const contract = { ...todoContract, register: { request: 'POST /register' }, getUser: { request: 'GET /users/{id}' } };
const question = {
  operation: 'register',
  body: { name: '{{random.name}}', email: '{{random.email}}' },
  extra: { role: 'admin', isAdmin: true },
};
const verify = { save: { id: 'body.id' }, verify: { call: 'getUser', params: { id: '{{id}}' } } };

type User = Record<string, unknown>;

/** Makes users by `make`, and tells `shows` of them on registering, everything later. */
function app(
  make: (body: User) => User | undefined,
  shows: (user: User) => User = (user) => user,
  changes: TestRoutes = {},
) {
  const users: User[] = [];
  return testApp({
    'POST /register': ({ body }: TestRequest) => {
      const user = make(body);
      if (!user) return { status: 400, body: { error: 'unknown field' } };
      return { status: 201, body: shows({ ...user, id: users.push(user) }) };
    },
    'GET /users/{id}': ({ params }) => ({ body: users[Number(params['id']) - 1] }),
    ...changes,
  });
}

async function observe(listener: ReturnType<typeof app>, overrides: object = {}) {
  await using bed = await testbed({ app: listener, contract });
  return await bed.run(check, { ...question, ...overrides });
}

const picked = ({ name, email }: User): User => ({ name, email, role: 'user', isAdmin: false });

describe('mass-assignment: honest apps pass', () => {
  for (const [style, make] of Object.entries(honestStyles)) {
    test(style, async () => {
      const todo = {
        operation: 'createTodo',
        body: { title: '{{random.phrase}}' },
        extra: { done: true, id: 'ffffffffffffffffffffffff', owner: '{{random.email}}' },
      };
      assert.deepEqual(failures(await observe(make(), todo)), []);
    });
  }
  test('ignoring the fields', async () => assert.deepEqual(failures(await observe(app(picked), verify)), []));
  test('refusing the request', async () => {
    const strict = (body: User): User | undefined =>
      Object.keys(body).every((key) => ['name', 'email'].includes(key)) ? picked(body) : undefined;
    assert.deepEqual(failures(await observe(app(strict), verify)), []);
  });
});

describe('mass-assignment: mistakes fail', () => {
  const role = 'POST /register does not let a client set role';
  const isAdmin = 'POST /register does not let a client set isAdmin';
  const spread = (body: User): User => ({ role: 'user', isAdmin: false, ...body });

  test('the body is taken as it is, and shown', async () => {
    const observation = await observe(app(spread));
    assert.deepEqual(failures(observation), [role, isAdmin]);
    const failed = observation.assertions.find(({ ok }) => !ok);
    assert.match(failed?.received ?? '', /"admin" stands in the answer/);
    assert.match(observation.exchanges[failed?.exchange ?? -1]?.request.body ?? '', /"role":"admin"/);
  });

  test('in another spelling, inside of an envelope', async () => {
    const nested = (user: User): User => ({ id: user['id'], data: { user: { is_admin: user['isAdmin'] } } });
    assert.deepEqual(failures(await observe(app(spread, nested))), [isAdmin]);
  });

  test('seen in a later answer only', async () => {
    const quiet = (user: User): User => ({ id: user['id'] });
    assert.deepEqual(failures(await observe(app(spread, quiet))), []);
    const observation = await observe(app(spread, quiet), verify);
    assert.deepEqual(failures(observation), [role, isAdmin]);
    assert.match(observation.assertions.find(({ ok }) => !ok)?.received ?? '', /GET \/users\/\{id\} afterwards/);
  });

  test('one field that is refused does not hide another', async () => {
    const half = (body: User): User | undefined => ('isAdmin' in body ? undefined : spread(body));
    assert.deepEqual(failures(await observe(app(half))), [role]);
  });

  test('a value unlike any other is found under any name', async () => {
    const owner = ({ name, email, userId }: User): User => ({ name, email, owner: userId });
    assert.deepEqual(failures(await observe(app(owner), { extra: { userId: '65f0c0ffee65f0c0ffee65f0' } })), [
      'POST /register does not let a client set userId',
    ]);
  });

  test('an app that breaks on it', async () => {
    const breaking = app(picked, undefined, {
      'POST /register': ({ body }) => ({ status: 'role' in body ? 500 : 201, body: {} }),
    });
    assert.deepEqual(failures(await observe(breaking)), [role]);
  });

  test('an app that refuses honest clients as well', async () => {
    assert.deepEqual(failures(await observe(app(() => undefined))), ['POST /register without such fields is answered']);
  });

  test('an answer without the id that a later look needs', async () => {
    const nameless = ({ name }: User): User => ({ name });
    assert.deepEqual(
      [...new Set(failures(await observe(app(picked, nameless), verify)))],
      ['the answer has id at body.id'],
    );
  });
});

describe('mass-assignment in the database', () => {
  let services: Tenants;
  let client: MongoClient;
  before(async () => {
    services = await testServices('mongo');
    client = await MongoClient.connect(services.env['MONGODB_URI'] ?? '');
  });
  after(async () => {
    await client?.close();
    await services?.[Symbol.asyncDispose]();
  });

  const silent = (fields: (body: User) => User) =>
    app(picked, undefined, {
      'POST /register': async ({ body }) => {
        await client.db().collection('users').insertOne(fields(body));
        return { status: 201 };
      },
    });
  const observeStored = async (fields: (body: User) => User) => {
    await using bed = await testbed({ app: silent(fields), contract, services: services.handles });
    return await bed.run(check, { ...question, service: 'mongo' });
  };

  test('what is stored counts, also when no answer shows it', async () => {
    const observation = await observeStored((body) => body);
    assert.deepEqual(failures(observation), [
      'POST /register does not let a client set role',
      'POST /register does not let a client set isAdmin',
    ]);
    assert.match(observation.assertions.find(({ ok }) => !ok)?.received ?? '', /is stored in users/);
  });
  test('an honest record passes', async () => assert.deepEqual(failures(await observeStored(picked)), []));
});
