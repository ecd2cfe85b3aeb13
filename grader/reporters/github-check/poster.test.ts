import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { MockGitHub } from './mock/github.ts';
import { posterTo, postingWith } from './mock/posting.ts';
import { CheckRunPoster } from './poster.ts';

const STARTED = { title: 'day-13 — grading', summary: 'Being graded.' };

describe('a check run', () => {
  test('is in progress from the start, is updated, and is completed with a button', async () => {
    await using mock = await MockGitHub.start();
    const poster = new CheckRunPoster(posterTo(mock, { detailsUrl: 'https://grade.example/reports/1' }));
    await poster.open('in_progress', STARTED);
    assert.equal(mock.runs[0]?.status, 'in_progress');
    assert.equal(mock.runs[0].output?.title, 'day-13 — grading');

    poster.update({ title: 'day-13 — grading, 3 of 12', summary: 'Being graded.' });
    await mock.reached('checks/update', 1);
    const delivery = await poster.complete(postingWith(1));

    const [run] = mock.runs;
    assert.equal(mock.seen.at(-2)?.body.output?.title, 'day-13 — grading, 3 of 12');
    assert.equal(mock.seen.at(-2)?.body.status, undefined);
    assert.equal(run?.name, 'Grade / day-13');
    assert.equal(run.status, 'completed');
    assert.equal(run.conclusion, 'failure');
    assert.equal(run.output?.title, 'day-13 — 48 of 100');
    assert.equal(run.details_url, 'https://grade.example/reports/1');
    assert.deepEqual(run.actions, [
      { label: 'Grade again', description: 'Grades this commit once more', identifier: 'grade-again' },
    ]);
    assert.deepEqual(delivery, {
      to: 'check-run',
      id: 1,
      url: 'https://github.com/school/shop-api/runs/1',
      annotations: { delivered: 1, refused: 0 },
    });
  });

  test('may wait in the queue first, and be graded by another process', async () => {
    await using mock = await MockGitHub.start();
    await new CheckRunPoster(posterTo(mock)).open('queued', { title: 'day-13 — waiting', summary: 'In the queue.' });
    assert.equal(mock.runs[0]?.status, 'queued');
    const worker = new CheckRunPoster(posterTo(mock));
    await worker.open('in_progress', STARTED);
    assert.equal(mock.runs[0].status, 'in_progress');
    await worker.complete(postingWith(0));
    assert.equal(mock.runs.length, 1);
    assert.equal(mock.runs[0].status, 'completed');
  });

  test('is completed once, however often it is asked for', async () => {
    await using mock = await MockGitHub.start();
    const poster = new CheckRunPoster(posterTo(mock));
    const both = await Promise.all([poster.complete(postingWith(3)), poster.complete(postingWith(3))]);
    assert.equal(both[0], both[1]);
    assert.equal(mock.runs.length, 1);
    assert.equal(mock.runs[0]?.annotations.length, 3);
  });

  for (const [count, requests] of [
    [0, 1],
    [1, 1],
    [50, 1],
    [51, 2],
    [400, 8],
  ] as const) {
    test(`delivers ${count} annotations in ${requests} requests, in order`, async () => {
      await using mock = await MockGitHub.start({ files: ['src/app.js'] });
      const posting = postingWith(count);
      const delivery = await new CheckRunPoster(posterTo(mock)).complete(posting);
      assert.deepEqual(mock.runs[0]?.annotations, posting.annotations);
      assert.equal(mock.count('checks/update'), requests);
      assert.ok(delivery.to === 'check-run' && delivery.annotations.delivered === count);
      // A run that says that it is completed has everything.
      assert.deepEqual(
        mock.seen.slice(-requests).map(({ body }) => body.status),
        [...Array.from({ length: requests - 1 }, () => undefined), 'completed'],
      );
    });
  }

  test('is updated seldom: while one update waits, the latest replaces it', async () => {
    await using mock = await MockGitHub.start();
    const gaps: number[] = [];
    let pass = Promise.withResolvers<void>();
    const poster = new CheckRunPoster(
      posterTo(mock, {
        progress: { firstMs: 10_000, longestMs: 25_000 },
        sleep: async (ms, signal) => {
          gaps.push(ms);
          signal?.addEventListener('abort', () => pass.resolve());
          await pass.promise;
          pass = Promise.withResolvers();
        },
      }),
    );
    await poster.open('in_progress', STARTED);
    for (const [round, titles] of [['a', 'b', 'c'], ['d', 'e'], ['f'], ['g']].entries()) {
      for (const title of titles) poster.update({ title, summary: title });
      // The wait begins when the poster has seen the news.
      while (gaps.length <= round) await new Promise(setImmediate);
      if (round < 3) {
        pass.resolve();
        await mock.reached('checks/update', round + 1);
      }
    }
    await poster.complete(postingWith(0));
    assert.deepEqual(
      mock.seen.filter(({ operation }) => operation === 'checks/update').map(({ body }) => body.output?.title),
      ['c', 'e', 'f', 'day-13 — 48 of 100'],
    );
    assert.deepEqual(gaps, [10_000, 20_000, 25_000, 25_000]);
  });
});

