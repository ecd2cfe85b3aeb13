import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Job } from '../batch/job.ts';
import { createLogger } from '../platform/log.ts';
import { tempDir } from '../platform/temp-dir.ts';
import type { Rubric } from '../rubric/schema.ts';
import { readSettings } from '../settings.ts';
import { type JobsOptions, openJobs } from './jobs.ts';
import { createMetrics } from './metrics.ts';
import { APP_ID, github, PRIVATE_KEY } from './test-github.ts';
import { installationTokens } from './tokens.ts';

const LIMIT = { timeout: 120_000 };
const PACE = { pace: { secondMs: 1, spaceWrites: false }, progress: { firstMs: 1, longestMs: 1 } };
const SCRIPT = { 'day-01/package.json': '{ "name": "scripts" }', 'day-01/scripts/files.js': '// Nothing yet.\n' };

describe('the jobs of grade serve', () => {
  let hub: Awaited<ReturnType<typeof github>>;
  let commit: string;
  let number = 0;
  before(async () => {
    hub = await github(process.env['PATH'] ?? '');
    commit = await hub.git.commit(SCRIPT);
  });
  after(() => hub[Symbol.asyncDispose]());

  const job = (fields: Partial<Job> = {}): Job => ({
    id: `job-${++number}`,
    repository: { owner: 'ada', name: 'backend', cloneUrl: hub.cloneUrl },
    commit,
    rubric: 'day-01',
    installation: 7,
    ...fields,
  });

  /** The queue as `grade serve` opens it, where nobody waits long. @param entries what its file holds already */
  async function opened(more: Partial<JobsOptions> = {}, entries: object[] = []) {
    await using stack = new AsyncDisposableStack();
    const dir = stack.use(await tempDir('jobs'));
    const file = join(dir.path, 'jobs.jsonl');
    await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    const config = { appId: APP_ID, privateKey: PRIVATE_KEY, apiUrl: hub.api.url };
    const queue = stack.use(
      await openJobs({
        config,
        tokens: installationTokens(config),
        settings: readSettings({ ...process.env, GRADE_CACHE_DIR: dir.path }),
        weigh: (rubric) => rubric,
        metrics: createMetrics(() => ({ waiting: 0, running: 0 })),
        logger: createLogger('silent'),
        runtime: 'local',
        services: 'embedded',
        reportsDir: join(dir.path, 'reports'),
        file,
        concurrency: 1,
        retry: { retries: 2, minTimeout: 1, factor: 1 },
        signal: new AbortController().signal,
        posting: PACE,
        ...more,
      }),
    );
    const owned = stack.move();
    return {
      queue,
      idle: async () => {
        while (queue.counts.running + queue.counts.waiting > 0) await new Promise(setImmediate);
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  }
  const runsOf = ({ id }: Job) => hub.api.runs.filter((run) => run.external_id.startsWith(`${id}:`));
  /** What was said of a job's run, one request after the other. */
  const told = ({ id }: Job, since: number) =>
    hub.api.seen
      .slice(since)
      .filter(({ body }) => body.external_id?.startsWith(`${id}:`))
      .map(({ body }) => [body.name, body.status, body.output?.title]);

  test('queued when accepted, in progress when the work begins, one run to the end', LIMIT, async () => {
    const [gate, since] = [Promise.withResolvers<void>(), hub.api.seen.length];
    hub.holdGit(gate.promise);
    await using jobs = await opened();
    const { rubric: _, ...unnamed } = job();
    const [first, second] = [unnamed as Job, job()];
    await jobs.queue.add(first);
    await jobs.queue.add(second);
    while (runsOf(first).length === 0 || runsOf(second).length === 0) await new Promise(setImmediate);
    const state = () => [first, second].map((one) => runsOf(one).map(({ name, status }) => [name, status]));
    while (runsOf(first)[0]?.status === 'queued') await new Promise(setImmediate);
    assert.deepEqual(state(), [[['Grade', 'in_progress']], [['Grade / day-01', 'queued']]]);
    gate.resolve();
    await jobs.idle();
    assert.deepEqual(state(), [[['Grade / day-01', 'completed']], [['Grade / day-01', 'completed']]]);
    // It was opened before it was known by what it is graded, and got its name then.
    assert.deepEqual(
      told(first, since).filter(([name]) => name !== 'Grade'),
      [['Grade / day-01', 'in_progress', told(first, since).at(-1)?.[2]]],
    );
  });

  test('a push that touches nothing graded ends the run that was opened', LIMIT, async () => {
    const readme = await hub.git.commit({ 'README.md': 'Words' });
    const { rubric: _, ...rest } = job({ commit: readme, base: commit });
    await using jobs = await opened();
    await jobs.queue.add(rest);
    await jobs.idle();
    assert.deepEqual(
      runsOf(rest).map(({ name, conclusion }) => [name, conclusion]),
      [['Grade', 'neutral']],
    );
  });

  test('a course’s own points are what is graded by', LIMIT, async () => {
    const weighed = job();
    const weigh = (rubric: Rubric): Rubric => ({
      ...rubric,
      criteria: rubric.criteria.slice(0, 1),
      points: 7,
      passMark: 0,
    });
    await using jobs = await opened({ weigh });
    await jobs.queue.add(weighed);
    await jobs.idle();
    assert.match(runsOf(weighed)[0]?.output?.title ?? '', /^day-01 — \d of 7$/);
  });

  /** Does one job that fails by no fault of the learner's, and holds what is said of it against what must be. */
  async function failing(failed: Job, reason: RegExp, more: Partial<JobsOptions> = {}, entries: object[] = []) {
    await using jobs = await opened(more, entries);
    if (entries.length === 0) await jobs.queue.add(failed);
    await jobs.idle();
    const [run, ...others] = runsOf(failed);
    assert.deepEqual(others, []);
    assert.deepEqual([run?.status, run?.conclusion], ['completed', 'neutral']);
    assert.match(run?.output?.title ?? '', /not graded$/);
    assert.match(run?.output?.summary ?? '', /No points are lost/);
    assert.match(run?.output?.summary ?? '', reason);
    assert.match(run?.output?.summary ?? '', /\*\*Again:\*\* Press “Grade again”/);
    assert.deepEqual(
      run?.actions?.map(({ identifier }) => identifier),
      ['grade-again'],
    );
  }

  describe('end neutrally, with the reason and a way to run them again, when', () => {
    test('the commit can’t be cloned; why it waits is told between the tries', LIMIT, async () => {
      const [lost, since] = [job({ commit: 'd'.repeat(40) }), hub.api.seen.length];
      await failing(lost, /could not be fetched/);
      const titles = hub.api.seen.slice(since).map(({ body }) => body.output?.title);
      assert.equal(titles.filter((title) => title === 'day-01 — waiting to try again').length, 2);
    });

    test('there is no runtime', LIMIT, async () => {
      // Whether or not this machine has an engine, nobody has this image.
      const settings = readSettings({ ...process.env, GRADE_IMAGE_NODE: 'localhost:1/nobody/has:it' });
      await failing(job(), /docker runtime is not to be had|nobody\/has/, { runtime: 'docker', settings });
    });

    test('a service is not to be had', LIMIT, async () => {
      await failing(job({ rubric: 'day-04' }), /GRADE_MONGO_URL/, { services: 'external' });
    });

    test('the repository says something wrong of itself', LIMIT, async () => {
      const broken = await hub.git.commit({ 'day-01/grade.yaml': 'colour: red\n' });
      await hub.git.commit({ 'day-01/grade.yaml': undefined });
      const { rubric: _, ...rest } = job({ commit: broken, base: commit });
      await failing(rest, /grade\.yaml:1:1/);
    });

    test('the grader has a mistake of its own', LIMIT, async () => {
      const settings = { ...readSettings({}), environment: null as never };
      await failing(job(), /Cannot read properties of null/, { settings });
    });

    test('it ended the process again and again', LIMIT, async () => {
      const poison = job();
      const entries = [{ taken: poison }, ...Array.from({ length: 3 }, () => ({ started: poison.id }))];
      await failing(poison, /the process ended 3 times/, {}, entries);
    });
  });
});
