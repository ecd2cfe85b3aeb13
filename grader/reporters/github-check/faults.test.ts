import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { RequestError } from 'octokit';
import { InfrastructureError } from '../../platform/errors.ts';
import { type Fault, MockGitHub } from './mock/github.ts';
import { posterTo, postingWith } from './mock/posting.ts';
import { CheckRunPoster, type PosterOptions } from './poster.ts';

const STARTED = { title: 'day-13 — grading', summary: 'Being graded.' };
const OPERATIONS = ['checks/list-for-ref', 'checks/create', 'checks/update'] as const;
const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';

/** Trouble that passes: sent again, the request is taken. */
const PASSING: Record<string, Fault> = {
  '500': { status: 500, message: 'Server Error' },
  '502': { status: 502, message: 'Bad Gateway' },
  '502 after it was done': '502 after',
  'a connection cut before it was done': 'cut before',
  'a connection cut after it was done': 'cut after',
  'half an answer': 'half an answer',
  'a stall before it was done': 'stall before',
  'a stall after it was done': 'stall after',
  'a secondary rate limit (403, Retry-After)': { status: 403, message: SECONDARY, headers: { 'retry-after': '2' } },
  'a secondary rate limit (429, Retry-After, other words)': { status: 429, headers: { 'retry-after': '2' } },
  'a secondary rate limit (403, Retry-After, other words)': { status: 403, headers: { 'retry-after': '2' } },
  'a secondary rate limit (429, nothing said)': { status: 429, message: 'Too many requests' },
  'a primary rate limit': {
    status: 403,
    message: 'API rate limit exceeded for installation ID 1.',
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 5) },
  },
};

/** Trouble that stays: the token, the repository or the request is wrong. */
const LASTING = {
  forbidden: { status: 403, message: 'Resource not accessible by integration' },
  unauthorized: { status: 401, message: 'Bad credentials' },
  'not-found': { status: 404, message: 'Not Found' },
  invalid: { status: 422, message: 'Validation Failed' },
} as const satisfies Record<string, Fault>;

describe('passing trouble', { concurrency: 4 }, () => {
  for (const operation of OPERATIONS) {
    for (const [name, fault] of Object.entries(PASSING)) {
      for (const times of [1, 2]) {
        test(`${name}, ${times}× at ${operation}: the report arrives once`, async () => {
          await using mock = await MockGitHub.start();
          mock.misbehave(operation, ...Array.from({ length: times }, () => fault));
          await postWhole(mock);
        });
      }
    }
  }

  for (const [name, fault] of Object.entries(PASSING)) {
    test(`${name} amid the notes: each arrives once`, async () => {
      await using mock = await MockGitHub.start();
      mock.misbehave('checks/update', 'fine', fault, 'fine', fault);
      mock.misbehave('checks/list-annotations', { status: 502 });
      await postWhole(mock, 130);
    });
  }

  test('an update that fails while grading goes on takes nothing from the end', async () => {
    await using mock = await MockGitHub.start();
    mock.misbehave('checks/update', { status: 500 }, 'cut after', 'stall before');
    const poster = new CheckRunPoster(posterTo(mock, { requestTimeoutMs: 300 }));
    await poster.open('in_progress', STARTED);
    for (let update = 1; update <= 3; update += 1) {
      poster.update({ title: `update ${update}`, summary: '…' });
      await mock.reached('checks/update', update);
    }
    assert.equal((await poster.complete(postingWith(51))).to, 'check-run');
    assert.equal(mock.runs[0]?.output?.title, 'day-13 — 48 of 100');
    assert.equal(mock.runs[0].annotations.length, 51);
  });

  test('an update that takes long does not write over the end', async () => {
    await using mock = await MockGitHub.start();
    const poster = new CheckRunPoster(posterTo(mock));
    await poster.open('in_progress', STARTED);
    const held = Promise.withResolvers<void>();
    mock.misbehave('checks/update', held.promise);
    poster.update({ title: 'update 1', summary: '…' });
    await mock.reached('checks/update', 1);
    const completed = poster.complete(postingWith(0)).then(() => 'completed');
    assert.equal(await Promise.race([completed, wait(100, 'held')]), 'held');
    held.resolve();
    assert.equal(await completed, 'completed');
    assert.equal(mock.runs[0]?.output?.title, 'day-13 — 48 of 100');
  });

  test('GitHub that is away at the start and back at the end has the report', async () => {
    await using mock = await MockGitHub.start();
    mock.misbehave('checks/list-for-ref', ...Array.from({ length: 4 }, () => ({ status: 503 })));
    const poster = new CheckRunPoster(posterTo(mock));
    await poster.open('in_progress', STARTED);
    assert.equal(mock.runs.length, 0);
    assert.equal((await poster.complete(postingWith(1))).to, 'check-run');
    assert.equal(mock.runs.length, 1);
  });
});

