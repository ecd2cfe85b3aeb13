import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median, percentile, relativeSpread } from './statistics.ts';

describe('statistics', () => {
  test('the median of an odd count is the one in the middle', () => assert.equal(median([9, 1, 5]), 5));
  test('the median of an even count lies between the two in the middle', () => assert.equal(median([4, 1, 2, 9]), 3));
  test('nothing has no median', () => assert.throws(() => median([]), RangeError));

  test('one disturbed round does not move the spread', () => {
    assert.equal(relativeSpread([100, 100, 100, 100, 7]), 0);
    assert.equal(relativeSpread([90, 100, 110]), 0.1);
    assert.equal(relativeSpread([0, 0]), 0);
  });

  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  for (const [percent, value] of [
    [1, 1],
    [50, 50],
    [97.5, 98],
    [99, 99],
    [100, 100],
  ] as const) {
    test(`the percentile ${percent} of 1 to 100 is ${value}`, () => assert.equal(percentile(hundred, percent), value));
  }
  test('every percentile of one number is that number', () => assert.equal(percentile([7], 99), 7));
});
