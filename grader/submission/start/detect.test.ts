import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { checkout } from '../checkout.ts';
import { commandWords } from './command-line.ts';
import { detect } from './detect.ts';
import { detectPrograms } from './programs.ts';
import { writeTree } from '../runtimes/testbed.ts';
import type { Submission } from '../submission.ts';

async function withSubmission<T>(
  files: Record<string, string>,
  use: (submission: Submission) => Promise<T>,
): Promise<T> {
  await using dir = await tempDir('t');
  await writeTree(dir.path, files);
  await using submission = await checkout(dir.path, { rubric: 'day-02', path: process.env['PATH'] ?? '' });
  return await use(submission);
}

const plan = (files: Record<string, string>) => withSubmission(files, detect);
const manifest = (value: object) => JSON.stringify(value);

describe('detect: how an app is started', () => {
  const cases: [string, Record<string, string>, string[], number][] = [
    [
      'grade.yaml',
      { 'grade.yaml': 'start: node my.js\n', 'package.json': manifest({ scripts: { start: 'node no.js' } }) },
      ['node', 'my.js'],
      0,
    ],
    [
      'the start script',
      { 'package.json': manifest({ scripts: { start: 'node src/server.js', dev: 'nodemon x' } }) },
      ['node', 'src/server.js'],
      0,
    ],
    [
      'the start script after its prestart',
      { 'package.json': manifest({ scripts: { prestart: 'node seed.js', start: 'node a.js' } }) },
      ['sh', '-c', 'node seed.js && node a.js'],
      0,
    ],
    ['main', { 'package.json': manifest({ main: 'app/main.js' }), 'app/main.js': '' }, ['node', 'app/main.js'], 1],
    [
      'the dev script without its watcher',
      { 'package.json': manifest({ main: 'index.js', scripts: { dev: 'nodemon server.js' } }), 'server.js': '' },
      ['node', 'server.js'],
      2,
    ],
    ['a file of a usual name', { 'package.json': manifest({}), 'src/app.js': '' }, ['node', 'src/app.js'], 1],
    ['a file of a usual name, without a package.json', { 'server.js': '' }, ['node', 'server.js'], 1],
  ];
  for (const [title, files, start, assumptions] of cases) {
    test(title, async () => {
      const found = await plan(files);
      assert.deepEqual(found.start, start);
      assert.equal(found.assumptions.length, assumptions);
    });
  }

  test('build, port and variables', async () => {
    const found = await plan({
      'package.json': manifest({ scripts: { build: 'tsc -p .', start: 'node dist/x.js' } }),
      'grade.yaml': 'port: 4000\nenv: { A: b }\n',
    });
    assert.deepEqual(
      [found.build, found.port, found.env, found.packageManager],
      [['tsc', '-p', '.'], 4000, { A: 'b' }, 'npm'],
    );
  });
});

describe('detect: what is wrong', () => {
  const rejects = async (files: Record<string, string>, message: RegExp) =>
    assert.rejects(
      plan(files),
      (error: unknown) => error instanceof LearnerError && message.test(error.message) && error.mend !== undefined,
    );

  test('no package.json', () => rejects({ 'README.md': '' }, /There is no package\.json/));
  test('nothing to start', () => rejects({ 'package.json': '{}' }, /Nothing tells how to start/));
  test('broken JSON', () => rejects({ 'package.json': '{ "name": "x", }' }, /package\.json is not valid JSON/));
  test('a merge conflict', () => rejects({ 'package.json': '{\n<<<<<<< HEAD\n}' }, /merge conflict/));
  test('wrong shapes', () => rejects({ 'package.json': manifest({ scripts: { start: 5 } }) }, /scripts\.start/));
  test('a list', () => rejects({ 'package.json': '[]' }, /not a valid package\.json/));
  test('a huge one', () => rejects({ 'package.json': `{"a":"${'x'.repeat(1_100_000)}"}` }, /larger than 1 MB/));
  test('a script named __proto__ or constructor is none', () =>
    rejects({ 'package.json': '{"scripts":{"__proto__":{"start":"x"}}}' }, /not a valid|Nothing tells/));
});

