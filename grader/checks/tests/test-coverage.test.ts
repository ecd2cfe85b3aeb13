import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError } from '../../platform/errors.ts';
import type { Observation } from '../../report/schema.ts';
import { testWorkspace } from '../test-workspace.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './test-coverage.ts';
import { EMPTY_TESTS, HONEST_TESTS, PROJECT } from './test-project.ts';

const MATH = `const add = (a, b) => a + b;

function clamp(x, low, high) {
  if (x < low) return low;
  if (x > high) {
    return high;
  }
  return x;
}

module.exports = { add, clamp };
`;
/** Runs lines 1, 4 and 11 of MATH, but not 5, 6 and 8. */
const MATH_TESTS = `const { add, clamp } = require('../src/math');
test('adds', () => expect(add(1, 2)).toBe(3));
test('clamps', () => expect(clamp(1, 2, 3)).toBe(2));
`;

interface Manifest {
  test?: string;
  type?: string;
  jest?: object;
}

function project(tests: string, { test: script = 'jest', ...manifest }: Manifest = {}): Record<string, string> {
  return {
    'package.json': JSON.stringify({ scripts: { test: script }, ...manifest }),
    'src/math.js': MATH,
    'test/math.test.js': tests,
  };
}

async function run(
  files: Record<string, string>,
  params: object = {},
  env: Record<string, string> = {},
): Promise<Observation> {
  await using bed = await testbed({ files, env, workspace: testWorkspace(files, { packages: true }) });
  return bed.run(check, { timeout: '60s', ...params });
}

function covered(seen: Observation): number | undefined {
  return seen.measurements['linesCovered']?.value;
}

function received(seen: Observation): string {
  return seen.assertions.find(({ ok }) => !ok)?.received ?? '';
}

