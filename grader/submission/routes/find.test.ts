import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../checks/index.ts';
import { listRubrics, loadRubric } from '../../rubric/load.ts';
import { readSources } from '../sources.ts';
import { findRoutes } from './find.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');

test('the solutions of all days show exactly the routes of their contracts', async () => {
  let looked = 0;
  for (const { id: day } of await listRubrics()) {
    const rubric = await loadRubric(day, checks);
    const contract = Object.values(rubric.contract ?? {}).map(({ request }) => request);
    if (contract.length === 0) continue;
    for (const solution of await readdir(join(FIXTURES, day))) {
      if (solution === 'defects') continue;
      looked += 1;
      const sources = await readSources(join(FIXTURES, day, solution));
      const found = findRoutes(sources, '').map(({ method, path }) => `${method} ${path}`);
      assert.deepEqual(found.toSorted(), contract.toSorted(), `${day}/${solution}`);
    }
  }
  assert.ok(looked >= 10, `${looked} solutions`);
});
