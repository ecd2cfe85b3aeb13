import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InfrastructureError, LearnerError, UsageError } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { testApp, type TestRoutes } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './jest-suite.ts';

const contract = { getTodo: { request: 'GET /todos/{id}' } };
const SPEC = `
describe('a todo', () => {
  test('is found by its id', async () => {
    const { method, url } = grade.route('getTodo', { id: 'a b' });
    const answer = await fetch(url, { method, headers: grade.authorization('secret') });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ id: 'a b', token: 'Bearer secret' });
  });
  test('is quick', () => {});
});
`;
const routes: TestRoutes = {
  'GET /todos/{id}': ({ params, headers }) => ({ body: { id: params['id'], token: headers.authorization } }),
};

async function run(specs: Record<string, string>, params: Record<string, unknown> = {}, app: TestRoutes = routes) {
  await using dir = await tempDir('specs');
  for (const [name, text] of Object.entries(specs)) await writeFile(join(dir.path, name), text);
  await using bed = await testbed({
    app: testApp(app),
    contract,
    rubricDir: dir.path,
    files: { 'index.js': 'let x;' },
    env: { JWT_SECRET: 's' },
  });
  return await bed.run(check, { spec: Object.keys(specs), ...params });
}

describe('jest-suite', () => {
  test('each test of the specs is one assertion; CommonJS and ESM', async () => {
    const esm = `import { equal } from 'node:assert/strict';\ntest('modules work', () => { equal(grade.env.JWT_SECRET, 's'); equal(typeof grade.seed, 'string'); });`;
    const seen = await run({ 'todo.spec.js': SPEC, 'modules.mjs': esm });
    assert.deepEqual(seen.assertions.map(({ title, ok }) => [title, ok]).toSorted(), [
      ['a todo is found by its id', true],
      ['a todo is quick', true],
      ['modules work', true],
    ]);
  });

  test('a test that fails tells what it expected and received, without colours and frames', async () => {
    const seen = await run({ 'todo.spec.js': SPEC }, {}, { 'GET /todos/{id}': () => ({ status: 404, body: {} }) });
    assert.deepEqual(failures(seen), ['a todo is found by its id']);
    assert.match(seen.assertions[0]?.received ?? '', /Expected: 200\nReceived: 404\n\nat todo\.spec\.js:6:27$/);
    // It lies beside the rubric: nothing of the learner's to point at.
    assert.deepEqual(seen.positions, []);
  });

  test('a spec may look at the files alone', async () => {
    const seen = await run(
      { 'files.spec.js': `test('files', () => expect(grade.files['index.js']).toBe('let x;'));` },
      { target: 'files' },
    );
    assert.deepEqual(failures(seen), []);
    assert.deepEqual(
      (check.inputs as (params: unknown) => string[])(check.params.parse({ spec: 'a.js', target: 'files' })),
      ['files'],
    );
  });

  test('tests that are switched off are noted, not counted', async () => {
    const seen = await run({ 'a.spec.js': `test('on', () => {}); test.skip('off', () => {}); test.todo('later');` });
    assert.equal(seen.assertions.length, 1);
    assert.equal(seen.notes.length, 2);
  });

  test('what a spec prints is no result', async () => {
    const fake = JSON.stringify({ success: true, numPassedTests: 5, testResults: [] });
    const seen = await run({
      'a.spec.js': `process.stdout.write(${JSON.stringify(`\n${fake}\n::error::x\n`)}); console.log('{}'); test('honest', () => expect(1).toBe(2));`,
    });
    assert.deepEqual(failures(seen), ['honest']);
  });

  test('an app that answers never fails the test that waits for it, not the others', async () => {
    const seen = await run(
      { 'todo.spec.js': SPEC },
      { testTimeout: '300ms' },
      { 'GET /todos/{id}': () => new Promise(() => {}) },
    );
    assert.deepEqual(failures(seen), ['a todo is found by its id']);
    assert.match(seen.assertions[0]?.received ?? '', /Exceeded timeout of 300 ms/);
    assert.equal(seen.assertions.length, 2);
  });

  test('specs that come to no end are stopped', async () => {
    await assert.rejects(
      run({ 'a.spec.js': `test('hangs', () => { for (;;); });` }, { timeout: '3s' }),
      (error) => error instanceof LearnerError && error.fault === 'timeout',
    );
  });

  test("a spec that ends its process, is broken, or holds no test is the grader's own trouble", async () => {
    await assert.rejects(
      run({ 'a.spec.js': `test('x', () => { process.kill(process.pid, 'SIGKILL'); });` }),
      InfrastructureError,
    );
    await assert.rejects(
      run({ 'a.spec.js': 'test("x", () => {' }),
      (error) => error instanceof InfrastructureError && /a\.spec\.js can’t be run/.test(error.message),
    );
    await assert.rejects(run({ 'a.spec.js': '// nothing' }), InfrastructureError);
    await assert.rejects(run({ 'a.spec.js': 'process.exit(0);' }), InfrastructureError);
  });

  test('a spec that is missing is an error of the rubric', async () => {
    await assert.rejects(run({}, { spec: ['nope.spec.js'] }), UsageError);
    assert.equal(check.params.safeParse({ spec: '../x.js' }).success, false);
    assert.equal(check.params.safeParse({ spec: 'x.ts' }).success, false);
  });

  test('nothing of the run is left behind', async () => {
    const seen = await run({
      'a.spec.js': `test('alone', () => { expect(process.env.HOME).toMatch(/grade-jest-/); expect(process.env.PATH).toBeUndefined(); });`,
    });
    assert.deepEqual(failures(seen), []);
  });
});