describe('a rate limit', () => {
  for (const status of [403, 429]) {
    for (const operation of OPERATIONS) {
      test(`is waited out for as long as Retry-After says (${status} at ${operation})`, async () => {
        await using mock = await MockGitHub.start();
        mock.misbehave(operation, { status, message: SECONDARY, headers: { 'retry-after': '3' } });
        await postWhole(mock, 0, { pace: { secondMs: 40, spaceWrites: false } });
        const [refused, taken] = mock.seen.filter((one) => one.operation === operation);
        // Timers may fire a millisecond early.
        assert.ok(taken!.at - refused!.at >= 3 * 40 - 2, `waited ${taken!.at - refused!.at} ms`);
      });
    }
  }

  test('is waited out until x-ratelimit-reset', async () => {
    await using mock = await MockGitHub.start();
    const reset = Math.floor(Date.now() / 1000) + 60;
    mock.misbehave('checks/create', {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
    });
    await postWhole(mock, 0, { pace: { secondMs: 5, spaceWrites: false } });
    const [refused, taken] = mock.seen.filter(({ operation }) => operation === 'checks/create');
    assert.ok(taken!.at - refused!.at >= 55 * 5, `waited ${taken!.at - refused!.at} ms`);
  });

  test('that asks for an hour is not waited out: the fallback has the report', async () => {
    await using mock = await MockGitHub.start();
    mock.breakDown('checks/create', { status: 429, headers: { 'retry-after': '3600' } });
    const { delivery, fallbacks } = await postTrouble(mock);
    assert.ok(delivery.to === 'fallback' && delivery.trouble.kind === 'rate-limited' && delivery.trouble.passing);
    assert.equal(fallbacks, 1);
    // Once at the start, once more at the end.
    assert.equal(mock.count('checks/create'), 2);
  });

  test('that does not end is given up', async () => {
    await using mock = await MockGitHub.start();
    mock.breakDown('checks/create', { status: 403, message: SECONDARY, headers: { 'retry-after': '1' } });
    const { delivery } = await postTrouble(mock);
    assert.ok(delivery.to === 'fallback' && delivery.trouble.kind === 'rate-limited');
  });

  test('ends the updates while grading, and not the end', async () => {
    await using mock = await MockGitHub.start();
    const poster = new CheckRunPoster(posterTo(mock));
    await poster.open('in_progress', STARTED);
    mock.misbehave('checks/update', { status: 403, message: SECONDARY, headers: { 'retry-after': '100' } });
    poster.update({ title: 'update 1', summary: '…' });
    await mock.reached('checks/update', 1);
    assert.equal((await poster.complete(postingWith(0))).to, 'check-run');
    assert.equal(mock.count('checks/update'), 2);
  });
});

