import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { suiteLimit, testLimit, totalLimit } from './mutation-limits.ts';
import type { SuiteResult } from './suite-result.ts';

const suite = (durationMs: number) => ({ run: { durationMs } as SuiteResult['run'] });
const MINUTES = 60_000;

describe('the limits of test-mutation', () => {
  test('grow with the unchanged suite: the same suite on a machine five times slower has five times as long', () => {
    const [quick, slow] = [suite(10_000), suite(50_000)];
    assert.ok(suiteLimit(slow) > 5 * 10_000 && suiteLimit(slow) > 2 * 50_000);
    // 20 mutants and 5 other runs of 50 s are 21 minutes.
    assert.equal(totalLimit(quick, 20, 8 * MINUTES), 8 * MINUTES);
    assert.ok(totalLimit(slow, 20, 8 * MINUTES) > 25 * 50_000 * 0.99);
  });

  test('but not without end', () => {
    assert.equal(totalLimit(suite(10 * MINUTES), 100, 8 * MINUTES), 24 * MINUTES);
  });

  test('no test has less than Jest itself gives it, and a slow one more', () => {
    assert.equal(testLimit({ slowestMs: 3 }), 5_000);
    assert.equal(testLimit({ slowestMs: undefined }), 5_000);
    assert.equal(testLimit({ slowestMs: 4_000 }), 20_000);
  });
});
