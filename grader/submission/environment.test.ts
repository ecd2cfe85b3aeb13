import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { tempDir } from '../platform/temp-dir.ts';
import { checkout } from './checkout.ts';
import { appEnvironment, mayBeSet } from './environment.ts';
import { writeTree } from './runtimes/testbed.ts';

async function environmentOf(
  files: Record<string, string>,
  services: Record<string, string> = {},
  promised: Record<string, string> = {},
) {
  await using dir = await tempDir('t');
  await writeTree(dir.path, files);
  await using submission = await checkout(dir.path, { rubric: 'day-04', path: process.env['PATH'] ?? '' });
  return await appEnvironment({ submission, services, promised, secret: () => 'drawn' });
}

describe('appEnvironment', () => {
  test('secrets that the sources name are drawn; others are not', async () => {
    const { env } = await environmentOf({
      'a.js': 'jwt.sign(x, process.env.JWT_SECRET); const { REFRESH_TOKEN_SECRET } = process.env; "NOT_A_KNOWN_SECRET"',
    });
    assert.deepEqual(env, { JWT_SECRET: 'drawn', REFRESH_TOKEN_SECRET: 'drawn' });
  });

  test('two runs draw different secrets', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'a.js': 'process.env.JWT_SECRET' });
    await using submission = await checkout(dir.path, { rubric: 'day-04', path: '' });
    const draw = async () => (await appEnvironment({ submission, services: {}, promised: {} })).env['JWT_SECRET'];
    assert.notEqual(await draw(), await draw());
    assert.match((await draw()) ?? '', /^[0-9a-f]{64}$/);
  });

  test('.env.example fills in what nobody else gives, and that is said', async () => {
    const example =
      'PORT=3000\nNODE_ENV=production\nexport ROUNDS=10 # cost\nJWT_SECRET=changeme\nMONGODB_URI="mongodb://localhost/x"\nEMPTY=\nKEY=<your key>\nNODE_OPTIONS=--require=./x\n';
    const { env, assumptions } = await environmentOf(
      { '.env.example': example },
      { MONGODB_URI: 'mongodb://real' },
      { CURRENCY: 'EUR' },
    );
    assert.deepEqual(env, { ROUNDS: '10', JWT_SECRET: 'drawn', CURRENCY: 'EUR', MONGODB_URI: 'mongodb://real' });
    assert.deepEqual(
      assumptions.map(({ what }) => what),
      ['ROUNDS as in .env.example'],
    );
  });

  test('a .env that was handed in is left to the app', async () => {
    assert.deepEqual((await environmentOf({ '.env': 'ROUNDS=4', '.env.example': 'ROUNDS=10' })).env, {});
  });

  test('grade.yaml sets variables, but not those of the services', async () => {
    const { env } = await environmentOf(
      { 'grade.yaml': 'env: { MODE: x, DATABASE_URL: mine }\n' },
      { DATABASE_URL: 'real' },
    );
    assert.deepEqual(env, { MODE: 'x', DATABASE_URL: 'real' });
  });

  test('NODE_ENV is unset unless the rubric promises one', async () => {
    assert.equal('NODE_ENV' in (await environmentOf({ 'a.js': '' })).env, false);
    assert.equal((await environmentOf({ 'a.js': '' }, {}, { NODE_ENV: 'production' })).env['NODE_ENV'], 'production');
  });
});

const POSTGRES = {
  POSTGRES_URL: 'postgresql://me:pw@pg:5432/mine',
  PGHOST: 'pg',
  PGPORT: '5432',
  PGUSER: 'me',
  PGPASSWORD: 'pw',
  PGDATABASE: 'mine',
  DB_HOST: 'pg',
};
const MONGO = {
  MONGODB_URI: 'mongodb://me:pw@mongo:27017/mine?directConnection=true',
  MONGO_HOST: 'mongo',
  MONGO_PORT: '27017',
  MONGO_USER: 'me',
  MONGO_PASSWORD: 'pw',
  MONGO_DB_NAME: 'mine',
  DB_HOST: 'mongo',
};
const REDIS = { REDIS_URL: 'redis://:pw@redis:6379', REDIS_HOST: 'redis', REDIS_PORT: '6379', REDIS_PASSWORD: 'pw' };

/** What is set beyond the services' usual variables. */
async function own(files: Record<string, string>, services: Record<string, string>, promised = {}) {
  const found = await environmentOf(files, services, promised);
  const more = Object.entries(found.env).filter(([name, value]) => services[name] !== value);
  return { ...found, own: Object.fromEntries(more) };
}

