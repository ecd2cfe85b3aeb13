import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf } from './suite-summary.ts';

test('the summaries of the usual test runners are read', () => {
  const cases: Record<string, [string, [number, number, number]]> = {
    'node:test, spec': [
      '✔ a\nℹ tests 6\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n',
      [3, 2, 1],
    ],
    'node:test, TAP': ['ok 1 - a\n# tests 2\n# pass 2\n# fail 0\n', [2, 0, 0]],
    'two runs': ['# pass 2\n# fail 0\n…\n# pass 3\n# fail 1\n', [5, 1, 0]],
    Mocha: ['\n  4 passing (12ms)\n  1 pending\n  2 failing\n', [4, 2, 1]],
    Vitest: [
      '\u001B[2m      Tests \u001B[22m \u001B[1m\u001B[31m1 failed\u001B[39m\u001B[22m | 2 passed | 1 skipped (4)\n',
      [2, 1, 1],
    ],
    Jest: ['Test Suites: 1 passed, 1 total\nTests:       1 failed, 2 passed, 3 total\n', [2, 1, 0]],
    AVA: ['  ✔ a\n  ─\n\n  2 tests passed\n', [2, 0, 0]],
  };
  for (const [runner, [text, [passed, failed, skipped]]] of Object.entries(cases))
    assert.deepEqual(summaryOf(text), { passed, failed, skipped }, runner);
});

test('other output tells of no test', () => {
  for (const text of ['', 'all 5 tests look good\n', 'compiled 3 files', '# passed 5\n'])
    assert.equal(summaryOf(text), undefined, text);
});
