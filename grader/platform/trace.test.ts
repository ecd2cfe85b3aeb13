import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownMs, Trace } from './trace.ts';

test('nested spans share a lane; spans side by side do not', async () => {
  const trace = new Trace();
  const gate = Promise.withResolvers<void>();
  const side = trace.span('side', 'services', () => gate.promise);
  await trace.span('outer', 'check', async () => {
    const inner = [trace.span('a', 'check', () => gate.promise), trace.span('b', 'check', () => gate.promise)];
    gate.resolve();
    await Promise.all(inner);
    await trace.span('c', 'check', async () => {});
  });
  await side;
  const lanes = Object.fromEntries(trace.spans().map(({ name, lane }) => [name, lane]));
  assert.notEqual(lanes['side'], lanes['outer']);
  assert.equal(lanes['a'], lanes['outer']);
  assert.notEqual(lanes['b'], lanes['a']);
  assert.equal(lanes['c'], lanes['outer']);
});

test('a span is kept when its work throws', async () => {
  const trace = new Trace();
  await assert.rejects(trace.span('fails', 'boot', () => Promise.reject(new Error('no'))));
  assert.deepEqual(
    trace.spans().map(({ name }) => name),
    ['fails'],
  );
});

test('own time is what no other category covers, overlaps counted once', () => {
  const span = (category: string, startMs: number, durationMs: number) => ({ category, startMs, durationMs });
  assert.equal(
    ownMs(
      [span('install', 100, 200), span('services', 150, 250), span('check', 500, 100), span('teardown', 600, 50)],
      1000,
    ),
    1000 - 300 - 100,
  );
  assert.equal(ownMs([span('install', 0, 500), span('boot', 100, 50)], 600), 100);
  assert.equal(ownMs([], 10), 10);
});
