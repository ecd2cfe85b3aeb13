import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unsaidShape, usualEnvelope } from './usual-envelope.ts';

test('an app that wraps all that was seen in one way has a usual envelope', () => {
  const route = (envelope?: string) => ({
    method: 'GET',
    path: '/x',
    from: 'source' as const,
    ...(envelope === undefined ? {} : { gives: { envelope, names: {} } }),
  });
  assert.equal(usualEnvelope({ a: route('data'), b: route(), c: route('data') }), 'data');
  assert.equal(usualEnvelope({ a: route('todo') }), undefined);
  assert.equal(usualEnvelope({ a: route('data'), b: route('todo') }), undefined);
  assert.equal(usualEnvelope({ a: route() }), undefined);
});

test('an answer of which nothing is said is unwrapped where words stand beside it', () => {
  const envelope = (json: unknown) => unsaidShape(json).envelope;
  assert.equal(envelope({ data: [1] }), 'data');
  assert.equal(envelope({ message: 'OK', stats: [1] }), 'stats');
  assert.equal(envelope({ success: true, data: { a: 1 } }), 'data');
  for (const json of [
    [1],
    { stats: [1] },
    { total: 3, done: 1 },
    { message: 'OK' },
    { message: 'OK', a: [], b: [] },
    null,
  ])
    assert.equal(envelope(json), '', JSON.stringify(json));
});
