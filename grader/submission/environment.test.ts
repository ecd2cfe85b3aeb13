import assert from 'node:assert/strict';
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