describe('detectPrograms', () => {
  const spec = {
    todo: {
      command: ['node', 'todo.js'],
      alternatives: [
        ['node', 'src/todo.js'],
        ['node', 'index.js'],
      ],
    },
  };
  const programs = (files: Record<string, string>) =>
    withSubmission(files, (submission) => detectPrograms(submission, spec));
  const cases: [string, Record<string, string>, string[]][] = [
    [
      'grade.yaml',
      { 'grade.yaml': 'commands: { todo: node my/cli.js --x }\n', 'todo.js': '' },
      ['node', 'my/cli.js', '--x'],
    ],
    ['the rubric’s command', { 'todo.js': '', 'index.js': '' }, ['node', 'todo.js']],
    [
      'bin of package.json',
      { 'package.json': manifest({ bin: { todo: './bin/cli.js' } }), 'bin/cli.js': '' },
      ['node', './bin/cli.js'],
    ],
    [
      'a script of package.json',
      { 'package.json': manifest({ scripts: { todo: 'node lib/t.js' } }) },
      ['node', 'lib/t.js'],
    ],
    ['an alternative', { 'index.js': '' }, ['node', 'index.js']],
    ['nothing there: the rubric’s command', { 'README.md': '' }, ['node', 'todo.js']],
  ];
  for (const [title, files, command] of cases) {
    test(title, async () => assert.deepEqual((await programs(files)).programs, { todo: command }));
  }
  test('a program that is the app is started as the app is', async () => {
    for (const [files, command] of [
      [{ 'package.json': manifest({ scripts: { start: 'nodemon src/server.js' } }) }, ['node', 'src/server.js']],
      [{ 'package.json': '{}', 'grade.yaml': 'start: node dist/x.js\n' }, ['node', 'dist/x.js']],
      [{ 'package.json': '{}', 'grade.yaml': 'start: node a.js\ncommands: { app: node b.js }\n' }, ['node', 'b.js']],
    ] as const) {
      const found = await withSubmission(files, (submission) =>
        detectPrograms(submission, { app: { command: ['npm', 'start'], alternatives: [] } }),
      );
      assert.deepEqual(found, { programs: { app: command }, assumptions: [] });
    }
  });
  test('what was assumed is said', async () => {
    assert.deepEqual((await programs({ 'index.js': '' })).assumptions, [
      { what: '"todo" is started by "node index.js"', because: 'todo.js is not there' },
    ]);
  });
});

test('commandWords uses a shell only where one is needed', () => {
  assert.deepEqual(commandWords('node  src/server.js --port=3'), ['node', 'src/server.js', '--port=3']);
  for (const line of ['A=1 node x', 'node x && node y', 'node "a b.js"', 'node $X', 'cd src', 'node x > log'])
    assert.deepEqual(commandWords(line), ['sh', '-c', line]);
});

