import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastLines } from './last-lines.ts';

test('the lines that tell why, before those that only came last', () => {
  const output = ['starting', '{"s":"E","msg":"No space left"}', '{"s":"I","msg":"Frame"}', '{"s":"I","msg":"Frame"}'];
  assert.equal(lastLines(output.join('\n')), '{"s":"E","msg":"No space left"}');
});

test('the last lines where none tells, cut to size', () => {
  assert.equal(lastLines('a\n\n b \nc\r\nd\n'), 'b | c | d');
  assert.equal(lastLines('x'.repeat(1000)).length, 200);
  assert.equal(lastLines(' \n'), 'it printed nothing');
});
