import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { tempDir } from '../platform/temp-dir.ts';
import { touchedRubrics } from './touched.ts';

const RUBRICS = ['day-01', 'day-02', 'day-04', 'week-1'];

/** @param files paths, or paths with what stands in them */
async function touched(files: (string | [string, string])[], changed: string[] | undefined, repository = 'backend') {
  await using dir = await tempDir('touched');
  for (const entry of files) {
    const [path, text] = typeof entry === 'string' ? [entry, ''] : entry;
    await mkdir(dirname(join(dir.path, path)), { recursive: true });
    await writeFile(join(dir.path, path), text);
  }
  return await touchedRubrics(dir.path, changed, RUBRICS, repository);
}

describe('the rubrics that a change touches', () => {
  const days = ['day-01/app.js', 'Day 2 - Express/app.js', 'week-1/day4/app.js', 'README.md'];

  test('are those whose folders it touches, whatever style of name they have', async () => {
    assert.deepEqual(await touched(days, ['day-01/lib/x.js']), ['day-01']);
    assert.deepEqual(await touched(days, ['Day 2 - Express/app.js', 'day-01/app.js']), ['day-01', 'day-02']);
    assert.deepEqual(await touched(days, ['README.md']), []);
    assert.deepEqual(await touched(days, ['day-011/app.js']), []);
  });

  test('go by the innermost folder', async () => {
    assert.deepEqual(await touched(days, ['week-1/day4/app.js']), ['day-04']);
    assert.deepEqual(await touched(days, ['week-1/app.js']), ['week-1']);
  });

  test('are all that are there when everything is new', async () => {
    assert.deepEqual(await touched(days, undefined), RUBRICS);
  });

  test('leave out a folder that is there no more', async () => {
    assert.deepEqual(await touched(['day-01/app.js'], ['day-02/app.js']), []);
  });

  test('are what grade.yaml says, for the whole repository or a folder', async () => {
    assert.deepEqual(await touched([['grade.yaml', 'rubric: day-04'], 'src/app.js'], ['src/app.js']), ['day-04']);
    const two: [string, string][] = [['api/grade.yaml', 'rubric: [day-02, day-04]\n']];
    assert.deepEqual(await touched([...two, 'web/x.js'], ['api/x.js']), ['day-02', 'day-04']);
    assert.deepEqual(await touched([...two, 'web/x.js'], ['web/x.js']), []);
    const inside: [string, string][] = [['grade.yaml', 'rubric: day-04\npath: server\n']];
    assert.deepEqual(await touched([...inside, 'server/x.js'], ['server/x.js']), ['day-04']);
    assert.deepEqual(await touched([...inside, 'web/x.js'], ['web/x.js']), []);
    await assert.rejects(touched([['grade.yaml', 'rubric: [']], undefined), /grade\.yaml/);
  });

  test('are what the repository is named after, when no folder says', async () => {
    assert.deepEqual(await touched(['src/app.js'], ['src/app.js'], 'day-02-ada'), ['day-02']);
    assert.deepEqual(await touched(['src/app.js'], ['src/app.js'], 'todo-api'), []);
  });
});
