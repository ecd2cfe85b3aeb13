import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError } from '../../platform/errors.ts';
import type { Observation } from '../../report/schema.ts';
import { testWorkspace } from '../test-workspace.ts';
import { failures, testbed } from '../testbed.ts';
import { HONEST_TESTS, PROJECT, TRUE_IS_TRUE_TESTS } from './test-project.ts';
import { check } from './test-mutation.ts';

const PRICE = `function price(amount, member) {
  if (typeof amount !== 'number') throw new TypeError('not a number');
  if (amount > 100) return amount - 10;
  return member ? amount * 2 : amount;
}

module.exports = { price };
`;
/** Looks at everything but whether 100 is still a small amount. For node:test, which starts fastest. */
const PRICE_TESTS = `const assert = require('node:assert');
const { test } = require('node:test');
const { price } = require('../src/price');
test('refuses what is no number', () => assert.throws(() => price('5'), TypeError));
test('large amounts', () => assert.equal(price(200, false), 190));
test('members', () => { assert.equal(price(5, true), 10); assert.equal(price(5, false), 5); });
`;
/** The beginning of a test file for node:test. */
const HEAD = PRICE_TESTS.split('\n').slice(0, 2).join('\n');

function project(tests: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    'package.json': JSON.stringify({ scripts: { test: 'node --test' } }),
    'src/price.js': PRICE,
    'test/price.test.js': tests,
    ...more,
  };
}

async function run(files: Record<string, string>, params: object = {}): Promise<Observation> {
  await using bed = await testbed({ files, workspace: testWorkspace(files, { packages: true }) });
  return bed.run(check, { timeout: '60s', ...params }, AbortSignal.timeout(280_000));
}

function noticed(seen: Observation): number | undefined {
  return seen.measurements['mutantsNoticed']?.value;
}

function received(seen: Observation): string {
  return seen.assertions.find(({ ok }) => !ok)?.received ?? '';
}

describe('test-mutation: what suites notice', () => {
  test('survivors are named, with file, line and change; the same each time', async () => {
    const seen = await run(project(PRICE_TESTS));
    assert.deepEqual(failures(seen), []);
    assert.deepEqual(seen.positions, [
      {
        file: 'src/price.js',
        line: 3,
        message:
          '`>` became `>=`, and no test failed: if (amount > 100) return amount - 10; → if (amount >= 100) return amount - 10;',
      },
    ]);
    const tried = seen.measurements['mutantsTried']?.value ?? 0;
    assert.ok(tried >= 8, `${tried} tried`);
    assert.equal(noticed(seen), Math.round((1000 * (tried - 1)) / tried) / 10);
    assert.match(seen.notes.at(-1) ?? '', new RegExp(`broken in ${tried} small ways.*noticed ${tried - 1}\\.$`));
    const complete = await run(project(`${PRICE_TESTS}test('100', () => assert.equal(price(100), 100));\n`));
    assert.deepEqual([noticed(complete), complete.positions], [100, []]);
  });

  test('an API that is tested through HTTP', async () => {
    const seen = await run({ ...PROJECT, 'test/todos.test.js': HONEST_TESTS }, { mutants: 10 });
    assert.deepEqual(failures(seen), []);
    assert.ok((noticed(seen) ?? 0) >= 90, `${noticed(seen)} %`);
  });

  test('tests that run everything and look at nothing notice nothing', async () => {
    const seen = await run({ ...PROJECT, 'test/todos.test.js': TRUE_IS_TRUE_TESTS }, { mutants: 6, least: 1 });
    assert.deepEqual([failures(seen), noticed(seen), seen.positions.length], [[], 0, 6]);
  });

  test('node:test; code that no test runs is not broken', async () => {
    const seen = await run({
      'package.json': JSON.stringify({ type: 'module', scripts: { test: 'node --test' } }),
      'src/sign.ts': `export function sign(n: number): string {\n  return n < 0 ? 'minus' : 'plus';\n}\nexport function even(n: number) {\n  return n === 2;\n}\n`,
      'test/sign.test.ts': `import assert from 'node:assert';\nimport test from 'node:test';\nimport { sign } from '../src/sign.ts';\ntest('sign', () => { assert.equal(sign(-1), 'minus'); assert.equal(sign(1), 'plus'); });\n`,
    });
    assert.deepEqual(failures(seen), []);
    assert.deepEqual([noticed(seen), seen.measurements['mutantsTried']?.value], [50, 2]);
    assert.deepEqual(
      seen.positions.map(({ line }) => line),
      [2],
    );
  });

  test('a suite that does not end any more has noticed', async () => {
    const loop = `function next(done) {\n  for (let i = 0; ; i++) {\n    if (done(i)) return i;\n  }\n}\nmodule.exports = { next };\n`;
    const seen = await run({
      ...project(`${HEAD}\ntest('next', () => assert.equal(require('../src/price').next((i) => i > 3), 4));\n`),
      'src/price.js': loop,
    });
    assert.deepEqual([failures(seen), noticed(seen)], [[], 100]);
    assert.match(seen.notes.at(-1) ?? '', /1 of them by not coming to an end/);
  });
});

