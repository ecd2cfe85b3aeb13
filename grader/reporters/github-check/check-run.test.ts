import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InfrastructureError } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import type { Report } from '../../report/schema.ts';
import { fanOut } from '../fan-out.ts';
import { hostileReport, sampleReport } from '../sample-report.ts';
import { type CheckRunOptions, checkRunReporter, postEnding } from './check-run.ts';
import { jobSummary } from './job-summary.ts';
import { MockGitHub } from './mock/github.ts';
import { posterTo } from './mock/posting.ts';

describe('the check run reporter', () => {
  test('posts a run from its beginning to its report', async () => {
    await using mock = await MockGitHub.start({ files: ['days/13/db/migrations/001_products.sql'] });
    const reporter = checkRunReporter(options(mock, { root: 'days/13' }));
    const report = sampleReport();
    {
      await using events = fanOut({ github: reporter }, () => assert.fail('a reporter failed'));
      events.begin?.(beginning(report));
      events.phase?.({ id: 'install', title: 'Installing dependencies', state: 'started' });
      await mock.reached('checks/update', 1);
      for (const criterion of report.criteria.slice(0, 5)) events.criterionEnd?.(criterion);
      events.criterionStart?.(report.criteria[5]!);
      await mock.reached('checks/update', 2);
      assert.equal(mock.count('checks/create'), 1);
      assert.equal(mock.runs[0]?.status, 'in_progress');
      events.report?.(report);
    }
    const [create, first, second, last] = mock.seen.flatMap(({ operation, body }) =>
      operation === 'checks/list-for-ref' ? [] : [body],
    );
    assert.equal(create?.status, 'in_progress');
    assert.equal(create.output?.title, 'day-13 — grading, 0 of 12 criteria looked at');
    assert.match(first?.output?.summary ?? '', /Now: Installing dependencies/);
    assert.equal(second?.output?.title, 'day-13 — grading, 5 of 12 criteria looked at');
    assert.match(second.output.summary, /\| ✅ \| Products are listed page by page \|/);
    assert.match(second.output.summary, /\| ▶️ \| Fifty buyers/);
    assert.equal(last?.status, 'completed');
    assert.equal(last.conclusion, 'failure');
    assert.equal(mock.runs[0]?.output?.title, 'day-13 — 48.75 of 100, 2 not graded');
    assert.equal(mock.runs[0].annotations.length, 1);
    assert.equal((await reporter.settle()).to, 'check-run');
    assert.equal(mock.seen.at(-1)?.body, last);
  });

  test('tells of a score only at the end', async () => {
    await using mock = await MockGitHub.start();
    const reporter = checkRunReporter(options(mock));
    const report = sampleReport();
    reporter.begin?.(beginning(report));
    for (const criterion of report.criteria) reporter.criterionEnd?.(criterion);
    await mock.reached('checks/update', 1);
    assert.doesNotMatch(JSON.stringify(mock.seen.at(-1)?.body.output), /\d+ \/ \d+|points/);
    reporter.report?.(report);
    await reporter.settle();
  });

  test('completes the run as neutral when grading ended without a report', async () => {
    await using mock = await MockGitHub.start();
    const reporter = checkRunReporter(options(mock));
    reporter.begin?.(beginning(sampleReport()));
    await reporter[Symbol.asyncDispose]();
    assert.equal(mock.runs[0]?.status, 'in_progress');

    const delivery = await reporter.settle(new InfrastructureError('no Docker engine answers'));
    assert.equal(delivery.to, 'check-run');
    assert.equal(mock.runs[0].conclusion, 'neutral');
    assert.equal(mock.runs[0].output?.title, 'day-13 — not graded');
    assert.match(mock.runs[0].output.summary, /no Docker engine answers/);
    assert.equal(mock.runs[0].actions?.[0]?.label, 'Grade again');
  });

  test('posts that there was nothing to grade', async () => {
    await using mock = await MockGitHub.start();
    const delivery = await postEnding(
      { kind: 'nothing', reason: 'No day was changed by this push.' },
      { ...options(mock), rubric: undefined },
    );
    assert.equal(delivery.to, 'check-run');
    assert.equal(mock.runs[0]?.name, 'Grade');
    assert.equal(mock.runs[0].conclusion, 'neutral');
  });

  test('goes to the job summary where the token may not write checks', async () => {
    await using mock = await MockGitHub.start();
    await using dir = await tempDir('summary');
    const summaryFile = join(dir.path, 'summary.md');
    mock.breakDown('checks/create', { status: 403, message: 'Resource not accessible by integration' });
    let log = '';
    const stream = { write: (text: string) => (log += text) };
    const lines: string[] = [];
    const reporter = checkRunReporter(
      options(mock, { fallback: jobSummary({ summaryFile, stream }), log: (line) => lines.push(line) }),
    );
    const report = sampleReport();
    reporter.begin?.(beginning(report));
    for (const criterion of report.criteria) reporter.criterionEnd?.(criterion);
    reporter.report?.(report);
    const delivery = await reporter.settle();
    assert.ok(delivery.to === 'fallback');
    assert.equal(delivery.trouble.kind, 'forbidden');
    assert.match(await readFile(summaryFile, 'utf8'), /^## day-13 — 48\.75 of 100/);
    assert.match(log, /^::warning title=No check run::.*answered 403.*checks: write/);
    assert.match(log, /^::error .*file=db\/migrations\/001_products\.sql,line=12/m);
    assert.match(lines.join('\n'), /answered 403: Resource not accessible by integration/);
    assert.equal(mock.count('checks/create'), 1);
  });

  for (const hostile of [
    '](javascript:alert(1))',
    '@everyone',
    '<img src=x onerror=alert(1)>',
    '::error::x',
    'two\nlines\n\n# and more',
    '\u202Eright to left\u202C',
    '',
    '長'.repeat(100_000),
  ]) {
    test(`makes requests that GitHub takes of ${JSON.stringify(hostile.slice(0, 30))}`, async () => {
      await using mock = await MockGitHub.start();
      const reporter = checkRunReporter(options(mock));
      const report = hostileReport(hostile);
      reporter.begin?.(beginning(report));
      for (const criterion of report.criteria) reporter.criterionEnd?.(criterion);
      await mock.reached('checks/update', 1);
      reporter.report?.(report);
      assert.equal((await reporter.settle()).to, 'check-run');
      assert.equal(mock.runs[0]?.conclusion, 'failure');
    });
  }
});

function options(mock: MockGitHub, more: Partial<CheckRunOptions> = {}): CheckRunOptions & { rubric: string } {
  return { ...posterTo(mock), again: 'Press “Grade again” above.', ...more, rubric: 'day-13' };
}

function beginning({ rubric, criteria }: Report) {
  return { rubric: rubric.id, title: rubric.title, submission: '/tmp/shop-api', criteria };
}
