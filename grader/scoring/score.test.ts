import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Evidence, Policy } from '../report/schema.ts';
import { type Scale, type ScaleCriterion, score } from './score.ts';

const PASS: Policy = { kind: 'pass' };

function criterion(id: string, points: number, options: Partial<ScaleCriterion> = {}): ScaleCriterion {
  return { id, title: `Title of ${id}`, points, needs: [], score: PASS, hint: 'Look again.', ...options };
}

function evidence(id: string, oks: boolean[] | Pick<Evidence, 'status' | 'fault' | 'reason'>): Evidence {
  return {
    criterion: id,
    check: 'http-flow',
    ...(Array.isArray(oks) ? { status: 'observed' as const } : oks),
    observation: {
      assertions: Array.isArray(oks) ? oks.map((ok, index) => ({ title: `thing ${index}`, ok })) : [],
      measurements: {},
      exchanges: [],
      commands: [],
      positions: [],
      plots: [],
      notes: [],
    },
    logs: [],
    startMs: 0,
    durationMs: 1,
  };
}

function scale(...criteria: ScaleCriterion[]): Scale {
  return { points: criteria.reduce((sum, { points }) => sum + points, 0), passMark: 60, criteria };
}

describe('score', () => {
  test('adds up what was earned', () => {
    const { score: total, criteria } = score(
      scale(criterion('a', 40), criterion('b', 60, { score: { kind: 'ratio' } })),
      [evidence('a', [true]), evidence('b', [true, false, false])],
    );
    assert.deepEqual(total, { earned: 60, max: 100, notGraded: 0, passMark: 60, passed: true });
    assert.equal(criteria[1]?.verdict.fault, 'learner');
    assert.match(criteria[1]?.verdict.reason ?? '', /thing 1 \(and 1 more\)/);
  });

  test('a learner’s failure costs full weight and keeps its owner', () => {
    const { score: total, criteria } = score(scale(criterion('a', 50), criterion('b', 50)), [
      evidence('a', { status: 'failed', fault: 'out-of-memory', reason: 'the app ran out of memory' }),
      evidence('b', [true]),
    ]);
    assert.deepEqual(total, { earned: 50, max: 100, notGraded: 0, passMark: 60, passed: false });
    assert.equal(criteria[0]?.verdict.fault, 'out-of-memory');
  });

  test('the grader’s own trouble costs nothing, and leaves the maximum as it is', () => {
    const errored = evidence('a', { status: 'errored', fault: 'infrastructure', reason: 'no Docker' });
    const { score: open } = score(scale(criterion('a', 50), criterion('b', 50)), [errored, evidence('b', [true])]);
    assert.deepEqual(open, { earned: 50, max: 100, notGraded: 50, passMark: 60, passed: null });
    const { score: failed } = score(scale(criterion('a', 10), criterion('b', 90)), [errored, evidence('b', [false])]);
    assert.equal(failed.passed, false, 'not even all that is open would pass');
    const { score: passed } = score(scale(criterion('a', 10), criterion('b', 90)), [errored, evidence('b', [true])]);
    assert.equal(passed.passed, true);
  });

  test('what needs a failed criterion is lost to the dependency; what needs an ungraded one is not graded', () => {
    const rubric = scale(
      criterion('a', 20),
      criterion('b', 40, { needs: ['a'] }),
      criterion('c', 40, { needs: ['b'] }),
    );
    const skipped: Pick<Evidence, 'status'> = { status: 'skipped' };
    const lost = score(rubric, [evidence('a', [false]), evidence('b', skipped), evidence('c', skipped)]);
    assert.deepEqual(
      lost.criteria.map(({ verdict }) => verdict.fault),
      ['learner', 'dependency', 'dependency'],
    );
    const open = score(rubric, [
      evidence('a', { status: 'errored', reason: 'x' }),
      evidence('b', skipped),
      evidence('c', skipped),
    ]);
    assert.deepEqual(
      open.criteria.map(({ verdict }) => verdict.fraction),
      [null, null, null],
    );
    assert.equal(open.score.notGraded, 100);
  });

  test('a criterion without evidence, or skipped though its needs hold now, is not graded', () => {
    const { criteria } = score(scale(criterion('a', 50), criterion('b', 50, { needs: ['a'] })), [
      evidence('a', [true]),
      evidence('b', { status: 'skipped' }),
    ]);
    assert.deepEqual(
      criteria.map(({ verdict }) => verdict.fraction),
      [1, null],
    );
    assert.equal(score(scale(criterion('a', 100)), []).score.notGraded, 100);
  });

  test('forward needs are judged whatever the order in the rubric', () => {
    const { criteria } = score(scale(criterion('late', 50, { needs: ['early'] }), criterion('early', 50)), [
      evidence('late', [true]),
      evidence('early', [false]),
    ]);
    assert.equal(criteria[0]?.verdict.fault, 'dependency');
  });

  test('is pure: the same in, the same out', () => {
    const rubric = scale(criterion('a', 33.33), criterion('b', 66.67, { score: { kind: 'ratio' } }));
    const seen = [evidence('a', [true]), evidence('b', [true, false, true])];
    const frozen = JSON.stringify(seen);
    assert.deepEqual(score(rubric, seen), score(rubric, seen));
    assert.equal(JSON.stringify(seen), frozen);
    assert.equal(score(rubric, seen).score.earned, 77.78);
  });
});