describe('detect: fallbacks of the start command', () => {
  const listening = `require('express')().listen(process.env.PORT)`;
  const typed = `import express from 'express';\nexpress().listen(process.env.PORT);`;
  const express = { express: '^4' };
  const cases: [
    string,
    Record<string, string>,
    { start: string; build?: string | undefined; tools?: string[]; says?: RegExp },
  ][] = [
    [
      'a Procfile',
      { 'package.json': '{}', Procfile: 'web: node lib/api.js\n', 'lib/api.js': listening },
      { start: 'node lib/api.js', says: /Procfile/ },
    ],
    [
      'serve',
      { 'package.json': manifest({ scripts: { serve: 'node lib/api.js' } }), 'lib/api.js': listening },
      { start: 'node lib/api.js', says: /"serve" script/ },
    ],
    [
      'a Dockerfile',
      { 'package.json': '{}', Dockerfile: 'FROM node\nCMD ["node", "lib/api.js"]\n', 'lib/api.js': listening },
      { start: 'node lib/api.js', says: /Dockerfile/ },
    ],
    [
      'the only file that listens',
      { 'package.json': manifest({ dependencies: express }), 'lib/api.js': listening, 'lib/other.js': '' },
      { start: 'node lib/api.js', says: /alone listens/ },
    ],
    [
      'a start script whose file is elsewhere',
      { 'package.json': manifest({ scripts: { start: 'node index.js' } }), 'src/index.js': listening },
      { start: 'node src/index.js', says: /there is no index\.js, but src\/index\.js/ },
    ],
    [
      'a start script whose file is nowhere, and a dev script',
      {
        'package.json': manifest({ scripts: { start: 'node no.js', dev: 'node --watch lib/api.js' } }),
        'lib/api.js': listening,
      },
      { start: 'node lib/api.js', says: /there is no no\.js/ },
    ],
    [
      'a start script that starts nothing',
      {
        'package.json': manifest({ scripts: { start: 'echo "Error: no start specified" && exit 0' } }),
        'app.js': listening,
      },
      { start: 'node app.js', says: /starts nothing/ },
    ],
    [
      'a start script that calls one that is not there',
      { 'package.json': manifest({ scripts: { start: 'npm run serve:it' } }), 'app.js': listening },
      { start: 'node app.js', says: /no script "serve:it"/ },
    ],
    [
      'app.js that only exports, and bin/www',
      {
        'package.json': manifest({ scripts: { start: 'node app.js' } }),
        'app.js': 'module.exports = {}',
        'bin/www': `#!/usr/bin/env node\nrequire('../app').listen(3)`,
      },
      { start: 'node bin/www', says: /app\.js never listens on a port; bin\/www:2 does/ },
    ],
    [
      'app.js that only exports, and server.js',
      {
        'package.json': manifest({ main: 'app.js' }),
        'app.js': 'module.exports = {}',
        'server.js': `require('./app').listen(3)`,
      },
      { start: 'node server.js', says: /server\.js:1 does/ },
    ],
    [
      'an entry that listens in a file that it loads',
      {
        'package.json': manifest({ scripts: { start: 'node index.js' } }),
        'index.js': `import('./src/server.js')`,
        'src/server.js': listening,
        'server.js': listening,
      },
      { start: 'node index.js' },
    ],
    [
      'TypeScript with a build',
      {
        'package.json': manifest({
          scripts: { build: 'tsc', start: 'node dist/server.js' },
          devDependencies: { typescript: '5' },
        }),
        'tsconfig.json': '{"compilerOptions":{"outDir":"./dist","rootDir":"./src"}}',
        'src/server.ts': typed,
      },
      { start: 'node dist/server.js', build: 'tsc' },
    ],
    [
      'TypeScript whose start needs a build that nobody names',
      {
        'package.json': manifest({ scripts: { start: 'node dist/server.js' } }),
        'tsconfig.json': '{"compilerOptions":{"outDir":"./dist","rootDir":"./src"}}',
        'src/server.ts': typed,
      },
      {
        start: 'node dist/server.js',
        build: 'tsc -p tsconfig.json',
        tools: ['typescript'],
        says: /made from src\/server\.ts/,
      },
    ],
    [
      'TypeScript with ts-node undeclared',
      { 'package.json': manifest({ scripts: { dev: 'nodemon src/server.ts' } }), 'src/server.ts': typed },
      { start: 'tsx src/server.ts', tools: ['tsx'], says: /tsx does its work/ },
    ],
    [
      'TypeScript with nothing but its file',
      { 'package.json': manifest({ dependencies: express }), 'src/index.ts': typed },
      { start: 'tsx src/index.ts', tools: ['tsx'], says: /tsx comes from the grader/ },
    ],
    [
      'a build in prestart',
      {
        'package.json': manifest({
          scripts: { build: 'tsc', prestart: 'npm run build', start: 'node dist/server.js' },
          devDependencies: { typescript: '5' },
        }),
        'tsconfig.json': '{"compilerOptions":{"outDir":"dist"}}',
        'src/server.ts': typed,
      },
      { start: 'sh -c tsc && node dist/server.js', build: undefined },
    ],
    [
      'a build of pages only',
      {
        'package.json': manifest({ scripts: { build: 'vite build', start: 'node server.js' } }),
        'server.js': listening,
      },
      { start: 'node server.js', build: undefined },
    ],
  ];
  for (const [title, files, { start, build, tools = [], says }] of cases) {
    test(title, async () => {
      const found = await plan(files);
      assert.equal(found.start.join(' '), start);
      assert.equal(found.build?.join(' '), build);
      assert.deepEqual(Object.keys(found.tools), tools);
      const said = found.assumptions.map(({ what, because }) => `${what}: ${because}`).join('\n');
      if (says === undefined) assert.equal(said, '');
      else assert.match(said, says);
    });
  }

  test('what is started when the first ends quietly', async () => {
    const { start, instead } = await plan({
      'package.json': manifest({ scripts: { start: 'node run.js', dev: 'nodemon lib/api.js' } }),
      'run.js': `require(process.env.WHAT)`,
      'lib/api.js': listening,
    });
    assert.deepEqual(start, ['node', 'run.js']);
    assert.deepEqual(
      instead.map(({ command }) => command),
      [['node', 'lib/api.js']],
    );
  });

  test('what the build makes is known, for builds that fail and make it all the same', async () => {
    const files = {
      'package.json': manifest({ scripts: { build: 'tsc', start: 'node dist/server' } }),
      'src/server.ts': '',
    };
    assert.equal((await plan(files)).produces, 'dist/server.js');
  });
});