describe('test-coverage: what is counted', () => {
  test('an honest suite: lines by file, the stretches that no test runs, how many tests passed', async () => {
    const seen = await run({ ...project(MATH_TESTS), 'src/never.js': 'exports.x = () => {\n  return 1;\n};\n' });
    assert.deepEqual(failures(seen), []);
    assert.equal(covered(seen), 37.5);
    assert.equal(seen.measurements['statementsCovered']?.value, 50);
    assert.match(
      seen.assertions.find(({ title }) => title === 'every test passes')?.received ?? '',
      /^2 passed, 0 failed/,
    );
    assert.deepEqual(seen.positions, [
      { file: 'src/math.js', line: 5, message: 'lines 5 to 8 are run by no test (3 lines of code)' },
      {
        file: 'src/never.js',
        line: 1,
        message: 'lines 1 to 2 are run by no test: no test loads this file (2 lines of code)',
      },
    ]);
    assert.deepEqual(seen.notes, [
      'Lines covered by file: src/math.js 3 of 6; src/never.js 0 of 2 (loaded by no test).',
    ]);
    assert.deepEqual(seen.plots[0]?.series[0]?.values, [50, 0]);
  });

  test('an API that is tested through HTTP', async () => {
    const seen = await run({ ...PROJECT, 'test/todos.test.js': HONEST_TESTS });
    assert.deepEqual([failures(seen), covered(seen)], [[], 100]);
  });

  test('ES modules, and NODE_OPTIONS of the learner’s own', async () => {
    const files = project(
      MATH_TESTS.replace(/const (.*) = require\((.*)\);/, 'import $1 from $2;').replace("math'", "math.js'"),
      {
        type: 'module',
        test: 'NODE_OPTIONS=--experimental-vm-modules jest',
      },
    );
    const seen = await run({ ...files, 'src/math.js': MATH.replace('module.exports =', 'export') });
    // `export { … }` is nothing that runs.
    assert.deepEqual([failures(seen), covered(seen)], [[], 40]);
  });

  test('what runs in processes that tests start, also when they end them by a signal', async () => {
    const server = `require('./math').clamp(9, 2, 3);\nrequire('node:http').createServer().listen(0, () => console.log('up'));\n`;
    const tests = `const { spawn } = require('node:child_process');
const { once } = require('node:events');
test('it starts', async () => {
  const child = spawn(process.execPath, ['src/server.js'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout, 'data');
  child.kill();
  const [, signal] = await once(child, 'exit');
  expect([String(text), signal]).toEqual(['up\\n', 'SIGTERM']);
});
`;
    const seen = await run({ ...project(tests), 'src/server.js': server });
    assert.deepEqual(failures(seen), []);
    assert.deepEqual(seen.notes, ['Lines covered by file: src/math.js 5 of 6; src/server.js 2 of 2.']);
  });

  test('node:test, with TypeScript', async () => {
    const seen = await run({
      'package.json': JSON.stringify({
        type: 'module',
        scripts: { test: 'node --test --experimental-test-coverage --test-coverage-lines=60' },
      }),
      'src/math.ts': MATH.replace('(a, b)', '(a: number, b: number): number')
        .replace('(x, low, high)', '(x: number, low: number, high: number)')
        .replace('module.exports =', 'export'),
      'test/math.test.ts': `import assert from 'node:assert';\nimport test from 'node:test';\nimport { add, clamp } from '../src/math.ts';
test('adds', () => assert.equal(add(1, 2), 3));\ntest('clamps', () => assert.equal(clamp(1, 2, 3), 2));\n`,
    });
    assert.deepEqual([failures(seen), covered(seen)], [[], 40]);
    assert.match(seen.assertions.find(({ title }) => title === 'every test passes')?.received ?? '', /^2 passed/);
  });

  test('TypeScript through a transform with source maps', async () => {
    const transform = `const { stripTypeScriptTypes } = require('node:module');
module.exports = { process: (code, path) => ({ code: stripTypeScriptTypes(code, { mode: 'transform', sourceMap: true, sourceUrl: path }) }) };\n`;
    const files = {
      'package.json': JSON.stringify({
        scripts: { test: 'jest' },
        jest: { transform: { '\\.ts$': '<rootDir>/transform.js' } },
      }),
      'transform.js': transform,
      'src/math.ts': `enum Color {\n  Red,\n}\n${MATH.replace('(a, b)', '(a: number, b: number): number').replace('(x, low, high)', '(x: number,\n  low: number, high: number)')}`,
      'test/math.test.ts': MATH_TESTS,
    };
    const seen = await run(files);
    assert.deepEqual([failures(seen), covered(seen)], [[], 57.1]);
    assert.equal(seen.positions[0]?.line, 9);
    const blind = await run({ ...files, 'transform.js': transform.replace('sourceMap: true', 'sourceMap: false') });
    assert.deepEqual(failures(blind), ['what the tests run can be traced back to the source']);
  });

  test('only the source counts; without the usual folder, everything but tests and settings', async () => {
    const files = {
      ...project(MATH_TESTS),
      'src/server.js': 'start();\n',
      'src/old.test.js': 'test("x", () => {});\n',
      'jest.config.js': 'module.exports = {};\n',
    };
    const seen = await run(files, { except: ['src/server.*'] });
    assert.deepEqual(seen.notes, ['Lines covered by file: src/math.js 3 of 6.']);
    const elsewhere = await run(files, { files: 'app/**' });
    assert.match(elsewhere.notes[0] ?? '', /all files but tests and settings/);
    assert.match(elsewhere.notes[1] ?? '', /src\/math\.js 3 of 6; src\/server\.js 0 of 1 \(loaded by no test\)\.$/);
    await assert.rejects(
      run({ 'package.json': '{}' }),
      (error) => error instanceof LearnerError && /no source file/.test(error.message),
    );
  });

  test('tests get the app’s variables, but a port of their own and no NODE_ENV', async () => {
    const tests = `test('variables', () => {
  require('../src/math');
  const { DATABASE_URL, PORT, NODE_ENV } = process.env;
  expect([DATABASE_URL, NODE_ENV, PORT === '3000']).toEqual(['postgres://x', 'test', false]);
});\n`;
    const seen = await run(project(tests), {}, { DATABASE_URL: 'postgres://x', PORT: '3000', NODE_ENV: 'production' });
    assert.deepEqual(failures(seen), []);
  });
});