describe('test-mutation: suites whose noticing is worth nothing', () => {
  test('one that fails, or has no test, on the unchanged source', async () => {
    const failing = await run(project(`${PRICE_TESTS}test('wrong', () => assert.equal(price(1), 2));\n`));
    assert.deepEqual([failures(failing), noticed(failing)], [['every test passes'], undefined]);
    const none = await run(project(`${HEAD}\ntest.todo('later');\n`));
    assert.deepEqual([failures(none), noticed(none)], [['the test suite has tests'], undefined]);
  });

  test('one that runs none of the source', async () => {
    const seen = await run(project(`${HEAD}\ntest('true', () => assert.ok(true));\n`));
    assert.deepEqual(failures(seen), ['the tests run code of the app that can be broken']);
  });

  test('one that looks at the text of the source', async () => {
    const hash = `${HEAD}\nconst { createHash } = require('node:crypto');
const text = require('node:fs').readFileSync('src/price.js');
test('unchanged', () => { require('../src/price').price(1); assert.equal(createHash('md5').update(text).digest('hex'), 'HASH'); });
`;
    const { createHash } = await import('node:crypto');
    const seen = await run(project(hash.replace('HASH', createHash('md5').update(PRICE).digest('hex'))));
    assert.deepEqual(failures(seen), ['the tests look at what the source does, not at how it is written']);
    assert.equal(noticed(seen), undefined);
  });

  test('one that passes once', async () => {
    const seen = await run(
      project(
        `${PRICE_TESTS}test('is new', () => { const fs = require('node:fs'); assert.ok(!fs.existsSync('made')); fs.writeFileSync('made', ''); });\n`,
      ),
    );
    assert.deepEqual([failures(seen), noticed(seen)], [['the suite passes each time that it is run'], undefined]);
    assert.match(received(seen), /^3 passed, 1 failed/);
  });

  test('one that what a broken run left behind makes fail from then on', async () => {
    const store = `const fs = require('node:fs/promises');
async function add(text) {
  await fs.appendFile('notes', text);
}
async function all() {
  return fs.readFile('notes', 'utf8').catch(() => '');
}
async function clear() {
  await fs.rm('notes', { force: true });
}
module.exports = { add, all, clear };
`;
    const tests = `${HEAD}
const { add, all, clear } = require('../src/price');
test('notes', async () => {
  await add('a');
  assert.equal(await all(), 'a');
  await clear();
});
`;
    const seen = await run({ ...project(tests), 'src/price.js': store });
    assert.deepEqual([failures(seen), noticed(seen)], [['the suite passes each time that it is run'], undefined]);
    const careful = tests
      .replace("await add('a')", "await clear();\n  await add('a')")
      .replace(/ {2}await clear\(\);\n\}/, '  await clear();\n  assert.equal(await all(), "");\n}');
    const mended = await run({ ...project(careful), 'src/price.js': store });
    assert.deepEqual([failures(mended), noticed(mended)], [[], 100]);
  });

  test('one that is too slow for the time that there is', async () => {
    await assert.rejects(
      run(project(PRICE_TESTS), { budget: '1ms' }),
      (error) =>
        error instanceof LearnerError &&
        error.fault === 'timeout' &&
        /could be run for 0 of \d+ changes/.test(error.message),
    );
  });
});
