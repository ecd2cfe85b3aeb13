import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import stringWidth from 'string-width';
import { sampleReport } from '../sample-report.ts';
import { renderProgress } from './live.ts';
import { Page } from './page.ts';
import { Progress } from './progress.ts';

describe('the live block', () => {
  test('shows phases with their time, what has ended and what runs', () => {
    const { progress, tick, criteria } = setUp();
    progress.phase({ id: 'install', title: 'Installing dependencies', state: 'started', detail: 'npm ci' });
    tick(4200);
    progress.phase({ id: 'install', title: 'Installing dependencies', state: 'done' });
    progress.phase({ id: 'boot', title: 'Starting the app', state: 'started' });
    for (const fraction of [0, 0.5]) progress.progress({ what: 'Fetching Redis', fraction });
    for (const fraction of [0, 1]) progress.progress({ what: 'Fetching Postgres', fraction });
    for (const result of criteria.slice(0, 3)) progress.criterionStart(result);
    tick(800);
    progress.criterionEnd(criteria[1]!);
    assert.deepEqual(renderProgress(progress, new Page({ columns: 80, color: false }), 24), [
      '',
      `day-13  Performance optimisation${' '.repeat(79 - 32 - 5)}5.0 s`,
      '',
      ' ✔ Installing dependencies  4.2 s  npm ci',
      ' ⠋ Starting the app  800 ms',
      `   ${'━'.repeat(13)}${'─'.repeat(13)} Fetching Redis  50%`,
      '',
      ` ${'━'.repeat(2)}${'─'.repeat(24)} 1 of 12 criteria, 6 points so far`,
      ' ◐ Products can be filtered by category and price  6 / 7',
      ' ⠋ Products are listed page by page  800 ms',
      ' ⠋ A hot product is answered from the cache, and never stale  800 ms',
    ]);
  });

  for (const [columns, rows] of [
    [80, 24],
    [24, 10],
    [140, 40],
  ] as const) {
    test(`stays inside ${columns}×${rows} with everything running`, () => {
      const { progress, criteria } = setUp();
      for (let index = 0; index < 12; index++)
        progress.phase({
          id: `${index}`,
          title: `桌上型檯燈 phase ${'long '.repeat(20)}`,
          state: 'started',
          detail: 'x'.repeat(200),
        });
      for (const result of criteria) progress.criterionStart(result);
      for (const result of criteria.slice(0, 6))
        progress.criterionEnd({ ...result, title: `${result.title} ${'長'.repeat(99)}` });
      const lines = renderProgress(progress, new Page({ columns, color: true }), rows);
      assert.ok(lines.length < rows, `${lines.length} lines`);
      for (const line of lines) assert.ok(stringWidth(line) < Math.max(25, columns), line);
    });
  }
});

function setUp() {
  let now = 0;
  const report = sampleReport();
  const progress = new Progress(() => now);
  progress.begin({ rubric: 'day-13', title: report.rubric.title, submission: 'shop-api', criteria: report.criteria });
  return { progress, criteria: report.criteria, tick: (ms: number) => void (now += ms) };
}
