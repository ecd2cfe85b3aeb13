import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { argon2id, bcrypt } from 'hash-wasm';
import { MongoClient } from 'mongodb';
import { Pool } from 'pg';
import { LearnerError } from '../../platform/errors.ts';
import type { Tenants } from '../../services/start.ts';
import { testApp } from '../test-app.ts';
import { testServices } from '../test-services.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './password-hashing.ts';

const contract = { register: { request: 'POST /register' }, login: { request: 'POST /login' } };
const body = { email: '{{email}}', password: '{{password}}' };
const accounts = { register: { operation: 'register', body }, login: { operation: 'login', body }, token: 'token' };

type Store = (user: Record<string, unknown>) => Promise<void>;
type Hash = (password: string) => Promise<string> | string;

const salt = (): Uint8Array => crypto.getRandomValues(new Uint8Array(16));
const honest: Hash = (password) => bcrypt({ password, salt: salt(), costFactor: 10 });
const fast = (algorithm: string, password: string): string => createHash(algorithm).update(password).digest('hex');

/** Registers by `hash`, and answers `shows` of the user. */
const app = (
  store: Store,
  hash: Hash,
  shows: (user: Record<string, unknown>) => unknown = ({ email }) => ({ email }),
) =>
  testApp({
    'POST /register': async ({ body: { email, password } }) => {
      const user = { email, password: await hash(password) };
      await store(user);
      return { status: 201, body: shows(user) };
    },
    'POST /login': () => ({ body: { token: 'one' } }),
  });

const SERVICES = ['mongo', 'postgres'] as const;
for (const service of SERVICES) {
  describe(`password-hashing in ${service}`, () => {
    let services: Tenants;
    let store: Store;
    let close: () => Promise<unknown>;

    before(async () => {
      services = await testServices(service);
      if (service === 'mongo') {
        const client = await MongoClient.connect(services.env['MONGODB_URI'] ?? '');
        store = async (user) =>
          void (await client
            .db()
            .collection('users')
            .insertOne({ profile: { contacts: [user['email']] }, secret: { hash: user['password'] } }));
        close = () => client.close();
      } else {
        const pool = new Pool({ connectionString: services.env['DATABASE_URL'] });
        await pool.query(
          'CREATE SCHEMA "My App"; CREATE TABLE "My App"."User" (id serial, "eMail" text, "passwordHash" text); CREATE TABLE empty (id int)',
        );
        store = async (user) =>
          void (await pool.query('INSERT INTO "My App"."User" ("eMail", "passwordHash") VALUES ($1, $2)', [
            user['email'],
            user['password'],
          ]));
        close = () => pool.end();
      }
    });
    after(async () => {
      await close?.();
      await services?.[Symbol.asyncDispose]();
    });

    const observe = async (hash: Hash, shows?: (user: Record<string, unknown>) => unknown, into: Store = store) => {
      await using bed = await testbed({ app: app(into, hash, shows), contract, accounts, services: services.handles });
      return await bed.run(check, { service });
    };

    test('bcrypt passes', async () => {
      const observation = await observe(honest);
      assert.deepEqual(failures(observation), []);
      assert.equal(observation.assertions.length, 7);
    });

    test('Argon2id passes', async () => {
      const hash: Hash = (password) =>
        argon2id({
          password,
          salt: salt(),
          iterations: 2,
          parallelism: 1,
          memorySize: 19_456,
          hashLength: 32,
          outputType: 'encoded',
        });
      assert.deepEqual(failures(await observe(hash)), []);
    });

    const notHashed = 'The user’s record holds a bcrypt, argon2 or scrypt hash of the password';
    const merely = 'The password is not merely encoded, or hashed fast and without a salt';
    const mistakes: [name: string, hash: Hash, expected: string[]][] = [
      [
        'as it was typed',
        (password) => password,
        ['The password stands nowhere in the database as it was typed', notHashed],
      ],
      ['in base64', (password) => Buffer.from(password).toString('base64'), [merely, notHashed]],
      ['as MD5', (password) => fast('md5', password), [merely, notHashed]],
      ['as SHA-256', (password) => fast('sha256', password), [merely, notHashed]],
      ['as SHA-256 with a salt', (password) => fast('sha256', `pepper${password}`), [notHashed]],
      [
        'bcrypt of cost 8',
        (password) => bcrypt({ password, salt: salt(), costFactor: 8 }),
        ['The hash costs enough to compute (bcrypt: 10 or more)'],
      ],
      [
        'bcrypt with one salt for all',
        (password) => bcrypt({ password, salt: new Uint8Array(16).fill(1), costFactor: 10 }),
        ['Two users with the same password have different hashes (a salt each)'],
      ],
      ['a hash of something else', () => honest('something else'), [notHashed]],
      ['a hash that takes for ever', () => `$2b$31$${'a'.repeat(53)}`, [notHashed]],
    ];
    for (const [name, hash, expected] of mistakes) {
      test(`${name} fails`, async () => {
        const observation = await observe(hash);
        assert.deepEqual(failures(observation), expected);
        for (const { ok, received, exchange } of observation.assertions)
          assert.ok(ok || (received && exchange !== undefined));
      });
    }

    test('a hash in the answer fails', async () => {
      assert.deepEqual(failures(await observe(honest, (user) => ({ user }))), [
        'No answer contains the password or its hash',
      ]);
    });

    test('a user who is not stored fails', async () => {
      assert.deepEqual(failures(await observe(honest, undefined, async () => {})), [
        'The new user is stored in the database',
      ]);
    });
  });
}

test('where the learner chooses the database, users are found in whichever has them', async () => {
  await using services = await testServices(...SERVICES);
  const client = await MongoClient.connect(services.env['MONGODB_URI'] ?? '');
  const pool = new Pool({ connectionString: services.env['DATABASE_URL'] });
  try {
    await pool.query('CREATE TABLE users (email text, password text)');
    const stores: Store[] = [
      async (user) =>
        void (await client
          .db()
          .collection('users')
          .insertOne({ ...user })),
      async ({ email, password }) => void (await pool.query('INSERT INTO users VALUES ($1, $2)', [email, password])),
    ];
    const observe = async (store: Store, hash: Hash) => {
      await using bed = await testbed({ app: app(store, hash), contract, accounts, services: services.handles });
      return failures(await bed.run(check, { service: SERVICES }));
    };
    for (const store of stores) {
      assert.deepEqual(await observe(store, honest), []);
      assert.deepEqual(await observe(store, (password) => password), [
        'The password stands nowhere in the database as it was typed',
        'The user’s record holds a bcrypt, argon2 or scrypt hash of the password',
      ]);
    }
  } finally {
    await client.close();
    await pool.end();
  }
});

test('an app that refuses to register is the learner’s fault', async () => {
  await using bed = await testbed({ app: testApp({}), contract, accounts });
  await assert.rejects(bed.run(check, { service: 'mongo' }), LearnerError);
});
