import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand } from './platform/process.ts';
import { type TempDir, tempDir } from './platform/temp-dir.ts';

const BIN = join(import.meta.dirname, 'bin.js');

let folder: TempDir;
before(async () => {
  folder = await tempDir('cli');
});
after(() => folder[Symbol.asyncDispose]());

/** Runs grade as a user would, in a folder of its own. */
async function grade(...args: string[]) {
  const { exitCode, stdout, stderr } = await runCommand([process.execPath, BIN, ...args], {
    cwd: folder.path,
    env: { ...(process.env as Record<string, string>), NO_COLOR: '1', CI: 'true' },
    timeoutMs: 120_000,
  });
  return { exitCode, stdout, stderr, all: stdout + stderr };
}

/** A submission with these files. */
async function submission(name: string, files: Record<string, string>): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  return path;
}

describe('the command line', () => {
  test('--help of every command answers with 0 and says what it does', async () => {
    for (const command of [
      [],
      ['list'],
      ['explain'],
      ['init'],
      ['doctor'],
      ['regrade'],
      ['rubric'],
      ['rubric', 'lint'],
      ['rubric', 'verify'],
      ['rubric', 'coverage'],
    ]) {
      const { exitCode, stdout } = await grade(...command, '--help');
      assert.equal(exitCode, 0, command.join(' '));
      assert.match(stdout, /^Usage: grade/);
    }
  });

  test('--version is that of package.json', async () => {
    const { version } = JSON.parse(await readFile(join(BIN, '../../package.json'), 'utf8')) as { version: string };
    const { exitCode, stdout } = await grade('--version');
    assert.deepEqual([exitCode, stdout], [0, `${version}\n`]);
  });

  test('the schema of rubrics, to stdout or into a file', async () => {
    assert.equal((await grade('rubric', 'schema', '--out', 'schema.json')).exitCode, 0);
    const { stdout } = await grade('rubric', 'schema');
    assert.match(stdout, /"http-flow"/);
    assert.equal(await readFile(join(folder.path, 'schema.json'), 'utf8'), stdout);
  });

  const wrong: [string, string[], RegExp][] = [
    ['no rubric', [], /missing required argument 'rubric'/],
    ['an unknown rubric, with the nearest', ['day13x'], /there is no rubric "day13x"; did you mean day-13/],
    ['an unknown option', ['day-01', '--colour'], /unknown option '--colour'/],
    ['a bad choice', ['day-01', '--runtime', 'vm'], /Allowed choices are auto, docker, local/],
    ['a path that is not there', ['day-01', 'nowhere'], /There is no folder .*nowhere/],
    ['a file for a folder', ['day-01', BIN], /is not a folder/],
    ['an unknown criterion', ['day-01', '.', '--only', 'nothing-like-it'], /day-01 has no criterion "nothing-like-it"/],
    ['a submission to look at that is not there', ['doctor', 'nowhere'], /There is no folder .*nowhere/],
    ['a rubric to look by that is not there', ['doctor', '.', '--rubric', 'day-0x'], /there is no rubric "day-0x"/],
    ['a rubric with nothing to look at', ['doctor', '--rubric', 'day-04'], /--rubric needs a submission/],
    ['a folder to describe that is not there', ['init', 'day-04', 'nowhere'], /there is no folder .*nowhere/],
    ['a report that is not there', ['regrade', 'nowhere.json'], /can't read .*nowhere\.json/],
    [
      'a course that is not there',
      ['explain', 'day-13', '--course', 'no.yaml'],
      /course file .*no\.yaml can’t be read/,
    ],
    ['no number of times', ['rubric', 'verify', 'day-01', '--repeat', 'often'], /--repeat.*whole number from 1/s],
    ['nought times', ['rubric', 'verify', 'day-01', '--repeat', '0'], /--repeat.*whole number from 1/s],
    ['a report that is none', ['regrade', BIN], /is not JSON/],
  ];
  for (const [what, args, message] of wrong) {
    test(`${what} is refused with 2, in words, without a stack`, async () => {
      const { exitCode, all } = await grade(...args);
      assert.equal(exitCode, 2, all);
      assert.match(all, message);
      assert.doesNotMatch(all, /\n\s+at /);
    });
  }

  test('a grade.yaml with mistakes is refused with file, line and column of each', async () => {
    const path = await submission('bad-yaml', {
      'package.json': '{}',
      'grade.yaml': 'start: node a.js\ncolour: red\nport: "abc"\n',
    });
    const { exitCode, stderr } = await grade('day-01', path, '--runtime', 'local');
    assert.equal(exitCode, 2);
    assert.match(stderr, /grade\.yaml:2:1 {2}unknown key "colour"/);
    assert.match(stderr, /grade\.yaml:3:7 {2}port: /);
  });

  test('an empty folder is refused; nothing is left in it', async () => {
    const path = await submission('empty', {});
    const { exitCode, stderr } = await grade('day-01', path, '--runtime', 'local');
    assert.equal(exitCode, 2);
    assert.match(stderr, /is empty/);
  });

  test('list, explain and their JSON', async () => {
    const list = JSON.parse((await grade('list', '--json')).stdout) as { id: string; points: number }[];
    assert.ok(list.some(({ id, points }) => id === 'day-13' && points === 100));
    assert.match((await grade('list', '--checks')).stdout, /^http-flow /m);
    assert.match((await grade('explain', 'day-13')).stdout, /GET \/products/);
    assert.match((await grade('explain', 'day-13', '--brief')).stdout, /^# /);
    assert.equal(
      (JSON.parse((await grade('explain', 'day-13', '--json')).stdout) as { rubric: string }).rubric,
      'day-13',
    );
  });

  test('explain --binding shows where a submission has each operation, from its files alone', async () => {
    const path = await submission('elsewhere', {
      'package.json': '{}',
      'app.js': `const app = require('express')();
process.exit(7);
app.get('/api/products/:sku', (req, res) => res.json({ success: true, data: {} }));`,
    });
    const { stdout, exitCode } = await grade('explain', 'day-13', path, '--binding');
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /getProduct +GET \/api\/products\/\{id\} +app\.js:3 \(in the contract: GET \/products\/\{id\}\)/,
    );
    assert.match(stdout, /answers may be wrapped/);
    const json = JSON.parse((await grade('explain', 'day-13', path, '--binding', '--json')).stdout) as {
      operations: Record<string, { from: string }>;
    };
    assert.equal(json.operations['getProduct']?.from, 'source');
    assert.equal((await grade('explain', 'no.json', '--binding')).exitCode, 2);
  });

  test('init writes a grade.yaml that changes nothing, and replaces none', async () => {
    const path = await submission('fresh', { 'package.json': '{}' });
    assert.equal((await grade('init', 'day-01', path)).exitCode, 0);
    const text = await readFile(join(path, 'grade.yaml'), 'utf8');
    assert.ok(text.split('\n').every((line) => line === '' || line.startsWith('#')));
    const again = await grade('init', 'day-01', path);
    assert.equal(again.exitCode, 2);
    assert.match(again.stderr, /is there already/);
  });

  test('doctor tells what a submission shows, and init writes it down', async () => {
    const path = await submission('odd', {
      'package.json': '{ "scripts": { "dev": "node api.js" } }',
      'api.js': "require('node:http').createServer().listen(5055);\nconsole.log(process.env.WAREHOUSE);\n",
    });
    const { stdout, exitCode } = await grade('doctor', path, '--rubric', 'day-04');
    assert.equal(exitCode, 0);
    assert.match(stdout, /Listens on +5055, written in the code {2}api\.js:1/);
    assert.match(stdout, /✗ Nothing tells what WAREHOUSE should be \(api\.js:2\)/);
    const json = JSON.parse((await grade('doctor', path, '--json')).stdout) as { ports: unknown; manifest: string };
    assert.deepEqual(json.ports, [{ port: 5055, file: 'api.js', line: 1 }]);
    assert.match(json.manifest, /^port: 5055$/m);
    const written = await grade('init', 'day-04', path);
    assert.match(written.stdout, /Still missing:\n.* WAREHOUSE /);
    const text = await readFile(join(path, 'grade.yaml'), 'utf8');
    assert.match(text, /^start: node api\.js$/m);
    assert.match(text, /^port: 5055$/m);
  });

  test('a variable that is not as it should be is named', async () => {
    const { exitCode, stderr } = await runCommand([process.execPath, BIN, 'doctor'], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'] ?? '', GRADE_LOG: 'loud' },
      timeoutMs: 60_000,
    });
    assert.equal(exitCode, 2);
    assert.match(stderr, /GRADE_LOG/);
  });
});