describe('test-coverage: what is not believed', () => {
  test('settings, thresholds and comments that hide code from coverage', async () => {
    const files = project(MATH_TESTS, {
      test: 'jest --coverage --coverageReporters=json',
      jest: {
        collectCoverage: true,
        coveragePathIgnorePatterns: ['hidden'],
        coverageThreshold: { global: { lines: 100 } },
      },
    });
    const hidden = MATH.replace(
      '  if (x > high)',
      '  /* istanbul ignore if */ /* v8 ignore next 3 */\n  if (x > high)',
    );
    const seen = await run({ ...files, 'src/math.js': hidden, 'src/hidden.js': 'exports.a = 1;\nexports.b = 2;\n' });
    assert.deepEqual([failures(seen), covered(seen)], [[], 37.5]);
  });

  test('a coverage report that the suite brings along', async () => {
    const forged = {
      '/x/src/math.js': { path: 'src/math.js', statementMap: {}, fnMap: {}, branchMap: {}, s: {}, f: {}, b: {} },
    };
    const seen = await run({
      ...project('test("nothing", () => expect(1).toBe(1));\n', {
        test: 'jest && cp forged.json coverage/coverage-final.json',
      }),
      'forged.json': JSON.stringify(forged),
      'coverage/lcov.info': 'SF:src/math.js\nLF:7\nLH:7\nend_of_record\n',
    });
    assert.deepEqual([failures(seen), covered(seen)], [[], 0]);
  });

  test('records that a test puts where the grader’s lie', async () => {
    const tests = `const fs = require('node:fs');
test('writes', () => {
  const folder = fs.readdirSync('.').find((name) => name.startsWith('.grade-'));
  const source = fs.readFileSync('src/math.js', 'utf8');
  const script = { path: 'src/math.js', source, unrun: [] };
  fs.writeFileSync(folder + '/1-0.json', JSON.stringify({ token: 'guess', scripts: [script] }));
  fs.writeFileSync(folder + '/2-0.json', '{"token":');
  fs.writeFileSync(folder + '/jest-9.json', '{"testResults":[{"assertionResults":5}]}');
  fs.writeFileSync(folder + '/big.json', Buffer.alloc(200e6, 32));
  fs.mkdirSync(folder + '/3-0.json');
  fs.symlinkSync('/dev/zero', folder + '/4-0.json');
  require('node:child_process').execFileSync('mkfifo', [folder + '/5-0.json']);
  expect(1).toBe(1);
});\n`;
    const seen = await run(project(tests));
    assert.deepEqual([failures(seen), covered(seen)], [[], 0]);
    assert.match(seen.notes.at(-1) ?? '', /^The tests left 7 files where the grader counts/);
  });

  test('a folder for records that is taken away', async () => {
    const seen = await run(
      project(`test('x', () => {
  for (const name of require('node:fs').readdirSync('.')) if (name.startsWith('.grade-')) require('node:fs').rmSync(name, { recursive: true });
});\n`),
    );
    assert.equal(covered(seen), 0);
    assert.deepEqual(failures(seen), ['the test suite has tests']);
  });

  test('a suite that ends well without running anything', async () => {
    for (const [script, tests] of [
      ['exit 0', MATH_TESTS],
      ['jest', 'process.exit(0);'],
      ['jest --passWithNoTests --testMatch="nothing"', MATH_TESTS],
      ['jest', 'test.skip("later", () => {}); test.todo("this too");'],
    ] as const) {
      const seen = await run(project(tests, { test: script }));
      assert.deepEqual([failures(seen), covered(seen)], [['the test suite has tests'], 0], script);
    }
  });

  test('a script that prints a summary of tests that it has not run counts no line', async () => {
    const seen = await run(project('', { test: 'echo "# pass 50" && echo "# fail 0"' }));
    assert.equal(covered(seen), 0);
  });
});

