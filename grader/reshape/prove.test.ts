import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../checks/index.ts';
import { loadRubric } from '../rubric/load.ts';
import { readSettings } from '../settings.ts';
import { drawCombinations } from './combinations.ts';
import { describeOutcome, isKept } from './outcome.ts';
import { proveShapes } from './prove.ts';
import { seededRandom } from './shape.ts';

test('a sample of solutions and defects in other shapes keeps its grades', async () => {
  const rubrics = await Promise.all(['day-03', 'day-06'].map((id) => loadRubric(id, checks)));
  const combinations = await drawCombinations(rubrics, 4, seededRandom(3));
  const outcomes = await proveShapes(combinations, {
    runtime: 'local',
    services: 'embedded',
    settings: readSettings(process.env),
    events: {},
    lanes: 2,
    signal: AbortSignal.timeout(240_000),
  });
  assert.equal(outcomes.length, 4);
  for (const outcome of outcomes) assert.ok(isKept(outcome), describeOutcome(outcome));
});
