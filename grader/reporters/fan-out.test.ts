import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UsageError } from '../platform/errors.ts';
import { fanOut } from './fan-out.ts';
import { sampleReport } from './sample-report.ts';

describe('the fan-out', () => {
  test('gives every event to every reporter', async () => {
    const seen: string[] = [];
    const recording = (name: string) => ({
      begin: () => void seen.push(`${name} begin`),
      phase: () => void seen.push(`${name} phase`),
      criterionStart: () => void seen.push(`${name} criterionStart`),
      criterionEnd: () => void seen.push(`${name} criterionEnd`),
      progress: () => void seen.push(`${name} progress`),
      notice: () => void seen.push(`${name} notice`),
      report: () => void seen.push(`${name} report`),
      [Symbol.asyncDispose]: async () => void seen.push(`${name} dispose`),
    });
    await play(fanOut({ a: recording('a'), b: recording('b'), none: {} }, assert.fail));
    const events = ['begin', 'phase', 'criterionStart', 'criterionEnd', 'progress', 'notice', 'report', 'dispose'];
    assert.deepEqual(
      seen,
      events.flatMap((event) => [`a ${event}`, `b ${event}`]),
    );
  });

  test('says at the end which reporter failed, and leaves the others alone', async () => {
    const said: string[] = [];
    const seen: string[] = [];
    let disposed = 0;
    const throwing = {
      phase: () => {
        throw new UsageError('no folder', { mend: 'Make one.' });
      },
      report: () => assert.fail('a reporter that failed is left out'),
      [Symbol.asyncDispose]: async () => void disposed++,
    };
    const failingEnd = { [Symbol.asyncDispose]: () => Promise.reject(new Error('disk full')) };
    const good = { phase: () => void seen.push('phase'), report: () => void seen.push('report') };
    await play(fanOut({ html: throwing, json: failingEnd, terminal: good }, (line) => void said.push(line)));
    assert.deepEqual(seen, ['phase', 'report']);
    assert.equal(said.length, 2);
    assert.equal(said[0], 'The html report failed: no folder. Make one.');
    assert.match(said[1] ?? '', /^The json report failed: Error: disk full\n +at /);
    assert.equal(disposed, 1);
  });
});

async function play(events: ReturnType<typeof fanOut>): Promise<void> {
  const report = sampleReport();
  const [first] = report.criteria;
  assert.ok(first);
  await using all = events;
  all.begin?.({ rubric: 'day-13', title: '', submission: '', criteria: [] });
  all.phase?.({ id: 'boot', title: 'Boot', state: 'started' });
  all.criterionStart?.(first);
  all.criterionEnd?.(first);
  all.progress?.({ what: 'Fetching', fraction: 0.5 });
  all.notice?.('a line');
  all.report?.(report);
}
