import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../platform/temp-dir.ts';
import type { GitServer } from '../submission/git-server.ts';
import { APP_ID, github, PRIVATE_KEY, TOKEN } from './test-github.ts';
import { checkRun, push } from './sample-payloads.ts';

const SECRET = 'a secret of some length';
const REFERENCE = fileURLToPath(new URL('../../fixtures/day-01/reference', import.meta.url));
const LIMIT = { timeout: 300_000 };

/** `grade serve` as a process of its own. */
async function served(env: Record<string, string>) {
  const child: ChildProcess = spawn(
    process.execPath,
    ['grader/bin.js', 'serve', '--port', '0', '--runtime', 'local', '--grace', '0'],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        GRADE_CACHE_DIR: env['GRADE_STATE_DIR'] ?? '',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  child.stderr?.on('data', (piece: Buffer) => (log += piece.toString()));
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  let url: string | undefined;
  for await (const line of createInterface(child.stdout!)) {
    url = /Listening on (\S+);/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  assert.ok(url, `it listens: ${log}`);
  const post = async (event: string, payload: unknown) => {
    const body = JSON.stringify(payload);
    const response = await fetch(`${url}/webhooks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': 'one',
        'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      },
      body,
    });
    return response.status;
  };
  return {
    url,
    post,
    log: () => log,
    stop: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return (await exited)[0];
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('grade serve', () => {
  let hub: Awaited<ReturnType<typeof github>>;
  let git: GitServer;
  let [first, second]: string[] = [];
  before(async () => {
    hub = await github(process.env['PATH'] ?? '');
    ({ git } = hub);
    const reference: Record<string, string> = {};
    for (const entry of await readdir(REFERENCE, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const file = join(entry.parentPath, entry.name);
        reference[`day-01/${file.slice(REFERENCE.length + 1)}`] = await readFile(file, 'utf8');
      }
    first = await git.commit({ 'README.md': 'My course' });
    second = await git.commit(reference);
    // What the branch says by the time that the commit is graded.
    await git.commit({ 'day-01/package.json': 'broken' });
  });
  after(() => hub[Symbol.asyncDispose]());

  const environment = (stateDir: string) => ({
    GRADE_APP_ID: String(APP_ID),
    GRADE_APP_PRIVATE_KEY: PRIVATE_KEY,
    GRADE_WEBHOOK_SECRET: SECRET,
    GRADE_GITHUB_API: hub.api.url,
    GRADE_STATE_DIR: stateDir,
  });
  const completed = async (count: number) => {
    while (hub.api.runs.filter(({ status }) => status === 'completed').length < count)
      await hub.api.reached('checks/update', hub.api.count('checks/update') + 1);
  };

  test('clones what was pushed, grades what it touches, posts as the App', LIMIT, async () => {
    await using state = await tempDir('serve');
    await using server = await served(environment(state.path));
    assert.equal(await server.post('push', push({ before: first, after: second }, hub.cloneUrl)), 202);
    await completed(1);
    const [run] = hub.api.runs;
    assert.deepEqual(
      [run?.name, run?.head_sha, run?.conclusion, run?.output?.title],
      ['Grade / day-01', second, 'success', 'day-01 — 100 of 100'],
    );
    assert.equal(hub.api.count('apps/create-installation-access-token'), 1, 'one token for all of it');
    // The report is kept, and no secret is in anything that was written.
    const report = await readFile(join(state.path, 'reports', `${second}-day-01.json`), 'utf8');
    for (const secret of [TOKEN, SECRET, PRIVATE_KEY.slice(40, 90)])
      for (const text of [report, server.log(), JSON.stringify(hub.api.runs)]) assert.ok(!text.includes(secret));
    assert.equal(await server.stop('SIGTERM'), 0);
  });

  test('kill −9 between accept and grade: graded after the next start, in one run', LIMIT, async () => {
    await using state = await tempDir('serve');
    const earlier = hub.api.runs.length;
    {
      await using server = await served(environment(state.path));
      assert.equal(
        await server.post(
          'check_run',
          checkRun({ action: 'rerequested', sha: second!, rubric: 'day-01' }, hub.cloneUrl),
        ),
        202,
      );
      // It is accepted, and perhaps half done.
      await server.stop('SIGKILL');
    }
    await using server = await served(environment(state.path));
    await completed(earlier + 1);
    assert.equal(hub.api.runs.length, earlier + 1);
    assert.equal(hub.api.runs.at(-1)?.output?.title, 'day-01 — 100 of 100');
    // Sent once more, it is known.
    assert.equal(
      await server.post('check_run', checkRun({ action: 'rerequested', sha: second!, rubric: 'day-01' }, hub.cloneUrl)),
      200,
    );
  });

  test('SIGTERM in the middle of a grading: done after the next start', LIMIT, async () => {
    await using state = await tempDir('serve');
    const earlier = hub.api.runs.length;
    const payload = checkRun({ action: 'requested_action', sha: second!, rubric: 'day-01' }, hub.cloneUrl);
    {
      await using server = await served(environment(state.path));
      const created = hub.api.count('checks/create');
      assert.equal(await server.post('check_run', payload), 202);
      await hub.api.reached('checks/create', created + 1);
      assert.equal(await server.stop('SIGTERM'), 0);
    }
    assert.notEqual(hub.api.runs.at(-1)?.status, 'completed');
    await using server = await served(environment(state.path));
    await completed(earlier + 1);
    assert.equal(hub.api.runs.length, earlier + 1, server.log());
  });

  test('a push that touches nothing graded is told so, neutrally', LIMIT, async () => {
    await using state = await tempDir('serve');
    const earlier = hub.api.runs.length;
    const readme = await git.commit({ 'README.md': 'More words' });
    const parent = await git.git('rev-parse', 'HEAD~1');
    await using server = await served(environment(state.path));
    await server.post('push', push({ before: parent, after: readme }, hub.cloneUrl));
    await completed(earlier + 1);
    const run = hub.api.runs.at(-1);
    assert.deepEqual([run?.name, run?.conclusion, run?.output?.title], ['Grade', 'neutral', 'nothing to grade']);
  });
});

test('a course that is wrong is told at the start, by file, line and column', LIMIT, async () => {
  await using dir = await tempDir('serve');
  await writeFile(join(dir.path, 'course.yaml'), 'rubrics:\n  day-01:\n    points: { file-oi: 50 }\n');
  const child = spawn(process.execPath, ['grader/bin.js', 'serve', '--course', join(dir.path, 'course.yaml')], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      PATH: process.env['PATH'] ?? '',
      GRADE_APP_ID: String(APP_ID),
      GRADE_APP_PRIVATE_KEY: PRIVATE_KEY,
      GRADE_WEBHOOK_SECRET: SECRET,
      GRADE_STATE_DIR: dir.path,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [text, [code]] = await Promise.all([buffer(child.stderr), once(child, 'exit')]);
  assert.equal(code, 2);
  assert.match(text.toString(), /course\.yaml:3:\d+.*day-01 has no criterion "file-oi"; did you mean file-io/);
});

test('without its settings it says what is missing, and exits with 2', LIMIT, async () => {
  const child = spawn(process.execPath, ['grader/bin.js', 'serve'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [text, [code]] = await Promise.all([buffer(child.stderr), once(child, 'exit')]);
  assert.equal(code, 2);
  assert.match(
    text.toString(),
    /GRADE_APP_ID is missing[\s\S]*GRADE_APP_PRIVATE_KEY is missing[\s\S]*GRADE_WEBHOOK_SECRET is missing/,
  );
  assert.doesNotMatch(text.toString(), /^ {4}at /m);
});