describe('a retry after a crash', () => {
  test('updates the same run and sends no note twice, though the first was killed amid its notes', async () => {
    await using mock = await MockGitHub.start();
    const first = spawn(
      process.execPath,
      ['--input-type=module', '--eval', CRASHING, mock.url, JSON.stringify(postingWith(400))],
      { cwd: import.meta.dirname, stdio: 'inherit' },
    );
    await mock.reached('checks/update', 3);
    first.kill('SIGKILL');
    await once(first, 'exit');
    assert.equal(mock.runs[0]?.status, 'in_progress');
    const before = mock.runs[0].annotations.length;
    assert.ok(before > 0 && before < 400, `${before} notes are there`);

    const second = new CheckRunPoster(posterTo(mock));
    await second.open('in_progress', STARTED);
    const delivery = await second.complete(postingWith(400));
    assert.equal(delivery.to, 'check-run');
    assert.equal(mock.runs.length, 1);
    assert.equal(mock.runs[0].status, 'completed');
    assert.deepEqual(mock.runs[0].annotations, postingWith(400).annotations);
  });

  test('of a report that had arrived changes nothing', async () => {
    await using mock = await MockGitHub.start();
    await new CheckRunPoster(posterTo(mock)).complete(postingWith(51));
    await new CheckRunPoster(posterTo(mock)).complete(postingWith(51));
    assert.equal(mock.runs.length, 1);
    assert.equal(mock.runs[0]?.status, 'completed');
    assert.equal(mock.runs[0].annotations.length, 51);
  });

  test('finds the run among newer ones of the same name', async () => {
    await using mock = await MockGitHub.start();
    const { headSha: head_sha, name } = posterTo(mock);
    for (let other = 0; other < 120; other += 1) {
      mock.runs.push({ id: other + 1, name, external_id: `delivery-${other}`, head_sha, app: 1, annotations: [] });
    }
    await new CheckRunPoster(posterTo(mock, { externalId: 'delivery-7' })).complete(postingWith(0));
    assert.equal(mock.runs.length, 120);
    assert.deepEqual(
      mock.runs.filter(({ status }) => status === 'completed').map((run) => run.external_id),
      ['delivery-7'],
    );
  });

  test('another grading makes another run', async () => {
    await using mock = await MockGitHub.start();
    await new CheckRunPoster(posterTo(mock)).complete(postingWith(0));
    await new CheckRunPoster(posterTo(mock, { externalId: 'delivery-2' })).complete(postingWith(0));
    assert.deepEqual(
      mock.runs.map((run) => run.external_id),
      ['delivery-1', 'delivery-2'],
    );
  });

  for (const appId of [undefined, 1]) {
    test(`is not led astray by a run of another App with the same id (own id ${appId ?? 'unknown'})`, async () => {
      await using mock = await MockGitHub.start({ app: { id: 1 } });
      const taken = { name: 'Grade / day-13', external_id: 'delivery-1', head_sha: posterTo(mock).headSha };
      mock.runs.push({ ...taken, id: 1, app: 15_368, annotations: [], status: 'completed', conclusion: 'success' });
      const poster = new CheckRunPoster(posterTo(mock, { appId }));
      await poster.open('in_progress', STARTED);
      const delivery = await poster.complete(postingWith(0));
      assert.ok(delivery.to === 'check-run' && delivery.id === 2);
      assert.equal(mock.runs[1]?.conclusion, 'failure');
    });
  }
});

/** Posts until it is killed: each update takes a moment, as it does on GitHub. */
const CRASHING = `
import { CheckRunPoster } from './poster.ts';
import { posterTo } from './mock/posting.ts';
const [url, posting] = process.argv.slice(1);
const poster = new CheckRunPoster({ ...posterTo({ url }), pace: { secondMs: 200, spaceWrites: true } });
await poster.open('in_progress', { title: 'day-13 — grading', summary: 'Being graded.' });
await poster.complete(JSON.parse(posting));
`;
