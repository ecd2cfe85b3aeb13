import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandRun, Exchange } from '../report/schema.ts';
import { Recorder } from './recorder.ts';

const exchange = (): Exchange => ({ request: { method: 'GET', url: 'http://127.0.0.1/', headers: {} }, durationMs: 1 });

test('an assertion is linked to the exchange that it is about', () => {
  const record = new Recorder();
  const [first, second] = [exchange(), exchange()];
  record.exchange(first);
  record.exchange(second);
  record.assert('holds', true, { exchange: second });
  assert.equal(record.observation().assertions[0]?.exchange, 1);
});

test('transcripts are bounded, but what a failed assertion is about is kept', () => {
  const record = new Recorder();
  const all = Array.from({ length: 100 }, exchange);
  for (const one of all) record.exchange(one);
  record.assert('fails', false, { exchange: all[99] });
  record.assert('holds', true, { exchange: all[98] });
  const { exchanges, assertions, notes } = record.observation();
  assert.equal(exchanges.length, 61);
  assert.equal(assertions[0]?.exchange, 60);
  assert.equal(assertions[1]?.exchange, undefined);
  assert.deepEqual(notes, ['39 more requests were sent; their transcripts are not kept.']);
});

test('commands are bounded as well', () => {
  const record = new Recorder();
  const run: CommandRun = { command: ['x'], exitCode: 0, timedOut: false, stdout: '', stderr: '', durationMs: 1 };
  for (let i = 0; i < 130; i++) record.command({ ...run });
  const { commands, notes } = record.observation();
  assert.equal(commands.length, 100);
  assert.deepEqual(notes, ['30 more commands were run; what they printed is not kept.']);
});

test('values of any depth and size are shown, bounded', () => {
  const record = new Recorder();
  record.assert('deep', false, {
    received: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    expected: 'x'.repeat(1_000_000),
  });
  const [assertion] = record.observation().assertions;
  assert.ok((assertion?.received?.length ?? Infinity) < 2100);
  assert.ok((assertion?.expected?.length ?? Infinity) < 2100);
});

test('a measurement that is no number is a defect of the check', () => {
  assert.throws(() => new Recorder().measure('p99', Number.NaN, 'ms'), RangeError);
});
