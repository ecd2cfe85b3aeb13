import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { abilities, type Reporter, type TextStream } from './reporter.ts';
import { hostileReport, sampleReport } from './sample-report.ts';
import { reporter } from './terminal.ts';

describe('the terminal reporter', () => {
  test('says one plain line for everything where nothing can be redrawn', () => {
    const { stream, text } = memory();
    play(reporter({ stream }));
    const lines = text().split('\n');
    assert.equal(lines[0], 'Grading shop-api against day-13 (Performance optimisation)');
    assert.match(lines[1] ?? '', /^✔ Installing dependencies \(\d+ ms, npm ci\)$/);
    assert.deepEqual(lines.slice(2, 4), ['· Fetching Redis …', '· Redis from testcontainers']);
    assert.match(lines[4] ?? '', /^✘ Starting the app \(/);
    assert.match(lines[5] ?? '', /^✔ 8 \/ 8 {2}Products are listed page by page \(/);
    assert.match(text(), /48\.75 \/ 100 {2}not passed/);
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    assert.doesNotMatch(text(), /\u001b/);
  });

  test('takes the live block away before the result', async () => {
    const { stream, text } = memory({ isTTY: true, columns: 80, rows: 24 });
    await using terminal = reporter({ stream, live: true, color: true }) as Reporter & AsyncDisposable;
    play(terminal);
    const lastErased = text().lastIndexOf('\u001b[2K');
    assert.ok(lastErased > text().lastIndexOf('Installing dependencies'), 'the last drawing of the block is erased');
    assert.match(text().slice(lastErased), /Performance optimisation[\s\S]*48\.75/);
    assert.match(text(), /Redis from testcontainers/);
  });

  test('leaves on the screen how far a run had come that was broken off', async () => {
    const { stream, text } = memory({ isTTY: true, columns: 80, rows: 24 });
    const terminal = reporter({ stream, live: true });
    terminal.begin?.({ rubric: 'day-13', title: 'Performance optimisation', submission: 'shop-api', criteria: [] });
    terminal.phase?.({ id: 'boot', title: 'Starting the app', state: 'started' });
    await terminal[Symbol.asyncDispose]?.();
    assert.match(text(), /Starting the app/);
  });

  test('prints nothing that a GitHub runner obeys', () => {
    const { stream, text } = memory();
    const terminal = reporter({ stream });
    terminal.notice?.('::error::x');
    terminal.report?.(hostileReport('::set-output name=a::b\n  ::error file=x::y\nabc ##[error]z'));
    assert.doesNotMatch(text(), /^\s*::/m);
    assert.ok(!text().includes('##['));
    assert.ok(text().includes('set-output'));
  });
});

test('abilities follow NO_COLOR, FORCE_COLOR, CI and TERM', () => {
  const terminal = { write: () => true, isTTY: true };
  const pipe = { write: () => true };
  assert.deepEqual(abilities(terminal, {}), { live: true, color: true });
  assert.deepEqual(abilities(terminal, { CI: 'true' }), { live: false, color: true });
  assert.deepEqual(abilities(terminal, { NO_COLOR: '1' }), { live: false, color: false });
  assert.deepEqual(abilities(terminal, { TERM: 'dumb' }), { live: false, color: false });
  assert.deepEqual(abilities(pipe, {}), { live: false, color: false });
  assert.deepEqual(abilities(pipe, { FORCE_COLOR: '1' }), { live: false, color: true });
});

function play(terminal: Reporter): void {
  const report = sampleReport();
  const [first] = report.criteria;
  assert.ok(first);
  terminal.begin?.({ rubric: 'day-13', title: report.rubric.title, submission: 'shop-api', criteria: report.criteria });
  terminal.phase?.({ id: 'install', title: 'Installing dependencies', state: 'started', detail: 'npm ci' });
  terminal.phase?.({ id: 'install', title: 'Installing dependencies', state: 'done' });
  for (const fraction of [0, 0.4, 0.8, 1]) terminal.progress?.({ what: 'Fetching Redis', fraction });
  terminal.notice?.('Redis from testcontainers');
  terminal.phase?.({ id: 'boot', title: 'Starting the app', state: 'failed' });
  terminal.criterionStart?.(first);
  terminal.criterionEnd?.(first);
  terminal.report?.(report);
}

function memory(terminal: Partial<TextStream> = {}): { stream: TextStream; text(): string } {
  let written = '';
  return { stream: { ...terminal, write: (text: string) => void (written += text) }, text: () => written };
}