describe('test-coverage: suites that are told what is wrong with them', () => {
  test('a test that fails has its place: the assertion, in the learner’s file', async () => {
    const failing = `${MATH_TESTS}test('adds more', () => {\n  const sum = add(2, 2);\n  expect(sum).toBe(5);\n});\n`;
    const places = ({ positions }: Observation) =>
      positions.filter(({ message }) => !message.includes('run by no test')).map(({ file, line }) => [file, line]);
    const seen = await run(project(failing));
    assert.deepEqual(places(seen), [['test/math.test.js', 6]]);
    assert.match(seen.positions[0]?.message ?? '', /^the test “adds more” fails: .*toBe/);

    // What it throws from the app is pointed at where the test called it.
    const thrown = `const { add } = require('../src/math');\ntest('x', () => {\n  add.call();\n  [].reduce(add);\n});\n`;
    assert.deepEqual(places(await run(project(thrown))), [['test/math.test.js', 4]]);

    const plain = `const { test } = require('node:test');\nconst { equal } = require('node:assert');
const { add } = require('../src/math');\ntest('adds', () => {\n  equal(add(1, 1), 3);\n});\n`;
    assert.deepEqual(places(await run(project(plain, { test: 'node --test' }))), [['test/math.test.js', 5]]);
  });

  test('a place that the submission lacks is none', async () => {
    const forged = (path: string, line: number) =>
      `test('x', () => { const e = new Error('no'); e.stack = 'Error: no\\n    at y (${path}:${line}:1)'; throw e; });\n`;
    for (const [path, line] of [
      ['/etc/passwd', 1],
      ['/app/node_modules/x/src/math.js', 1],
      ['/app/src/math.js', 999],
    ] as const) {
      const { positions } = await run(project(forged(path, line)));
      assert.deepEqual(
        positions.filter(({ message }) => message.includes('fails')),
        [],
        path,
      );
    }
  });

  test('tests that fail, by name; files that can’t be run', async () => {
    const seen = await run({
      ...project(`${MATH_TESTS}\ntest('subtracts', () => expect(require('../src/math').add(1, -1)).toBe(2));\n`),
      'test/broken.test.js': `require('./nothing');\n`,
    });
    assert.deepEqual(failures(seen), ['every test passes']);
    assert.match(received(seen), /^2 passed, 2 failed\n/);
    assert.match(received(seen), /^subtracts: .*[\s\S]*Expected: 2\nReceived: 0$/m);
    assert.match(received(seen), /^broken\.test\.js: [\s\S]*Cannot find module '\.\/nothing'/m);
    assert.equal(covered(seen), 50, 'it is counted all the same');
  });

  test('an exit code that says otherwise than the tests', async () => {
    const seen = await run(project(MATH_TESTS, { test: 'jest && exit 3' }));
    assert.deepEqual([failures(seen), received(seen)], [['every test passes'], '2 passed, 0 failed\nexit code 3']);
  });

  test('a suite that does not end: in a test, or after the last one', async () => {
    const endless = await run(project('test("x", () => { for (;;); });'), { timeout: '4s' });
    assert.deepEqual(
      [failures(endless), received(endless)],
      [['the test suite comes to its end'], 'it was stopped after 4 s'],
    );
    const open = await run(
      project(`${MATH_TESTS}\nsetInterval(() => {}, 1000);\nrequire('node:http').createServer().listen(0);`),
      {
        timeout: '8s',
      },
    );
    assert.deepEqual(failures(open), ['the test suite comes to its end']);
    assert.match(received(open), /all tests had ended \(2 passed, 0 failed\), but something was still open/);
  });

  test('tests that compare nothing', async () => {
    const seen = await run({ ...PROJECT, 'test/todos.test.js': EMPTY_TESTS });
    assert.deepEqual(failures(seen), ['the tests compare results with what they should be']);
    assert.equal(covered(seen), 100);
    const asserting = await run(
      project(
        `const assert = require('node:assert');\ntest('x', () => assert.equal(require('../src/math').add(1, 1), 2));\n`,
      ),
    );
    assert.deepEqual(failures(asserting), []);
  });

  test('a project without a test script', async () => {
    await assert.rejects(
      run({ 'package.json': '{}', 'src/a.js': 'x()' }),
      (error) => error instanceof LearnerError && /no test script/.test(error.message),
    );
  });

  test('a great deal of output, and a source that is no JavaScript', async () => {
    const loud = `${MATH_TESTS}\ntest('loud', () => { for (let i = 0; i < 200; i++) { process.stderr.write('x'.repeat(1e5)); process.stdout.write('y'.repeat(1e5)); } });\n`;
    const seen = await run({ ...project(loud), 'src/broken.js': 'let a = ;\n' });
    assert.deepEqual(failures(seen), []);
    assert.ok(JSON.stringify(seen).length < 50_000);
    assert.match(seen.notes[0] ?? '', /src\/broken\.js 0 of 1/);
  });
});
