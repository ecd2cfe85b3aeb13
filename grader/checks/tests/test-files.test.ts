import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { defineCheck } from '../check.ts';
import { testWorkspace } from '../test-workspace.ts';
import { testbed } from '../testbed.ts';
import { LearnerSuite } from './learner-suite.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import { ownSource } from './own-source.ts';
import { findTestFiles } from './test-files.ts';

const PROJECT = {
  'package.json': JSON.stringify({ scripts: { test: 'jest' } }),
  'src/more.js': 'exports.more = (a, b) => {\n  if (a > b) return true;\n  return false;\n};\n',
  'src/same.js': 'exports.same = (a, b) => {\n  if (a === b) return true;\n  return false;\n};\n',
  'test/more.test.js': "test('more', () => expect(require('../src/more').more(3, 2)).toBe(true));\n",
  "test/one's both.test.js":
    "test('both', () => expect(require('../src/same').same(require('../src/more').more(3, 2), true)).toBe(true));\n",
};

/** The test files for each place of the source that can be broken, by "file: what was done". */
async function chosen(files: Record<string, string>): Promise<Record<string, readonly string[] | undefined>> {
  const found: Record<string, readonly string[] | undefined> = {};
  const check = defineCheck<object>({
    id: 'look-at-test-files',
    summary: 'Looks at which test files reach what',
    params: z.strictObject({}),
    inputs: ['workspace', 'files'],
    async run(context) {
      const source = await ownSource(context.target.files, ['src/**'], []);
      await using workspace = await context.target.workspace();
      const suite = await LearnerSuite.open(context, workspace);
      const baseline = await suite.run({ timeoutMs: 60_000 });
      const mutants: Mutant[] = source.files.flatMap((file) => mutantsOf(file, () => true));
      const testFilesFor = await findTestFiles(suite, baseline, mutants);
      for (const mutant of mutants) found[`${mutant.file.path}: ${mutant.what}`] = testFilesFor(mutant);
    },
  });
  await using bed = await testbed({ files, workspace: testWorkspace(files, { packages: true }) });
  await bed.run(check, {});
  return found;
}

test('a mistake is tried on the test files that reach it', async () => {
  const found = Object.entries(await chosen(PROJECT));
  // What no test runs is tried on all of them.
  const of = (path: string) =>
    found.flatMap(([what, files]) => (what.startsWith(path) && files ? [files.toSorted()] : []));
  assert.ok(of('src/more.js').length > 0 && of('src/same.js').length > 0);
  for (const files of of('src/more.js')) assert.deepEqual(files, ['test/more.test.js', "test/one's both.test.js"]);
  for (const files of of('src/same.js')) assert.deepEqual(files, ["test/one's both.test.js"]);
});

test('test files that need one another are never told apart', async () => {
  const found = await chosen({
    ...PROJECT,
    'package.json': JSON.stringify({
      scripts: { test: 'jest' },
      jest: { testSequencer: './sequencer.js', globalSetup: './clean.js' },
    }),
    'clean.js': "module.exports = () => require('node:fs').rmSync('left-behind', { force: true });",
    'sequencer.js': `const Sequencer = require('@jest/test-sequencer').default;
module.exports = class extends Sequencer { sort(tests) { return [...tests].sort((a, b) => a.path < b.path ? -1 : 1); } };
`,
    'test/more.test.js': `${PROJECT['test/more.test.js']}require('node:fs').writeFileSync('left-behind', '');\n`,
    "test/one's both.test.js": `${PROJECT["test/one's both.test.js"]}test('left', () => expect(require('node:fs').existsSync('left-behind')).toBe(true));\n`,
  });
  assert.ok(Object.keys(found).length > 0);
  for (const files of Object.values(found)) assert.equal(files, undefined);
});
