import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { duration, inWords } from './duration.ts';

describe('duration', () => {
  for (const [text, milliseconds] of [
    ['500ms', 500],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
  ] as const) {
    test(`${text} is ${milliseconds} ms`, () => assert.equal(duration.parse(text), milliseconds));
  }
  for (const text of ['7', '7 d', '-1s', '1w', '']) {
    test(`"${text}" is refused`, () => assert.equal(duration.safeParse(text).success, false));
  }
  test('in words it takes the greatest unit that fits', () => {
    assert.deepEqual([604_800_000, 5_400_000, 250].map(inWords), ['7 d', '1.5 h', '250 ms']);
  });
});
