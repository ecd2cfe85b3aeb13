import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LearnerError, UsageError } from '../platform/errors.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { isNamedAfter } from './app-folder.ts';
import { checkout } from './checkout.ts';
import { COPY_LIMITS } from './copy.ts';
import { writeTree } from './runtimes/testbed.ts';

const path = process.env['PATH'] ?? '';
const options = { rubric: 'day-13', path };

describe('checkout: what is copied', () => {
  test('everything but node_modules and .git; the original is not touched', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, {
      'a.js': 'a',
      'sub/b.js': 'b',
      'node_modules/x/index.js': 'x',
      'sub/node_modules/y.js': 'y',
      '.git/config': '',
      '.env': 'A=1',
    });
    const before = await fingerprint(dir.path);
    await using submission = await checkout(dir.path, options);
    assert.deepEqual(await submission.files.list(), ['.env', 'a.js', 'sub/b.js']);
    assert.notEqual(submission.root, dir.path);
    await writeFile(join(submission.root, 'a.js'), 'changed');
    assert.equal(await fingerprint(dir.path), before);
  });

  test('the copy is gone after its scope', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'a.js': 'a' });
    let root = '';
    {
      await using submission = await checkout(dir.path, options);
      root = submission.root;
    }
    assert.equal(existsSync(root), false);
  });

  test('links that leave the tree are dropped and named; inner ones are kept', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'a.js': 'a', 'sub/b.js': 'b', 'node_modules/x.js': '' });
    await symlink('/etc/passwd', join(dir.path, 'secrets'));
    await symlink('..', join(dir.path, 'up'));
    await symlink('../a.js', join(dir.path, 'sub/inner'));
    await symlink(join(dir.path, 'a.js'), join(dir.path, 'absolute'));
    await symlink('nowhere', join(dir.path, 'dangling'));
    await symlink('node_modules', join(dir.path, 'modules'));
    await using submission = await checkout(dir.path, options);
    assert.deepEqual((await readdir(submission.root)).toSorted(), ['a.js', 'absolute', 'sub']);
    assert.equal(await readlink(join(submission.root, 'sub/inner')), '../a.js');
    assert.equal(await readlink(join(submission.root, 'absolute')), 'a.js');
    assert.deepEqual(submission.assumptions.map(({ what }) => what).toSorted(), [
      'dangling was left out',
      'modules was left out',
      'secrets was left out',
      'up was left out',
    ]);
    assert.equal(await submission.files.read('secrets'), undefined);
    assert.equal(await submission.files.read('../../etc/passwd'), undefined);
  });

  test('pipes are skipped, names with newlines are fine', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'line\nbreak.js': 'x' });
    execFileSync('mkfifo', [join(dir.path, 'pipe')]);
    await using submission = await checkout(dir.path, options);
    assert.deepEqual(await submission.files.list(), ['line\nbreak.js']);
    assert.deepEqual(submission.assumptions, [
      { what: 'pipe was left out', because: 'it is neither a file nor a folder' },
    ]);
  });

  test('a huge file is left out; too many or too large files in all are an error', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'a.js': 'a', 'b.js': 'b', 'video.mp4': '' });
    await truncate(join(dir.path, 'video.mp4'), 2 * 1024 ** 3);
    await using submission = await checkout(dir.path, options);
    assert.deepEqual(await submission.files.list(), ['a.js', 'b.js']);
    assert.match(submission.assumptions[0]?.because ?? '', /larger than 50 MB/);
    await assert.rejects(checkout(dir.path, { ...options, limits: { ...COPY_LIMITS, files: 1 } }), LearnerError);
    await assert.rejects(checkout(dir.path, { ...options, limits: { ...COPY_LIMITS, totalBytes: 1 } }), LearnerError);
  });
});

describe('checkout: wrong use', () => {
  const rejects = async (folder: string, message: RegExp) =>
    assert.rejects(
      checkout(folder, options),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );

  test('a folder that is not there, a file, an empty folder', async () => {
    await using dir = await tempDir('t');
    await rejects(join(dir.path, 'none'), /There is no folder/);
    await writeFile(join(dir.path, 'file'), '');
    await rejects(join(dir.path, 'file'), /is not a folder/);
    await mkdir(join(dir.path, 'empty/.git'), { recursive: true });
    await rejects(join(dir.path, 'empty'), /is empty but for \.git/);
  });

  test('a path in grade.yaml that is not there, or leads out', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'grade.yaml': 'start: node a.js\npath: nope\n' });
    await rejects(dir.path, /^grade\.yaml:2:7 {2}path: there is no folder "nope"/);
    await writeFile(join(dir.path, 'grade.yaml'), 'path: ../other\n');
    await rejects(dir.path, /^grade\.yaml:1:7 {2}path: must not leave the repository/);
  });
});

