import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError } from '../../platform/errors.ts';
import { suiteCommand } from './suite-command.ts';

function steps(scripts: Record<string, string>, more: object = {}): [string, boolean][] {
  return suiteCommand(JSON.stringify({ scripts, ...more })).steps.map(({ line, jest }) => [line, jest]);
}

describe('how a learner’s suite is run', () => {
  test('Jest is known by however it is started', () => {
    for (const script of [
      'jest',
      'npx jest --verbose',
      'NODE_ENV=test jest',
      'cross-env NODE_ENV=test jest --forceExit',
      'node --experimental-vm-modules node_modules/jest/bin/jest.js',
      './node_modules/.bin/jest tests/unit',
    ])
      assert.deepEqual(steps({ test: script }), [[script, true]], script);
    for (const script of ['node --test', 'mocha', 'echo jest; exit 0', 'jest || true', 'jest-runner-x', 'jest # all'])
      assert.deepEqual(steps({ test: script }), [[script, false]], script);
  });

  test('scripts that scripts run are put in their place, with what npm runs around them', () => {
    assert.deepEqual(
      steps({
        test: 'npm run test:unit && yarn test:e2e && eslint .',
        pretest: 'npm run build',
        posttest: 'echo done',
        build: 'tsc',
        'test:unit': 'jest unit',
        'pretest:e2e': 'node seed.js',
        'test:e2e': 'jest --config e2e.json',
      }),
      [
        ['tsc', false],
        ['jest unit', true],
        ['node seed.js', false],
        ['jest --config e2e.json', true],
        ['eslint .', false],
        ['echo done', false],
      ],
    );
  });

  test('a script that runs itself comes to an end', () => {
    assert.equal(steps({ test: 'npm run test' }).at(-1)?.[0], 'npm run test');
    const many = Array.from({ length: 250 }, () => 'npm run test').join(' && ');
    assert.ok(steps({ test: many }).length < 2000);
  });

  test('what a shell has to understand is left to it', () => {
    for (const script of ['node -e "1 && 2"', 'a && b; c', '(cd x && jest)', 'start & jest && stop'])
      assert.deepEqual(steps({ test: script }), [[script, false]], script);
  });

  test('NODE_OPTIONS are added to, not replaced', () => {
    const line = (script: string) => steps({ test: script })[0]?.[0];
    const expected = 'NODE_OPTIONS="$NODE_OPTIONS --experimental-vm-modules" jest';
    assert.equal(line('NODE_OPTIONS=--experimental-vm-modules jest'), expected);
    assert.equal(line(`NODE_OPTIONS='--experimental-vm-modules' jest`), expected);
    assert.equal(line('NODE_OPTIONS="--experimental-vm-modules" jest'), expected);
    assert.equal(line(expected), expected);
  });

  test('other coverage tools, and options that can’t stand twice, are taken out', () => {
    const line = (script: string) => steps({ test: script })[0]?.[0];
    assert.equal(line('c8 --check-coverage --lines 90 node --test'), 'node --test');
    assert.equal(line('npx nyc -r text mocha --exit'), 'mocha --exit');
    assert.equal(line('node --test --experimental-test-coverage --test-coverage-lines=80 "t/*"'), 'node --test "t/*"');
    assert.equal(line('jest --maxWorkers=2 --outputFile out.json --forceExit'), 'jest --forceExit');
  });

  test('without a test script, Jest is run where it is installed', () => {
    const { steps: found, notes } = suiteCommand(
      JSON.stringify({
        scripts: { test: 'echo "Error: no test specified" && exit 1' },
        devDependencies: { jest: '^30.0.0' },
      }),
    );
    assert.deepEqual(found, [{ line: 'jest', jest: true }]);
    assert.match(notes[0] ?? '', /no test script/);
  });

  test('a project without tests is told so', () => {
    const refused = (text: string | undefined, message: RegExp) =>
      assert.throws(
        () => suiteCommand(text),
        (error) => error instanceof LearnerError && message.test(error.message),
      );
    refused('{}', /no test script/);
    refused(JSON.stringify({ scripts: { test: '  ' } }), /no test script/);
    refused(undefined, /no package\.json/);
    refused('{', /can’t be read/);
    refused('{"scripts": {"test": 5}}', /can’t be read/);
    refused(JSON.stringify({ scripts: { test: 'c8 '.repeat(100_000) } }), /can’t be read/);
    refused('{"scripts": {"__proto__": "x"}}', /no test script/);
  });
});
