import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Plannable, plan } from './plan.ts';

function item(id: string, options: Partial<Plannable> = {}): Plannable {
  return { id, needs: [], alone: false, disruptive: false, ...options };
}

function stages(...items: Plannable[]): string[][] {
  return plan(items).map((stage) => stage.map(({ id }) => id));
}

test('independent criteria share a stage; what they need comes first', () => {
  assert.deepEqual(stages(item('c', { needs: ['a'] }), item('a'), item('b')), [['a', 'b'], ['c']]);
});

test('load runs alone, after everything that may run side by side', () => {
  assert.deepEqual(
    stages(item('load', { alone: true }), item('a'), item('load-2', { alone: true }), item('b', { needs: ['a'] })),
    [['a'], ['b'], ['load'], ['load-2']],
  );
});

test('what needs a lone criterion waits for it', () => {
  assert.deepEqual(stages(item('load', { alone: true }), item('after', { needs: ['load'] })), [['load'], ['after']]);
});

test('disruptive criteria come last', () => {
  assert.deepEqual(stages(item('burst', { disruptive: true }), item('load', { alone: true }), item('a')), [
    ['a'],
    ['load'],
    ['burst'],
  ]);
});

test('circles and unknown needs are refused', () => {
  assert.throws(
    () => stages(item('a', { needs: ['b'] }), item('b', { needs: ['a'] })),
    /circular or missing needs among a, b/,
  );
  assert.throws(() => stages(item('a', { needs: ['nothing'] })), RangeError);
});
