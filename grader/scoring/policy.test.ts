import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observation } from '../report/schema.ts';
import { fractionOf, interpolate } from './policy.ts';

function observation(oks: boolean[], measurements: Record<string, number> = {}): Observation {
  return {
    assertions: oks.map((ok, index) => ({ title: `assertion ${index}`, ok })),
    measurements: Object.fromEntries(
      Object.entries(measurements).map(([name, value]) => [name, { value, unit: '', samples: [] }]),
    ),
    exchanges: [],
    commands: [],
    positions: [],
    plots: [],
    notes: [],
  };
}

describe('policies', () => {
  test('pass is all or nothing', () => {
    assert.equal(fractionOf({ kind: 'pass' }, observation([true, true])), 1);
    assert.equal(fractionOf({ kind: 'pass' }, observation([true, false])), 0);
  });

  test('ratio is the share that held', () => {
    assert.equal(fractionOf({ kind: 'ratio' }, observation([true, false, true, true])), 0.75);
  });

  test('a curve is zero as soon as an answer was wrong, whatever the number says', () => {
    const policy = {
      kind: 'curve' as const,
      metric: 'throughput',
      points: [
        [0, 0],
        [1, 1],
      ] as [number, number][],
    };
    assert.equal(fractionOf(policy, observation([true], { throughput: 5 })), 1);
    assert.equal(fractionOf(policy, observation([false], { throughput: 5 })), 0);
    assert.equal(fractionOf(policy, observation([true])), null);
  });
});

describe('interpolation', () => {
  const points = [
    [0.2, 0],
    [0.6, 0.8],
    [0.8, 1],
  ] as const;

  for (const [x, y] of [
    [0, 0],
    [0.2, 0],
    [0.4, 0.4],
    [0.6, 0.8],
    [0.7, 0.9],
    [0.8, 1],
    [9, 1],
  ] as const) {
    test(`at ${x} is ${y}`, () => assert.ok(Math.abs(interpolate(points, x) - y) < 1e-12));
  }

  test('falls where less is better', () => {
    assert.equal(
      interpolate(
        [
          [10, 1],
          [20, 0],
        ],
        15,
      ),
      0.5,
    );
    assert.equal(
      interpolate(
        [
          [10, 1],
          [20, 0],
        ],
        5,
      ),
      1,
    );
    assert.equal(
      interpolate(
        [
          [10, 1],
          [20, 0],
        ],
        25,
      ),
      0,
    );
  });
});
