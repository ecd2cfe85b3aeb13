import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checks } from '../checks/index.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { contractOf } from './contract.ts';
import { loadRubric } from './load.ts';
import { loadCourse } from './overlay.ts';

async function overlaid(text: string) {
  await using dir = await tempDir('overlay');
  const file = join(dir.path, 'course.yaml');
  await writeFile(file, text);
  const weigh = await loadCourse(file);
  return weigh(await loadRubric('day-13', checks));
}

describe('a course’s overlay', () => {
  test('changes points and pass mark, and leaves the rest as it is', async () => {
    const rubric = await loadRubric('day-13', checks);
    const loads = rubric.criteria.find(({ id }) => id === 'sustains-load')!;
    const changed = await overlaid('rubrics: { day-13: { passMark: 75, points: { sustains-load: 40 } } }');
    assert.equal(changed.points, rubric.points - loads.points + 40);
    assert.equal(changed.passMark, 75);
    assert.equal(changed.criteria.find(({ id }) => id === 'sustains-load')?.points, 40);
    assert.equal(changed.criteria.length, rubric.criteria.length);
  });

  test('leaves out a criterion of 0 points, and keeps the share that passes', async () => {
    const rubric = await loadRubric('day-13', checks);
    const changed = await overlaid('rubrics: { day-13: { points: { sustains-load: 0 } } }');
    assert.ok(!changed.criteria.some(({ id }) => id === 'sustains-load'));
    assert.equal(changed.passMark / changed.points, rubric.passMark / rubric.points);
  });

  test('may demand the letter, whatever an operation says of itself', async () => {
    const free = contractOf(await loadRubric('day-13', checks));
    assert.deepEqual(free['getProduct']?.vary, ['place', 'method', 'envelope', 'names', 'token']);
    const letter = contractOf(await overlaid('rubrics: { day-13: { vary: none } }'));
    assert.ok(Object.values(letter).every(({ vary }) => vary?.length === 0));
    const some = contractOf(await overlaid('rubrics: { day-13: { vary: [place] } }'));
    assert.deepEqual(some['getProduct']?.vary, ['place']);
  });

  test('says nothing of other rubrics', async () => {
    assert.deepEqual(await overlaid('rubrics: { day-99: { passMark: 1 } }'), await loadRubric('day-13', checks));
  });

  test('a name that the rubric lacks, a need left out, a pass mark out of reach: file, line and column', async () => {
    await assert.rejects(
      overlaid('rubrics:\n  day-13:\n    points: { sustain-load: 3 }\n'),
      /course\.yaml:3:\d+.*no criterion "sustain-load"; did you mean sustains-load/,
    );
    await assert.rejects(overlaid('rubrics:\n  day-13:\n    points: { lists-products: 0 }\n'), /can’t be left out/);
    await assert.rejects(overlaid('rubrics:\n  day-13:\n    passMark: 1000\n'), /add up to 100 points only/);
    await assert.rejects(overlaid('rubrics:\n  day-13:\n    weight: 3\n'), /course\.yaml:3/);
    await assert.rejects(loadCourse('/not/there.yaml'), /can’t be read/);
  });
});