describe('an expired token', () => {
  test('is renewed once, wherever it expires', async () => {
    for (const operation of OPERATIONS) {
      await using mock = await MockGitHub.start();
      const source = tokenSource(mock);
      const poster = new CheckRunPoster(posterTo(mock, { tokens: source }));
      if (operation === 'checks/list-for-ref') source.expire();
      await poster.open('in_progress', STARTED);
      if (operation === 'checks/update') source.expire();
      assert.equal((await poster.complete(postingWith(51))).to, 'check-run');
      assert.equal(source.renewals, operation === 'checks/create' ? 0 : 1);
      assert.equal(mock.runs.length, 1);
      assert.equal(mock.runs[0]?.annotations.length, 51);
    }
  });

  test('whose successor is refused too is final', async () => {
    await using mock = await MockGitHub.start();
    mock.tokens.clear();
    const source = { renewals: 0, token: async () => 'token-1', renew: async () => `fresh-${++source.renewals}` };
    const { delivery, fallbacks } = await postTrouble(mock, { tokens: source });
    assert.ok(delivery.to === 'fallback' && delivery.trouble.kind === 'unauthorized' && !delivery.trouble.passing);
    assert.equal(fallbacks, 1);
    assert.equal(source.renewals, 1);
    assert.equal(mock.seen.length, 2);
  });

  test('that can’t be renewed is final, and no secret is logged', async () => {
    await using mock = await MockGitHub.start();
    mock.tokens.clear();
    const renew = () => Promise.reject(noToken(404));
    const { delivery, log } = await postTrouble(mock, { tokens: { token: async () => 'token-1', renew } });
    assert.ok(delivery.to === 'fallback' && delivery.trouble.kind === 'not-found' && !delivery.trouble.passing);
    assert.match(log, /GitHub gave no token\. Install the App\./);
    assert.doesNotMatch(log, /token-1/);
  });

  test('that can’t be had for now leaves the report for later', async () => {
    await using mock = await MockGitHub.start();
    const token = () => Promise.reject(noToken(502));
    const { delivery } = await postTrouble(mock, { tokens: { token } });
    assert.ok(delivery.to === 'fallback' && delivery.trouble.passing);
    assert.equal(mock.seen.length, 0);
  });
});

describe('lasting trouble', () => {
  for (const operation of OPERATIONS) {
    for (const [kind, fault] of Object.entries(LASTING)) {
      test(`${fault.status} at ${operation}: the fallback has the report, once, and the log says why`, async () => {
        await using mock = await MockGitHub.start();
        mock.breakDown(operation, fault);
        const { delivery, fallbacks, log } = await postTrouble(mock);
        assert.ok(delivery.to === 'fallback');
        assert.equal(delivery.where, 'the job summary');
        assert.equal(delivery.trouble.kind, kind);
        assert.equal(fallbacks, 1);
        assert.match(log, new RegExp(`answered ${fault.status}: ${fault.message}`));
        assert.notEqual(mock.runs[0]?.status, 'completed');
      });
    }
  }

  test('at the start is not tried again at the end', async () => {
    await using mock = await MockGitHub.start();
    mock.breakDown('checks/create', LASTING.forbidden);
    const poster = new CheckRunPoster(posterTo(mock));
    await poster.open('in_progress', STARTED);
    poster.update({ title: 'update', summary: '…' });
    const delivery = await poster.complete(postingWith(1));
    assert.ok(delivery.to === 'nowhere' && delivery.trouble.kind === 'forbidden');
    assert.equal(mock.seen.length, 2);
  });

  for (const fault of [{ status: 500 }, 'cut before', 'stall before', 'stall after', 'cut after'] as const) {
    test(`${JSON.stringify(fault)} without end at checks/create: at most one run, and the fallback`, async () => {
      await using mock = await MockGitHub.start();
      mock.breakDown('checks/create', fault);
      const { delivery, fallbacks } = await postTrouble(mock, { requestTimeoutMs: 200 });
      const made = fault === 'cut after' || fault === 'stall after';
      assert.equal(mock.runs.length, made ? 1 : 0);
      assert.equal(delivery.to, made ? 'check-run' : 'fallback');
      assert.equal(fallbacks, made ? 0 : 1);
      if (delivery.to === 'fallback') assert.ok(delivery.trouble.passing);
    });
  }

  test('without a fallback is said, for the caller to try again', async () => {
    await using mock = await MockGitHub.start();
    mock.breakDown('checks/update', { status: 502 });
    const delivery = await new CheckRunPoster(posterTo(mock)).complete(postingWith(60));
    assert.ok(delivery.to === 'nowhere' && delivery.trouble.passing);
  });

  test('a fallback that fails as well leaves the report nowhere', async () => {
    await using mock = await MockGitHub.start();
    mock.breakDown('checks/create', LASTING.forbidden);
    const fallback = () => Promise.reject(new Error('the disk is full'));
    const { delivery, log } = await postTrouble(mock, { fallback });
    assert.equal(delivery.to, 'nowhere');
    assert.match(log, /the disk is full/);
  });

  test('notes that GitHub refuses cost only themselves', async () => {
    await using mock = await MockGitHub.start();
    mock.misbehave('checks/update', 'fine', LASTING.invalid, 'fine');
    const delivery = await new CheckRunPoster(posterTo(mock)).complete(postingWith(130));
    assert.ok(delivery.to === 'check-run');
    assert.deepEqual(delivery.annotations, { delivered: 80, refused: 50 });
    assert.equal(mock.runs[0]?.status, 'completed');
    assert.equal(mock.runs[0].annotations.length, 80);
  });

  test('a report that GitHub refuses leaves a run that is completed and says where the report is', async () => {
    await using mock = await MockGitHub.start();
    mock.misbehave('checks/update', LASTING.invalid);
    const { delivery } = await postTrouble(mock, {}, 0);
    assert.equal(delivery.to, 'fallback');
    assert.equal(mock.runs[0]?.conclusion, 'failure');
    assert.equal(mock.runs[0].output?.summary, 'GitHub did not take the report; it is in the job summary.');
  });

  test('a caller that stops waits for nothing', async () => {
    await using mock = await MockGitHub.start();
    mock.breakDown('checks/create', 'stall before');
    const stop = new AbortController();
    const posted = new CheckRunPoster(posterTo(mock, { signal: stop.signal })).complete(postingWith(0));
    await mock.reached('checks/create', 1);
    stop.abort();
    assert.equal((await posted).to, 'nowhere');
  });
});

