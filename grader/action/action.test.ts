import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../platform/process.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { parseYaml } from '../platform/yaml.ts';
import { z } from 'zod';
import { MockGitHub } from '../reporters/github-check/mock/github.ts';
import { machineEnvironment } from './test-machine.ts';

const HERE = fileURLToPath(new URL('../..', import.meta.url));
const PATH = process.env['PATH'] ?? '';
const TIMEOUT = { timeout: 300_000 };

interface Step {
  code: number | null;
  log: string;
  outputs: Record<string, string>;
  summary: string;
}

/** A repository with day 1 in it, checked out as a job finds it. */
async function job(api: MockGitHub) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('action'));
  const workspace = join(dir.path, 'work');
  await mkdir(workspace);
  const git = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runCommand(
      ['git', '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args],
      {
        cwd: workspace,
        env: { PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      },
    );
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  };
  const commit = async () => {
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message=Work');
    return git('rev-parse', 'HEAD');
  };
  await git('init', '--quiet', '--initial-branch=main');
  await writeFile(join(workspace, 'README.md'), 'My course');
  const before = await commit();
  await cp(join(HERE, 'fixtures/day-01/reference'), join(workspace, 'day-01'), { recursive: true });

  /** Runs the action's step on what is in the workspace. */
  const run = async (inputs: Record<string, string> = {}, event?: unknown): Promise<Step> => {
    const sha = await commit();
    const files = {
      output: join(dir.path, 'output'),
      summary: join(dir.path, 'summary'),
      event: join(dir.path, 'event'),
    };
    await writeFile(files.output, '');
    await writeFile(files.summary, '');
    await writeFile(files.event, JSON.stringify(event ?? { before, after: sha, ref: 'refs/heads/main' }));
    const { inputs: declared, runs } = await readAction();
    const step = runs.steps.find(({ id }) => id === 'grade');
    const given: Record<string, string> = { 'github-token': 'token-1', runtime: 'local', ...inputs };
    const value = (name: string) => given[name] ?? declared[name]?.default ?? '';
    const environment = Object.entries(step?.env ?? {}).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, input) => value(String(input))),
    ]);
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? ''], {
      cwd: workspace,
      env: {
        ...Object.fromEntries(environment),
        ...machineEnvironment(process.env),
        GITHUB_ACTION_PATH: HERE,
        GITHUB_WORKSPACE: workspace,
        GITHUB_REPOSITORY: 'ada/backend',
        GITHUB_SHA: sha,
        GITHUB_EVENT_PATH: files.event,
        GITHUB_API_URL: api.url,
        GITHUB_RUN_ID: '99',
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        RUNNER_TEMP: dir.path,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, errors, [code]] = await Promise.all([
      readAll(child.stdout),
      readAll(child.stderr),
      once(child, 'exit'),
    ]);
    const output = await readFile(files.output, 'utf8');
    return {
      code: code as number | null,
      log: out + errors,
      outputs: Object.fromEntries(
        [...output.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n?\2$/gm)].map(([, name, , said]) => [name, said]),
      ) as Record<string, string>,
      summary: await readFile(files.summary, 'utf8'),
    };
  };
  const owned = stack.move();
  return { workspace, run, before, commit, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe('the action', () => {
  test('grades what the push touches, posts a check run, and gives its outputs', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    await using work = await job(api);
    const { code, log, outputs } = await work.run();
    assert.equal(code, 0, log);
    const [run] = api.runs;
    assert.deepEqual(
      [run?.name, run?.conclusion, run?.output?.title],
      ['Grade / day-01', 'success', 'day-01 — 100 of 100'],
    );
    const { score, max, passed, report } = outputs;
    assert.deepEqual([score, max, passed], ['100', '100', 'true']);
    assert.match(outputs['check-run-url'] ?? '', /^https:\/\/github\.com\//);
    assert.deepEqual((await readdir(report ?? '')).toSorted(), ['day-01.html', 'day-01.json']);
    // What is for people stands where the runner obeys no commands.
    assert.match(log, /::stop-commands::(\w+)\n[\s\S]*100 \/ 100[\s\S]*\n::\1::\n/);
    assert.ok(!log.replace('::add-mask::token-1', '').includes('token-1'));
  });

  test('fails below what is asked for, with a course’s own points', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    await using work = await job(api);
    await writeFile(join(work.workspace, 'course.yaml'), 'rubrics: { day-01: { points: { file-io: 50 } } }\n');
    const printing = 'console.log("::error::not\\n::set-output name=score::100");\n';
    await writeFile(join(work.workspace, 'day-01/scripts/files.js'), printing);
    const { code, log, outputs } = await work.run({
      rubric: 'day-01',
      course: 'course.yaml',
      'fail-below': '90',
    });
    assert.equal(code, 1, log);
    assert.equal(outputs['passed'], 'false');
    assert.ok(Number(outputs['max']) > 100, 'the course gives more points');
    // Between the guards only: before and after them nothing of the submission is a command.
    const outside = log.replace(/::stop-commands::(\w+)\n[\s\S]*\n::\1::\n/, '');
    assert.doesNotMatch(outside, /^::(error|set-output)::/m);
  });

  test('says all of it in the summary when the token may not write', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    api.breakDown('checks/create', { status: 403, message: 'Resource not accessible by integration' });
    api.breakDown('checks/list-for-ref', { status: 403, message: 'Resource not accessible by integration' });
    await using work = await job(api);
    const { code, log, summary, outputs } = await work.run({ rubric: 'day-01' });
    assert.equal(code, 0, log);
    assert.match(summary, /day-01 — 100 of 100/);
    assert.match(log, /::warning title=No check run::.*checks: write/);
    assert.equal(outputs['check-run-url'], '');
  });

  test('a pull request: posts to its head, not to the merge', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    await using work = await job(api);
    const head = 'c'.repeat(40);
    const { code, log } = await work.run({}, { pull_request: { head: { sha: head }, base: { sha: work.before } } });
    assert.equal(code, 0, log);
    assert.deepEqual(
      api.runs.map((run) => run.head_sha),
      [head],
    );
  });

  test('a push that touches nothing graded is neutral, and no failure', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    await using work = await job(api);
    const base = await work.commit();
    await writeFile(join(work.workspace, 'README.md'), 'More');
    const { code, log } = await work.run({}, { before: base });
    assert.equal(code, 0, log);
    assert.deepEqual(
      api.runs.map(({ conclusion, output }) => [conclusion, output?.title]),
      [['neutral', 'nothing to grade']],
    );
  });

  test('the grader’s own trouble is neutral on GitHub, and a failed step', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    await using work = await job(api);
    const { code, log } = await work.run({ rubric: 'day-01', path: 'not-there' });
    assert.equal(code, 3, log);
    assert.deepEqual(
      api.runs.map(({ conclusion }) => conclusion),
      ['neutral'],
    );
    assert.doesNotMatch(log, /^\s+at /m);
  });

  test(
    'a rubric, a course or a grade.yaml that is wrong: neutral on GitHub, with the reason, and exit code 2',
    TIMEOUT,
    async () => {
      await using api = await MockGitHub.start();
      await using work = await job(api);
      await writeFile(join(work.workspace, 'course.yaml'), 'rubrics: { day-01: { points: { file-oi: 50 } } }\n');
      const codes = [
        (await work.run({ rubric: 'day-99x' })).code,
        (await work.run({ rubric: 'day-01', course: 'course.yaml' })).code,
      ];
      await writeFile(join(work.workspace, 'day-01/grade.yaml'), 'colour: red\n');
      codes.push((await work.run()).code);
      assert.deepEqual(codes, [2, 2, 2]);
      const said = api.runs.map(({ conclusion, output }) => `${conclusion}: ${output?.summary}`);
      assert.match(said[0] ?? '', /^neutral[\s\S]*no rubric "day-99x"[\s\S]*Run the job again/);
      assert.match(said[1] ?? '', /^neutral[\s\S]*no criterion "file-oi"/);
      assert.match(said[2] ?? '', /^neutral[\s\S]*grade\.yaml:1:1/);
    },
  );

  test('wrong inputs are named, with exit code 2', TIMEOUT, async () => {
    await using api = await MockGitHub.start();
    await using work = await job(api);
    const { code, log } = await work.run({ 'fail-below': '200', runtime: 'cloud', 'github-token': '' });
    assert.equal(code, 2);
    assert.match(log, /fail-below[\s\S]*runtime|runtime[\s\S]*fail-below/);
    assert.match(log, /github-token/);
  });
});