describe('checkout: where the app is', () => {
  const appOf = async (files: Record<string, string>, rubric = 'day-13') => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, files);
    await using submission = await checkout(dir.path, { ...options, rubric });
    const inside = (folder: string | undefined) => folder?.slice(submission.root.length + 1);
    return { app: inside(submission.appDir), packages: inside(submission.packageDir), manifest: submission.manifest };
  };

  test('a folder named after the rubric', async () => {
    for (const folder of ['day-13', 'day13', 'Day 13', 'day_13_performance', 'week-2/day-13', '13']) {
      assert.equal(
        (await appOf({ [`${folder}/package.json`]: '{}', 'day-1/package.json': '{}', 'package.json': '{}' })).app,
        folder,
      );
    }
  });

  test('else the root, else the nearest package.json', async () => {
    assert.equal((await appOf({ 'package.json': '{}', 'server/package.json': '{}' })).app, '');
    assert.equal(
      (await appOf({ 'README.md': '', 'client/package.json': '{}', 'server/package.json': '{}' })).app,
      'server',
    );
    assert.equal((await appOf({ 'todo.js': '' })).app, '');
  });

  const express = JSON.stringify({ dependencies: { express: '4' } });
  const react = JSON.stringify({ dependencies: { react: '19' }, devDependencies: { vite: '6' } });
  const together = JSON.stringify({
    scripts: { dev: 'concurrently "npm run dev --prefix back" "npm run dev --prefix front"' },
  });
  const listens = `require('express')().listen(3000)`;
  const shapes: [string, Record<string, string>, string][] = [
    ['a front end beside the back end', { 'client/package.json': react, 'zserver/package.json': express }, 'zserver'],
    [
      'a front end at the root',
      { 'package.json': react, 'server/package.json': express, 'server/a.js': listens },
      'server',
    ],
    [
      'a root that only starts others',
      { 'package.json': together, 'back/package.json': express, 'front/package.json': react },
      'back',
    ],
    [
      'workspaces',
      {
        'package.json': JSON.stringify({ workspaces: ['apps/*'] }),
        'apps/api/package.json': express,
        'apps/web/package.json': react,
      },
      'apps/api',
    ],
    [
      'a root with a server of its own',
      { 'package.json': express, 'src/a.js': listens, 'client/package.json': react },
      '',
    ],
    [
      'a server without a framework',
      {
        'web/package.json': react,
        'service/package.json': '{}',
        'service/a.js': `require('http').createServer().listen(1)`,
      },
      'service',
    ],
    [
      'below the day’s folder',
      {
        'package.json': express,
        'Week 2/Day 13 - Speed/client/package.json': react,
        'Week 2/Day 13 - Speed/backend/package.json': express,
      },
      'Week 2/Day 13 - Speed/backend',
    ],
  ];
  for (const [title, files, folder] of shapes)
    test(`the server: ${title}`, async () => assert.equal((await appOf(files)).app, folder));

  test('of several services one is taken, and the others are named', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, {
      'orders/package.json': express,
      'orders/a.js': listens,
      'users/package.json': express,
      'users/a.js': listens,
    });
    await using submission = await checkout(dir.path, options);
    assert.deepEqual(submission.assumptions, [
      {
        what: 'The app is in orders/',
        because:
          'orders/package.json depends on express, orders/a.js:1 listens on a port; users looks like a server, too',
      },
    ]);
  });

  test('packages of workspaces are those of their root', async () => {
    const { app, packages } = await appOf({
      'package.json': JSON.stringify({ workspaces: ['apps/*'] }),
      'apps/api/package.json': express,
    });
    assert.deepEqual([app, packages], ['apps/api', '']);
  });

  test('packages may be kept above the app', async () => {
    assert.deepEqual(await appOf({ 'package.json': '{}', 'day-13/server.js': '' }), {
      app: 'day-13',
      packages: '',
      manifest: {},
    });
  });

  test('grade.yaml goes first; the one in the day’s folder completes the root’s', async () => {
    const { app, manifest } = await appOf({
      'grade.yaml': 'path: apps/api\nport: 4000\n',
      'apps/api/grade.yaml': 'start: node x.js\n',
      'day-13/package.json': '{}',
    });
    assert.equal(app, 'apps/api');
    assert.deepEqual(manifest, { path: 'apps/api', port: 4000, start: 'node x.js' });
  });

  test('names of other days are not mistaken', () => {
    for (const folder of ['day-130', 'day-1', 'day-113', 'week-13', 'birthday-13'])
      assert.equal(isNamedAfter(folder, 'day-13'), false, folder);
    assert.equal(isNamedAfter('day1', 'day-01'), true);
    assert.equal(isNamedAfter('Day-01', 'day-1'), true);
  });
});

describe('checkout: git', () => {
  const git = (dir: string, ...args: string[]) =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  test('commit and changes are read, without running what the repository configures', async () => {
    await using dir = await tempDir('t');
    const repository = join(dir.path, 'repo');
    const trap = join(dir.path, 'trap');
    await writeTree(repository, { 'a.js': 'a', '.gitattributes': '*.js filter=evil\n' });
    git(repository, 'init', '-q');
    git(repository, 'add', '.');
    git(repository, 'commit', '-qm', 'one');
    const head = git(repository, 'rev-parse', 'HEAD');
    for (const [key, value] of [
      ['filter.evil.clean', `touch ${trap}; cat`],
      ['filter.evil.required', 'true'],
      ['core.fsmonitor', `touch ${trap}`],
      ['core.hooksPath', 'hooks'],
    ] as const)
      git(repository, 'config', key, value);
    await writeFile(join(repository, 'a.js'), 'b');
    {
      await using submission = await checkout(repository, options);
      assert.deepEqual([submission.commit, submission.dirty], [head, true]);
    }
    await writeFile(join(repository, 'a.js'), 'a');
    {
      await using submission = await checkout(repository, options);
      assert.deepEqual([submission.commit, submission.dirty], [head, false]);
    }
    assert.equal(existsSync(trap), false);
  });

  test('no repository, no commit', async () => {
    await using dir = await tempDir('t');
    await writeTree(dir.path, { 'a.js': 'a' });
    await using submission = await checkout(dir.path, options);
    assert.deepEqual([submission.commit, submission.dirty], [undefined, undefined]);
  });
});

async function fingerprint(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of (await readdir(root, { recursive: true, withFileTypes: true })).toSorted((a, b) =>
    `${a.parentPath}/${a.name}`.localeCompare(`${b.parentPath}/${b.name}`),
  )) {
    hash.update(entry.name);
    if (entry.isFile()) hash.update(await readFile(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}
