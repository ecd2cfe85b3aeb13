import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { Client, Pool } from 'pg';
import type { z } from 'zod';
import { LearnerError } from '../../platform/errors.ts';
import { startProcess } from '../../platform/process.ts';
import type { Tenants } from '../../services/start.ts';
import { testApp, type TestAnswer } from '../test-app.ts';
import { interruptibleServices } from '../test-services.ts';
import { failures, type Testbed, testbed } from '../testbed.ts';
import { check } from './service-outage.ts';

const contract = { addNote: { request: 'POST /notes' }, listNotes: { request: 'GET /notes' } };
let services: Tenants;
before(async () => {
  services = await interruptibleServices('mongo', 'postgres');
  const client = new Client(services.env['DATABASE_URL']);
  await client.connect();
  await client.query('CREATE TABLE notes (text text)');
  await client.end();
});
after(() => services?.[Symbol.asyncDispose]());

/** Where an app keeps its notes. */
interface Store extends AsyncDisposable {
  add(text: string): Promise<unknown>;
  list(): Promise<string[]>;
}

function mongoStore(options: { serverSelectionTimeoutMS?: number } = { serverSelectionTimeoutMS: 300 }): Store {
  const client = new MongoClient(services.env['MONGODB_URI'] ?? '', options);
  const notes = client.db().collection('notes');
  return {
    add: (text) => notes.insertOne({ text }),
    list: async () => (await notes.find().toArray()).map((note) => String(note['text'])),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function poolStore(): Store {
  const pool = new Pool({ connectionString: services.env['DATABASE_URL'] ?? '', connectionTimeoutMillis: 1000 });
  pool.on('error', () => {});
  return postgresStore(pool, () => pool.end());
}

/** One connection, opened once: what a beginner writes. */
async function clientStore(): Promise<Store> {
  const client = new Client(services.env['DATABASE_URL']);
  client.on('error', () => {});
  await client.connect();
  return postgresStore(client, () => client.end());
}

function postgresStore(database: Pool | Client, end: () => Promise<void>): Store {
  return {
    add: (text) => database.query('INSERT INTO notes VALUES ($1)', [text]),
    list: async () => (await database.query<{ text: string }>('SELECT text FROM notes')).rows.map(({ text }) => text),
    [Symbol.asyncDispose]: end,
  };
}

/** An app that says 503 when its store fails, or what `failure` says. */
function notesApp(store: Pick<Store, 'add' | 'list'>, failure: () => TestAnswer = unavailable): RequestListener {
  const guarded = (work: () => Promise<TestAnswer>) => work().catch(failure);
  return testApp({
    'POST /notes': ({ body }) =>
      guarded(async () => {
        await store.add(body.text);
        return { status: 201, body: { text: body.text } };
      }),
    'GET /notes': () => guarded(async () => ({ body: await store.list() })),
  });
}

const unavailable = () => ({ status: 503, body: { error: 'the database is away' } });

const away = { status: 503, body: { error: { $type: 'string' } } };
const phases = (service: string, changes: object = {}) => ({
  service,
  let: { text: '{{random.phrase}}' },
  before: [{ call: 'addNote', body: { text: '{{text}}' }, expect: { status: 201 }, save: { note: 'body.text' } }],
  during: [
    { call: 'listNotes', expect: away },
    { call: 'addNote', body: { text: 'lost' }, expect: away },
  ],
  after: [{ call: 'listNotes', expect: { body: { $contains: '{{note}}' } } }],
  recovery: '10s',
  ...changes,
});

function bedOf(app: RequestListener | string): Promise<Testbed> {
  return testbed({ app, contract, services: services.handles, outage: (kind) => services.outage(kind) });
}

async function run(app: RequestListener, params: unknown) {
  await using bed = await bedOf(app);
  return await bed.run(check, params);
}

describe('service-outage', { timeout: 120_000 }, () => {
  const honest: [service: string, title: string, store: () => Store][] = [
    ['mongo', 'MongoDB', mongoStore],
    ['postgres', 'Postgres', poolStore],
  ];
  for (const [service, title, open] of honest) {
    test(`an app that says 503 while ${title} is away, and works again afterwards, holds up`, async () => {
      await using store = open();
      for (let round = 0; round < 3; round++) {
        const seen = await run(notesApp(store), phases(service));
        assert.deepEqual(
          seen.assertions.map((assertion) => [assertion.title, assertion.ok]),
          [
            [`while ${title} is there: POST /notes answers 201`, true],
            [`while ${title} is away: GET /notes answers 503`, true],
            [`while ${title} is away: GET /notes has the right body`, true],
            [`while ${title} is away: POST /notes answers 503`, true],
            [`while ${title} is away: POST /notes has the right body`, true],
            [`once ${title} is back: GET /notes succeeds (2xx)`, true],
            [`once ${title} is back: GET /notes has the right body`, true],
          ],
          JSON.stringify(seen.assertions),
        );
        assert.ok(seen.assertions.every(({ exchange }) => exchange !== undefined));
        assert.equal(seen.exchanges.length, 4, 'of the attempts to recover, the last one');
        assert.match(
          seen.notes.join('\n'),
          new RegExp(`^The app worked again at attempt \\d+, [\\d.]+ m?s after ${title} was back\\.$`),
        );
      }
    });
  }

  test('the grader’s own view of a service stays during an outage', async () => {
    await using store = mongoStore();
    const texts: unknown[] = [];
    const looking = {
      ...store,
      list: async () => {
        texts.push(await services.handles.mongo?.count('notes'));
        return store.list();
      },
    };
    const seen = await run(notesApp(looking), phases('mongo'));
    assert.deepEqual(failures(seen), []);
    assert.ok(texts.length >= 2 && texts.every((count) => typeof count === 'number'));
    await services.healthy();
  });

  test('another error than 503 is shown with its phase', async () => {
    await using store = poolStore();
    const seen = await run(
      notesApp(store, () => ({ status: 500, body: { error: 'boom' } })),
      phases('postgres'),
    );
    const first = seen.assertions.find(({ ok }) => !ok);
    assert.deepEqual(
      [first?.title, first?.expected, first?.received],
      ['while Postgres is away: GET /notes answers 503', '503', '500'],
    );
    assert.equal(seen.exchanges[first?.exchange ?? -1]?.response?.body, '{"error":"boom"}');
    // It did recover, and that is worth knowing.
    assert.equal(seen.assertions.at(-1)?.ok, true);
  });

  test('an answer out of thin air is no answer', async () => {
    const kept: string[] = [];
    const memory = { add: async (text: string) => kept.push(text), list: async () => kept };
    const first = (await run(notesApp(memory), phases('mongo'))).assertions.find(({ ok }) => !ok);
    assert.deepEqual(
      [first?.title, first?.expected, first?.received],
      ['while MongoDB is away: GET /notes answers 503', '503', '200'],
    );
  });

  test('an app that hangs is told what its driver waits for, and is looked at again afterwards', async () => {
    await using store = mongoStore({});
    const { during } = phases('mongo');
    // At first, connections that were there fail at once.
    const params = phases('mongo', { patience: '700ms', during: [{ wait: '2s' }, ...during] });
    const seen = await run(notesApp(store), params);
    const first = seen.assertions.find(({ ok }) => !ok);
    assert.equal(first?.title, 'while MongoDB is away: GET /notes answers 503');
    assert.match(first?.received ?? '', /GET \/notes did not answer within 0\.7 s \(.*serverSelectionTimeoutMS/);
    assert.deepEqual(failures(seen).at(-1), 'while MongoDB is away: POST /notes has the right body');
    assert.equal(seen.assertions.length, 7, 'as many as for an honest app');
  });

  test('an app that never finds back is told how often it was tried', async () => {
    await using store = await clientStore();
    const seen = await run(notesApp(store), phases('postgres', { recovery: '1s' }));
    assert.deepEqual(failures(seen), [
      'once Postgres is back: GET /notes succeeds (2xx)',
      'once Postgres is back: GET /notes has the right body',
    ]);
    const received = seen.assertions.at(-2)?.received ?? '';
    assert.match(received, /^503\n\(attempt [2-9], [\d.]+ m?s after Postgres was back; there was no other\)$/);
  });

  test('an app that takes a while to find back is waited for', async () => {
    await using store = poolStore();
    let lists = 0;
    const slow = { ...store, list: () => (lists++ < 4 ? Promise.reject(new Error('not yet')) : store.list()) };
    const seen = await run(notesApp(slow), phases('postgres'));
    assert.deepEqual(failures(seen), []);
    assert.match(seen.notes.join('\n'), /worked again at attempt 4/);
  });

  test('an app that dies of the outage is to blame for it, with the phase', async () => {
    // A pool without a listener for its errors: every idle connection that is cut ends the process.
    const script = `
      const pool = new (require('pg').Pool)({ connectionString: process.env.DATABASE_URL });
      const answer = (response, work) => work.then((body) => response.end(JSON.stringify(body)), () => { response.statusCode = 503; response.end('{"error":"away"}'); });
      require('node:http').createServer((request, response) => {
        if (request.method === 'POST') response.statusCode = 201;
        answer(response, pool.query('SELECT 1').then(() => ({ text: 'hi' })));
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
    const printed = Promise.withResolvers<string>();
    await using app = startProcess([process.execPath, '-e', script], {
      cwd: import.meta.dirname,
      env: { DATABASE_URL: services.env['DATABASE_URL'] ?? '' },
      onOutput: (_stream, chunk) => printed.resolve(chunk.toString().trim()),
    });
    await using bed = await bedOf(`http://127.0.0.1:${await printed.promise}`);
    const context = bed.context();
    await assert.rejects(check.run(context, check.params.parse(phases('postgres', { recovery: '1m' }))), (error) => {
      assert.ok(error instanceof LearnerError);
      assert.match(error.message, /^(while Postgres is away|once Postgres is back): GET \/notes was (refused|cut off)/);
      return true;
    });
    const seen = context.record.observation();
    assert.equal(seen.assertions.length, 7, 'as many as for an honest app');
    assert.equal(seen.assertions[0]?.ok, true);
    assert.equal(seen.assertions.at(-1)?.ok, false);
    assert.match(seen.assertions.at(-1)?.received ?? '', /GET \/notes was refused.*\n\(attempt 1, /);
    assert.equal((await app.exited).exitCode, 1);
  });

  test('what does not work with the service there is not tried without it', async () => {
    let outages = 0;
    await using bed = await testbed({
      app: notesApp({ add: () => Promise.reject(new Error('broken')), list: async () => [] }),
      contract,
      outage: async () => ({ [Symbol.asyncDispose]: async () => void outages++ }),
    });
    const seen = await bed.run(check, phases('mongo'));
    assert.equal(outages, 0);
    assert.deepEqual(
      seen.assertions.map(({ ok, received }) => [ok, received]),
      [[false, '503'], ...Array.from({ length: 6 }, () => [false, 'not tried, because an earlier step failed'])],
    );
  });

  test('an app that gives no answer at all is not taken anything away', async () => {
    await using bed = await bedOf('http://127.0.0.1:9');
    await assert.rejects(
      bed.run(check, phases('mongo')),
      /^LearnerError: while MongoDB is there: POST \/notes was refused/,
    );
  });

  test('the service is given back when the check is stopped in the middle', async () => {
    const stop = new AbortController();
    await using store = poolStore();
    const stopping = {
      ...store,
      list: () => {
        stop.abort(new Error('stopped'));
        return store.list();
      },
    };
    await using bed = await bedOf(notesApp(stopping));
    await assert.rejects(bed.run(check, phases('postgres'), stop.signal), /stopped/);
    const { PGHOST: host = '', PGPORT: port } = services.env;
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    socket.destroy();
  });
});

describe('parameters of service-outage', () => {
  const issues = (params: unknown) =>
    (check.params.safeParse(params) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  const call = [{ call: 'listNotes' }];
  const good = { service: 'mongo', before: call, during: call, after: call };
  const broken: [object, RegExp][] = [
    [{ service: 'mysql' }, /^service: /],
    [{ during: [] }, /^during: /],
    [{ recovery: 20 }, /^recovery: /],
    [{ after: [{ call: 'listNotes', body: '{{note}}' }] }, /^after\.0\.body: \{\{note\}\} names nothing/],
    [{ before: [{ call: 'listNotes', body: '{{lost}}' }], let: { lots: 1 } }, /^before\.0\.body: \{\{lost\}\} names/],
    [{ during: [{ call: 'listNotes', as: 'ann' }] }, /^during\.0: the user ann has to be named in "before"/],
    [{ after: [{ call: 'listNotes', body: '{{account.ann.email}}' }] }, /^after\.0: the user ann has to be named/],
  ];
  for (const [changes, message] of broken) {
    test(`refuses ${JSON.stringify(changes)}`, () => assert.match(issues({ ...good, ...changes }) ?? '', message));
  }

  test('values and users of an earlier phase are known in a later one', () => {
    const first = [{ call: 'listNotes', as: 'ann', save: { note: 'body' } }];
    const later = [{ call: 'listNotes', as: 'ann', body: '{{note}} of {{account.ann.email}}' }];
    assert.equal(issues({ ...good, before: first, during: later, after: later }), undefined);
  });

  test('says what it reads and what it takes away', () => {
    const params = check.params.parse(good);
    assert.deepEqual(typeof check.inputs === 'function' && check.inputs(params), ['app', 'mongo']);
    assert.deepEqual(check.interrupts?.(params), ['mongo']);
    assert.deepEqual(check.operations?.(params), ['listNotes', 'listNotes', 'listNotes']);
    assert.deepEqual([params.recovery, params.patience], [20_000, 10_000]);
  });
});