const stepSchema = z.looseObject({
  name: z.string().optional(),
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const actionSchema = z.looseObject({
  inputs: z.record(z.string(), z.looseObject({ description: z.string(), default: z.string().optional() })),
  outputs: z.record(z.string(), z.looseObject({ value: z.string() })),
  runs: z.looseObject({ using: z.literal('composite'), steps: z.array(stepSchema) }),
});

/** The file that GitHub reads. */
async function readAction() {
  return parseYaml(await readFile(join(HERE, 'action.yml'), 'utf8'), 'action.yml', actionSchema).data;
}

describe('action.yml', () => {
  test('is pinned, takes inputs only by the environment, and has the outputs of its step', async () => {
    const { inputs, outputs, runs } = await readAction();
    const names = ['rubric', 'path', 'course', 'github-token', 'fail-below', 'report-artifact', 'runtime'];
    assert.deepEqual(Object.keys(inputs), names);
    assert.deepEqual(Object.keys(outputs), ['score', 'max', 'passed', 'report', 'check-run-url']);
    for (const [name, { value }] of Object.entries(outputs)) assert.equal(value, `\${{ steps.grade.outputs.${name} }}`);
    for (const { uses, run } of runs.steps) {
      if (uses !== undefined) assert.match(uses, /@[0-9a-f]{40}$/);
      assert.doesNotMatch(run ?? '', /\$\{\{/);
    }
  });

  test('installs what its next step runs on', TIMEOUT, async () => {
    await using dir = await tempDir('action-install');
    for (const file of ['package.json', 'package-lock.json']) await cp(join(HERE, file), join(dir.path, file));
    const install = (await readAction()).runs.steps.find(({ name }) => name === 'Install grade');
    const env = { ...machineEnvironment(process.env), npm_config_prefer_offline: 'true' };
    const command = ['bash', '-eo', 'pipefail', '-c', install?.run ?? ''];
    const { exitCode, stderr } = await runCommand(command, { cwd: dir.path, env });
    assert.equal(exitCode, 0, stderr);
    for (const part of ['package.json', 'grader', 'rubrics', 'fixtures'])
      await cp(join(HERE, part), join(dir.path, part), {
        recursive: true,
        filter: (path) => !path.includes('/node_modules'),
      });
    const { stdout } = await runCommand([process.execPath, 'grader/bin.js', 'list'], { cwd: dir.path, env });
    assert.match(stdout, /day-01/);
  });
});
