import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Report } from '../report/schema.ts';
import { compareRounds, repetitionTable } from './repetition.ts';
import type { FixtureOutcome } from './verify.ts';

/** @param fractions of the criteria `a`, `b` and so on */
function outcome(fixture: string, earned: number, ...fractions: (number | null)[]): FixtureOutcome {
  const criteria = fractions.map((fraction, index) => ({ id: 'abcdef'[index], verdict: { fraction } }));
  const report = { criteria } as unknown as Report;
  return { fixture, title: '', expected: [], failed: [], notGraded: [], earned, ok: true, report };
}

describe('gradings of the same fixtures', () => {
  test('that agree, in whatever order the fixtures came', () => {
    const rounds = [
      [outcome('reference', 100, 1, 1), outcome('no-hash', 90, 0, 1)],
      [outcome('no-hash', 90, 0, 1), outcome('reference', 100, 1, 1)],
    ];
    const compared = compareRounds(rounds);
    assert.deepEqual(compared, [
      { fixture: 'reference', earned: [100, 100], differing: [] },
      { fixture: 'no-hash', earned: [90, 90], differing: [] },
    ]);
    assert.equal(repetitionTable(compared), '  ✓ reference   100 100\n  ✓ no-hash      90  90\n');
  });

  test('that do not: each criterion with its verdicts; a measured figure may vary', () => {
    const rounds = [[outcome('x', 70, 1, 0.7, 1)], [outcome('x', 65, 0, 0.6, 1)], [outcome('x', 60, null, 0.5, 1)]];
    const compared = compareRounds(rounds);
    assert.deepEqual(compared[0]?.differing, [{ criterion: 'a', verdicts: ['full', 'none', 'not graded'] }]);
    assert.equal(repetitionTable(compared), '  ✗ x    70  65  60\n      a: full, none, not graded\n');
  });
});