async function postWhole(mock: MockGitHub, annotations = 51, more: Partial<PosterOptions> = {}): Promise<void> {
  const posting = postingWith(annotations);
  // A stall is ended soon; what does not stall has time, however busy the machine is.
  const { delivery, fallbacks } = await postTrouble(mock, { requestTimeoutMs: 500, ...more }, annotations);
  assert.equal(delivery.to, 'check-run', JSON.stringify(delivery));
  assert.equal(fallbacks, 0);
  assert.equal(mock.runs.length, 1, 'runs');
  const [run] = mock.runs;
  assert.equal(run?.status, 'completed');
  assert.equal(run.conclusion, posting.conclusion);
  assert.equal(run.output?.summary, posting.summary);
  assert.deepEqual(run.annotations, posting.annotations);
}

async function postTrouble(mock: MockGitHub, more: Partial<PosterOptions> = {}, annotations = 51) {
  let fallbacks = 0;
  const lines: string[] = [];
  const poster = new CheckRunPoster(
    posterTo(mock, {
      fallback: async () => {
        fallbacks += 1;
        return 'the job summary';
      },
      log: (line) => lines.push(line),
      ...more,
    }),
  );
  await poster.open('in_progress', STARTED);
  const delivery = await poster.complete(postingWith(annotations));
  return { delivery, fallbacks, log: lines.join('\n') };
}

/** What a source of tokens throws that GitHub gave none. */
function noToken(status: number): Error {
  const cause = new RequestError('No', status, {
    request: { method: 'POST', url: 'https://api.github.com/app/installations/1/access_tokens', headers: {} },
    response: { status, url: '', headers: {}, data: {} },
  });
  return new InfrastructureError('GitHub gave no token', { mend: 'Install the App.', cause });
}

/** Installation tokens as GitHub gives them: a new one when the old one has expired. */
function tokenSource(mock: MockGitHub) {
  let current = 'token-1';
  const source = {
    renewals: 0,
    token: async () => current,
    renew: async (rejected: string) => {
      assert.equal(rejected, current);
      source.renewals += 1;
      current = `token-${source.renewals + 1}`;
      mock.tokens.add(current);
      return current;
    },
    expire: () => mock.tokens.delete(current),
  };
  return source;
}