describe('a grading from the command line', () => {
  test('prints JSON that regrade reads back, and scores the same', async () => {
    const path = await submission('scripts', {
      'package.json': '{ "name": "scripts", "type": "module" }',
      'todo.js': 'console.log("nothing yet");\n',
    });
    await writeFile(join(folder.path, 'course.yaml'), 'rubrics: { day-01: { points: { todo-add-list: 62 } } }\n');
    const graded = await grade(
      'day-01',
      path,
      '--runtime',
      'local',
      '--only',
      'todo-add-list',
      '--json',
      '--seed',
      'fixed',
      '--trace',
      'trace.json',
      '--course',
      'course.yaml',
    );
    assert.equal(graded.exitCode, 1, graded.all);
    const report = JSON.parse(graded.stdout) as {
      seed: string;
      score: { earned: number; max: number };
      submission: { name: string };
    };
    assert.equal(report.seed, 'fixed');
    assert.equal(report.score.max, 62, 'by the course’s points');
    assert.equal(report.submission.name, 'scripts');
    const trace = JSON.parse(await readFile(join(folder.path, 'trace.json'), 'utf8')) as {
      traceEvents: { ph: string }[];
    };
    assert.ok(trace.traceEvents.length > 3 && trace.traceEvents.every(({ ph }) => ph === 'X'));
    await readFile(join(folder.path, 'grade-report', 'day-01.html'), 'utf8');

    const again = await grade('regrade', 'grade-report/day-01.json', '--json', 'again.json');
    const rescored = JSON.parse(await readFile(join(folder.path, 'again.json'), 'utf8')) as typeof report;
    assert.equal(rescored.score.earned, report.score.earned);
    assert.equal(rescored.score.max, 100, 'without the course');
    await grade('regrade', 'grade-report/day-01.json', '--course', 'course.yaml', '--json', 'weighed.json');
    const weighed = JSON.parse(await readFile(join(folder.path, 'weighed.json'), 'utf8')) as typeof report;
    assert.equal(weighed.score.max, 150);
    assert.equal(again.exitCode, 3, 'what --only left out is not graded in the whole rubric');
  });

  test('regrade takes no report of another rubric', async () => {
    const { exitCode, stderr } = await grade('regrade', 'grade-report/day-01.json', '--rubric', 'day-13');
    assert.equal(exitCode, 2);
    assert.match(stderr, /is a report of day-01: it holds no evidence for day-13/);
  });

  test('explain shows points as a course weighs them', async () => {
    const { stdout } = await grade('explain', 'day-01', '--course', 'course.yaml', '--json');
    assert.equal((JSON.parse(stdout) as { points: number }).points, 150);
  });

  test('Ctrl-C ends it with 130 and leaves nothing running', async () => {
    const path = await submission('waits', {
      'package.json': '{ "name": "waits", "scripts": { "start": "node app.js" } }',
      'app.js': 'setInterval(() => {}, 1000);\n',
    });
    const { startProcess } = await import('./platform/process.ts');
    let output = '';
    const seen = Promise.withResolvers<void>();
    await using running = startProcess(
      [process.execPath, BIN, 'day-04', path, '--runtime', 'local', '--services', 'embedded'],
      {
        cwd: folder.path,
        env: { ...(process.env as Record<string, string>), NO_COLOR: '1', CI: 'true' },
        onOutput: (_stream, chunk) => {
          output += chunk.toString();
          if (output.includes('Copying the submission')) seen.resolve();
        },
      },
    );
    await Promise.race([seen.promise, running.exited.then(() => assert.fail(output))]);
    process.kill(running.pid ?? 0, 'SIGINT');
    const { exitCode } = await running.exited;
    assert.equal(exitCode, 130, output);
    assert.match(output, /interrupted/);
  });
});
