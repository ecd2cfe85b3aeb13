import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { workflow } from '../commands/init/workflow.ts';
import { runCommand } from '../platform/process.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { MockGitHub } from '../reporters/github-check/mock/github.ts';
import { machineEnvironment } from './test-machine.ts';
import { version } from '../version.ts';

const HERE = fileURLToPath(new URL('../..', import.meta.url));
const PATH = process.env['PATH'] ?? '';
/** `npm ci` and a grading, on a machine that has much else to do. */
const LIMIT_MS = 900_000;

/** Where act is, which runs workflows as GitHub's runner does; undefined where it is not installed. */
const act = PATH.split(delimiter)
  .map((folder) => join(folder, 'act'))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
const missing = act === undefined ? 'act is not on PATH (.ci/act builds it)' : false;
if (missing && process.env['GRADE_REQUIRE_ACT'] === '1') throw new Error(`GRADE_REQUIRE_ACT is set, but ${missing}`);

/** Of the package, what the action's folder must hold. */
const PACKAGE = ['action.yml', 'package.json', 'package-lock.json', 'grader', 'rubrics', 'fixtures/day-01/reference'];

/** Actions of others can't be fetched here. These do the same by what is on this machine. */
const STAND_INS: Record<string, string> = {
  'setup-node': `
name: setup-node
inputs: { node-version: { required: true } }
runs:
  using: composite
  steps:
    - shell: bash
      env: { WANTED: '\${{ inputs.node-version }}' }
      run: |
        [[ $("$NODE_HERE/node" --version) == "v$WANTED."* ]]
        echo "$NODE_HERE" >> "$GITHUB_PATH"
`,
  'upload-artifact': `
name: upload-artifact
inputs: { name: { required: true }, path: { required: true } }
runs:
  using: composite
  steps:
    - shell: bash
      env: { NAME: '\${{ inputs.name }}', FOLDER: '\${{ inputs.path }}' }
      run: cp -r "$FOLDER" "$ARTIFACTS/$NAME"
`,
};

/** A step after the action, which writes what it was given where the test finds it. */
const OUTPUTS = `
      - id: told
        if: always()
        env: { OUTPUTS: '\${{ toJSON(steps.grade.outputs) }}', OUTCOME: '\${{ steps.grade.outcome }}' }
        run: |
          printf '%s' "$OUTPUTS" > "$TOLD/outputs.json"
          printf '%s' "$OUTCOME" > "$TOLD/outcome"
`;

