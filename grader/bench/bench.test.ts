import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checks } from '../checks/index.ts';
import type { Report } from '../report/schema.ts';
import { compare, type Run } from './comparison.ts';
import { loadSeconds, totalSeconds } from './load-seconds.ts';

const criterion = (check: string, params: Record<string, unknown>) => ({
  id: check,
  title: check,
  points: 1,
  check,
  with: params,
  needs: [],
  score: { kind: 'pass' as const },
  hint: 'none needed',
  covers: [],
});

describe('seconds under load', () => {
  test('count warm-up, rounds and latency rounds, twice where the reference is measured as well', () => {
    const times = { warmup: '250ms', rounds: 9, duration: '200ms', latency: { rounds: 3, duration: '100ms' } };
    const criteria = [
      criterion('http-load', { operation: 'listThings', ...times }),
      criterion('http-load', { operation: 'getThing', ...times, compare: false }),
      criterion('http-load', { operation: 'getThing', ...times, compare: false }),
      criterion('source-file', { any: 'README.md' }),
    ];
    assert.deepEqual(
      [...loadSeconds({ criteria }, checks)],
      [
        ['listThings', 4.7],
        ['getThing', 4.7],
      ],
    );
  });

  test('count the rounds that were made, where a report says so', () => {
    const load = criterion('http-load', {
      operation: 'listThings',
      warmup: '1s',
      rounds: 3,
      duration: '1s',
      latency: { rounds: 3, duration: '1s' },
    });
    const observation = { measurements: { throughput: { value: 1, unit: 'req/s', samples: [1, 2, 3, 4, 5] } } };
    const report = { criteria: [{ id: load.id, evidence: { observation } }] } as unknown as Report;
    assert.equal(totalSeconds(loadSeconds({ criteria: [load] }, checks, report)), 2 * (1 + 5 + 3));
  });

  test('are none without a load criterion', () => {
    assert.equal(loadSeconds({ criteria: [criterion('source-file', { any: 'README.md' })] }, checks).size, 0);
  });
});

describe('a comparison', () => {
  const run = (totalMs: number, ownMs?: number, loadMs = 2000): Run => ({
    totalMs,
    loadMs,
    ...(ownMs === undefined ? {} : { ownMs }),
    parts: new Map([['npm ci', totalMs / 2]]),
  });
  const bounds = { ratio: 0.5, ownMs: 1000 };

  test('takes the ratio round by round, and judges its median', () => {
    const { ratio, missed } = compare(
      [run(4000, 900), run(9000, 800), run(4500, 3000)],
      [run(10_000), run(18_000), run(9000)],
      bounds,
    );
    assert.deepEqual(ratio, { median: 0.5, min: 0.4, max: 0.5 });
    assert.deepEqual(missed, []);
  });

  test('reckons with the same time under load', () => {
    const { ratio } = compare([run(7000, 0, 6000)], [run(10_000, undefined, 2000)], bounds);
    assert.deepEqual(ratio, { median: 0.5, min: 0.5, max: 0.5 });
  });

  test('names each bound that was missed', () => {
    const { missed } = compare([run(6000, 1200)], [run(10_000)], bounds);
    assert.deepEqual(missed, [
      "it takes 0.60 of the baseline's time, more than 0.5",
      'it adds 1.20 s of its own, more than 1.00 s',
    ]);
  });

  test('without a baseline has no ratio', () => {
    const { ratio, own, missed } = compare([run(60_000, 500), run(50_000, 700)], undefined, bounds);
    assert.equal(ratio, undefined);
    assert.equal(own?.median, 600);
    assert.deepEqual(missed, []);
  });

  test('a round without its baseline keeps no bound', () => {
    assert.equal(compare([run(1)], [], bounds).missed.length, 1);
  });

  test('shows the median of each part', () => {
    assert.deepEqual([...compare([run(2), run(4), run(600)], undefined, bounds).parts], [['npm ci', 2]]);
  });
});