describe('variables by their use', () => {
  test('PORT, HOST and USER that feed a pool are the database’s; the app is told by other names', async () => {
    const { own: given, listen } = await own(
      {
        'db.js': `const { Pool } = require('pg'); new Pool({ host: process.env.HOST, port: process.env.PORT, user: process.env.USER, database: process.env.DATABASE })`,
        'app.js': 'app.listen(process.env.WEB)',
      },
      POSTGRES,
    );
    assert.deepEqual(given, { HOST: 'pg', PORT: '5432', USER: 'me', DATABASE: 'mine' });
    assert.deepEqual(listen, { ports: ['WEB'], otherPorts: [], hosts: [] });
  });

  test('PORT and HOST are where the app listens otherwise', async () => {
    const { listen } = await own(
      { 'a.js': 'app.listen(process.env.PORT); admin.listen(process.env.ADMIN_DOOR, process.env.IFACE)' },
      {},
    );
    assert.deepEqual(listen, { ports: ['PORT'], otherPorts: ['ADMIN_DOOR'], hosts: ['HOST', 'IFACE'] });
  });

  test('servers that call each other keep the ports that they have by default', async () => {
    const { listen } = await own(
      { 'a.js': 'app.listen(process.env.PORT || 4000)', 'b.js': 'app.listen(process.env.USERS_PORT || 4001)' },
      {},
    );
    assert.deepEqual(listen, { ports: ['PORT'], otherPorts: [], hosts: ['HOST'] });
  });

  test('a misspelt name gets the URL, and that is said with its place', async () => {
    const { own: given, assumptions } = await own({ 'src/db.js': '\nmongoose.connect(process.env.MOGNO)' }, MONGO);
    assert.deepEqual(given, { MOGNO: MONGO.MONGODB_URI });
    assert.deepEqual(assumptions, [{ what: 'MOGNO is set for MongoDB', because: 'src/db.js:2 connects with it' }]);
  });

  test('of several services the use picks the right one, also where a usual name is another’s', async () => {
    const { own: given } = await own(
      {
        'a.js': `mongoose.connect(process.env.A); new (require('pg').Pool)({ connectionString: process.env.B }); mongoose.createConnection(process.env.DB_HOST)`,
      },
      { ...MONGO, ...POSTGRES },
    );
    assert.deepEqual(given, { A: MONGO.MONGODB_URI, B: POSTGRES.POSTGRES_URL, DB_HOST: MONGO.MONGODB_URI });
  });

  test('a service that the rubric does not have gives nothing', async () => {
    assert.deepEqual((await own({ 'a.js': 'mongoose.connect(process.env.A)' }, POSTGRES)).own, {});
  });

  for (const [title, source, services, expected] of [
    ['a server’s URL', 'mongoose.connect(`${process.env.S}/todos`)', MONGO, { S: 'mongodb://localhost:27017' }],
    [
      'a URL to which options are appended',
      'mongoose.connect(process.env.S + "?w=1")',
      MONGO,
      { S: 'mongodb://me:pw@mongo:27017/mine' },
    ],
    [
      'a URL without credentials',
      'mongoose.connect(`mongodb://${process.env.H}:${process.env.P}/${process.env.D}`)',
      MONGO,
      { H: 'localhost', P: '27017', D: 'mine' },
    ],
    [
      'a URL with them',
      'mongoose.connect(`mongodb://${process.env.U}:${process.env.W}@${process.env.H}:${process.env.P}/${process.env.D}`)',
      MONGO,
      { U: 'me', W: 'pw', H: 'mongo', P: '27017', D: 'mine' },
    ],
    [
      'Redis without a password',
      `const Redis = require('ioredis'); new Redis({ host: process.env.H, port: process.env.P })`,
      REDIS,
      { H: 'localhost', P: '6379' },
    ],
    [
      'Redis with one',
      `const Redis = require('ioredis'); new Redis({ host: process.env.H, port: process.env.P, password: process.env.W })`,
      REDIS,
      { H: 'redis', P: '6379', W: 'pw' },
    ],
    [
      'a database with a name of its own',
      `new (require('pg').Pool)({ host: process.env.H, user: process.env.U, database: 'todos' })`,
      POSTGRES,
      { H: 'localhost', U: 'me' },
    ],
  ] as const)
    test(title, async () => assert.deepEqual((await own({ 'a.js': source }, services)).own, expected));

  test('the halves of a pair belong together, and purposes are kept apart', async () => {
    const { env } = await own(
      {
        'a.js': `const jwt = require('jsonwebtoken'); const rs = { algorithm: 'RS256' }, ok = { algorithms: ['RS256'] };
          jwt.sign(a, process.env.ACCESS_PRIVATE_KEY, rs); jwt.verify(t, process.env.ACCESS_PUBLIC_KEY, ok);
          jwt.sign(a, Buffer.from(process.env.REFRESH_PRIVATE_KEY, 'base64').toString(), rs); jwt.verify(t, Buffer.from(process.env.REFRESH_PUBLIC_KEY, 'base64'), ok)`,
      },
      {},
    );
    const publicOf = (pem = '') => createPublicKey(pem).export({ type: 'spki', format: 'pem' });
    const plain = (text = '') => Buffer.from(text, 'base64').toString();
    assert.equal(publicOf(env['ACCESS_PRIVATE_KEY']), publicOf(env['ACCESS_PUBLIC_KEY']));
    assert.equal(publicOf(plain(env['REFRESH_PRIVATE_KEY'])), publicOf(plain(env['REFRESH_PUBLIC_KEY'])));
    assert.notEqual(publicOf(env['ACCESS_PUBLIC_KEY']), publicOf(plain(env['REFRESH_PUBLIC_KEY'])));
  });

  test('a key of Stripe looks like one, settings that break are set, others are named as missing', async () => {
    const { own: given, missing } = await own(
      {
        'a.js': `const stripe = require('stripe')(process.env.PAY); const bcrypt = require('bcrypt'); bcrypt.hash(p, Number(process.env.ROUNDS)); const ttl = process.env.TTL || '1d';
if (!process.env.REGION) throw new Error('REGION');`,
      },
      {},
    );
    assert.deepEqual(given, { PAY: 'sk_test_drawn', ROUNDS: '10' });
    assert.deepEqual(
      missing.map(({ name, file, line }) => `${name} ${file}:${line}`),
      ['REGION a.js:2'],
    );
  });

  test('what the app may not choose is not set, whatever it is used for', async () => {
    const { own: given } = await own(
      {
        'a.js':
          'mongoose.connect(process.env.NODE_OPTIONS); mongoose.connect(process.env.LD_PRELOAD); mongoose.connect(process.env.PATH); mongoose.connect(process.env.__proto__)',
      },
      MONGO,
    );
    assert.deepEqual(given, {});
  });

  test('a .env that was handed in is gone before, for what reaches a service', async () => {
    const { own: given } = await own(
      { '.env': 'SOURCE=mongodb://localhost/x\nROUNDS=4', 'a.js': 'helper("SOURCE")' },
      MONGO,
    );
    assert.deepEqual(given, { SOURCE: MONGO.MONGODB_URI });
  });

  test('the schema of Prisma and a compose file name variables', async () => {
    const { own: given } = await own(
      {
        'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n  url = env("STORE")\n}',
        'docker-compose.yml':
          'services:\n  api:\n    environment:\n      - TOKEN_SECRET=abc\n      CACHE: redis://redis:6379\n    ports: []\n',
      },
      { ...POSTGRES, ...REDIS },
    );
    assert.deepEqual(given, { STORE: POSTGRES.POSTGRES_URL, TOKEN_SECRET: 'drawn', CACHE: REDIS.REDIS_URL });
  });

  test('grade.yaml goes before what is guessed, and the rubric before both', async () => {
    const files = {
      'a.js': 'x(process.env.JWT_SECRET, process.env.MONGO_HOST_2)',
      'grade.yaml': 'env: { JWT_SECRET: mine, MONGO_HOST_2: theirs }',
    };
    assert.deepEqual((await own(files, MONGO)).own, { JWT_SECRET: 'mine', MONGO_HOST_2: 'theirs' });
    assert.deepEqual((await own(files, {}, { JWT_SECRET: 'promised' })).own['JWT_SECRET'], 'promised');
  });
});

test('mayBeSet refuses what changes how programs are found or loaded', () => {
  for (const name of [
    'PATH',
    'Path',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'BASH_ENV',
    'npm_config_registry',
    'HOME',
    'INVOCATION_ID',
  ])
    assert.equal(mayBeSet(name), false, name);
  for (const name of ['NODE_ENV', 'JWT_SECRET', 'API_PATH', 'LOG_LEVEL']) assert.equal(mayBeSet(name), true, name);
});