/** A learner's repository with the workflow that `grade init --github` writes, ready to be run by act. */
async function repository(inputs: string) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('act'));
  const at = (...parts: string[]) => join(dir.path, ...parts);
  for (const name of ['work', 'artifacts', 'told', 'home', 'tmp']) await mkdir(at(name));
  for (const part of PACKAGE)
    await cp(join(HERE, part), at('package', part), {
      recursive: true,
      filter: (path) => !path.includes('/node_modules'),
    });
  const { uses } = await actionSteps();
  const standIns: string[] = [];
  for (const reference of uses) {
    const name = /^actions\/([\w-]+)@/.exec(reference)?.[1] ?? '';
    await mkdir(at('actions', name), { recursive: true });
    await writeFile(at('actions', name, 'action.yml'), STAND_INS[name] ?? '');
    standIns.push(`${reference}=${at('actions', name)}`);
  }

  const git = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runCommand(
      ['git', '-c', 'user.name=Ada', '-c', 'user.email=a@example.org', ...args],
      { cwd: at('work'), env: { PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } },
    );
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  };
  const write = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(at('work', name)), { recursive: true });
      await writeFile(at('work', name), text);
    }
  };
  const commit = async () => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message=Work');
    return git('rev-parse', 'HEAD');
  };
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://github.com/ada/backend.git');
  const ready = workflow(version).replace(
    / {6}- uses: backend-course.*\n( +#.*\n)*/,
    (step) => `${step.split('\n', 1)[0]}\n        id: grade\n        with: { ${inputs} }${OUTPUTS}`,
  );
  assert.ok(ready.includes('id: told'), 'the step stands in the workflow');
  await write({ '.github/workflows/grade.yml': ready, 'day-02/app.js': '// Nothing yet.\n' });
  const before = await commit();
  await cp(join(HERE, 'fixtures/day-01/reference'), at('work', 'day-01'), {
    recursive: true,
    filter: (path) => !path.includes('/node_modules'),
  });

  /** Commits what was changed, and runs the workflow for a push of it. */
  const push = async (api: MockGitHub) => {
    const after = await commit();
    await writeFile(at('event.json'), JSON.stringify({ ref: 'refs/heads/main', before, after }));
    const environment: Record<string, string> = {
      ...machineEnvironment(process.env),
      GITHUB_API_URL: api.url,
      NODE_HERE: dirname(process.execPath),
      ARTIFACTS: at('artifacts'),
      TOLD: at('told'),
      TMPDIR: at('tmp'),
      // What the cache of this machine's npm holds is not asked for again.
      npm_config_prefer_offline: 'true',
    };
    const { exitCode, timedOut, stdout, stderr } = await runCommand(
      [
        act ?? 'act',
        'push',
        '--platform=ubuntu-latest=-self-hosted',
        `--eventpath=${at('event.json')}`,
        '--secret=GITHUB_TOKEN=token-1',
        '--pull=false',
        '--no-cache-server',
        `--action-cache-path=${at('cache')}`,
        `--local-repository=backend-course/grade@v${version}=${at('package')}`,
        ...standIns.map((one) => `--local-repository=${one}`),
        ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
      ],
      { cwd: at('work'), env: { PATH, HOME: at('home') }, timeoutMs: LIMIT_MS, outputBytes: 8 * 1024 * 1024 },
    );
    const log = stdout + stderr;
    assert.equal(timedOut, false, log);
    return {
      exitCode,
      log,
      sha: after,
      outcome: await readFile(at('told', 'outcome'), 'utf8').catch(() => assert.fail(log)),
      outputs: JSON.parse(await readFile(at('told', 'outputs.json'), 'utf8')) as Record<string, string>,
      artifacts: await readdir(at('artifacts'), { recursive: true }),
    };
  };
  const owned = stack.move();
  const artifact = (name: string) => readFile(at('artifacts', name), 'utf8');
  return { write, push, artifact, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The actions of others that action.yml uses. */
async function actionSteps(): Promise<{ uses: string[] }> {
  const text = await readFile(join(HERE, 'action.yml'), 'utf8');
  return { uses: [...text.matchAll(/\buses: (\S+)/g)].map(([, reference]) => reference ?? '') };
}

describe('the workflow of `grade init --github`, run by act', { skip: missing }, () => {
  test('a push that touches one day: its check run, its outputs, its report', { timeout: LIMIT_MS }, async () => {
    await using api = await MockGitHub.start();
    await using repo = await repository('runtime: local');
    // Two criteria are lost by this. What learner code prints is no command to the runner, and there is no secret that it could print.
    const forged = ['::set-output name=score::7', '::error::forged', '::add-path::/forged'].join('\\n');
    const printing = `console.log("${forged}\\n", JSON.stringify(process.env));\n`;
    await repo.write({ 'day-01/scripts/files.js': printing });
    const { exitCode, log, sha, outcome, outputs, artifacts } = await repo.push(api);
    assert.equal(exitCode, 0, log);
    assert.equal(outcome, 'success');
    // Day 2 is in the repository, and was not pushed.
    assert.deepEqual(
      api.runs.map((run) => [run.name, run.head_sha, run.status, run.conclusion, run.output?.title]),
      [['Grade / day-01', sha, 'completed', 'success', 'day-01 — 86 of 100']],
    );
    const { report = '', ...rest } = outputs;
    assert.deepEqual(rest, {
      score: '86',
      max: '100',
      passed: 'true',
      'check-run-url': `https://github.com/school/shop-api/runs/${api.runs[0]?.id}`,
    });
    assert.match(report, /\/grade-report$/);
    assert.deepEqual(artifacts.toSorted(), ['grade-report', 'grade-report/day-01.html', 'grade-report/day-01.json']);

    const kept = await repo.artifact('grade-report/day-01.json');
    assert.match(kept, /::error::forged/, 'it printed them');
    assert.match(log, /⚙ {2}::stop-commands::/);
    assert.doesNotMatch(log, /(?:❗|⚙) {2}::(?:error|add-path)::.*forged/);
    for (const text of [kept, JSON.stringify(api.runs), log]) assert.ok(!text.includes('token-1'));
  });
});
