import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { marked } from '../../platform/process-table.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { learnerError, open, SERVER, TEST_LIMITS, writeTree } from './testbed.ts';
import type { Runtime } from '../submission.ts';

/** Registers one test, skipped where the runtime is not to be had. */
export type RuntimeTest = (title: string, body: () => Promise<void>) => void;

/** What every runtime's workspaces must do. */
export function workspaceSuite(name: string, runtime: Runtime, it: RuntimeTest): void {
  describe(`runtime ${name}: a workspace`, { concurrency: false }, () => {
    it('runs commands with arguments, stdin and variables, and tells how they ended', async () => {
      await using place = await open(runtime, {
        'echo.js': `process.stdin.on('data', (d) => process.stdout.write(d)).on('end', () => { console.error(process.argv[2], process.env.A); process.exitCode = 4; })`,
      });
      await using workspace = await place.sandbox.workspace();
      const run = await workspace.run(['node', 'echo.js', 'a b'], { stdin: 'in\nput', env: { A: '1' } });
      assert.deepEqual(
        { ...run, durationMs: 0 },
        {
          command: ['node', 'echo.js', 'a b'],
          stdin: 'in\nput',
          exitCode: 4,
          timedOut: false,
          stdout: 'in\nput',
          stderr: 'a b 1\n',
          durationMs: 0,
        },
      );
    });

    it('tells a command that is not there as a shell does', async () => {
      await using place = await open(runtime, { 'a.txt': '' });
      await using workspace = await place.sandbox.workspace();
      assert.equal((await workspace.run(['no-such-command'])).exitCode, 127);
    });

    it('kills what takes too long, and in the middle of its work when asked to', async () => {
      await using place = await open(runtime, {
        'wait.js': `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`,
      });
      await using workspace = await place.sandbox.workspace();
      const late = await workspace.run(['node', 'wait.js'], { timeoutMs: 600 });
      assert.deepEqual([late.timedOut, late.exitCode, late.signal], [true, null, 'SIGKILL']);
      const cut = await workspace.run(['node', 'wait.js'], { killAfterMs: 150 });
      assert.deepEqual([cut.timedOut, cut.exitCode, cut.signal], [false, null, 'SIGKILL']);
    });

    it('keeps a bounded part of endless output', async () => {
      await using place = await open(runtime, { 'a.txt': '' });
      await using workspace = await place.sandbox.workspace();
      const run = await workspace.run(['node', '-e', `process.stdout.write('x'.repeat(3e6))`]);
      assert.ok(run.stdout.length < TEST_LIMITS.outputBytes + 100);
      assert.match(run.stdout, /bytes left out/);
    });

    it('is a copy of its own, whose files can be read, written and removed', async () => {
      await using place = await open(runtime, { 'todos.json': '[]' });
      await using one = await place.sandbox.workspace();
      await using two = await place.sandbox.workspace();
      await one.writeFile('data/new.txt', 'néw\n');
      await one.removeFile('todos.json');
      assert.deepEqual(await one.listFiles(), ['data/new.txt', 'package.json']);
      assert.equal(await one.readFile('data/new.txt'), 'néw\n');
      assert.equal(await one.readFile('todos.json'), undefined);
      assert.equal(await two.readFile('todos.json'), '[]');
      assert.deepEqual(await two.listFiles(), ['package.json', 'todos.json']);
      await assert.rejects(one.writeFile('../outside', 'x'), RangeError);
    });

    it('starts servers and tells where they listen', async () => {
      await using place = await open(runtime, { 'server.js': SERVER('0') });
      await using workspace = await place.sandbox.workspace();
      await using server = await workspace.start(['node', 'server.js']);
      const body = (await (await fetch(`${await server.origin(20_000)}/hello`)).json()) as { url: string };
      assert.equal(body.url, '/hello');
      assert.deepEqual(server.logs.tail(5), ['listening']);
    });

    it('explains a server that ends instead of listening', async () => {
      await using place = await open(runtime, { 'server.js': `throw new RangeError('no such thing')` });
      await using workspace = await place.sandbox.workspace();
      await using server = await workspace.start(['node', 'server.js']);
      const error = await learnerError(server.origin(20_000));
      assert.match(error.message, /RangeError: no such thing/);
    });

    it('ends what a command left running', async () => {
      await using place = await open(runtime, {
        'daemon.js': `require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: 'inherit' }).unref(); console.log(process.env.INVOCATION_ID)`,
      });
      await using workspace = await place.sandbox.workspace();
      const run = await workspace.run(['node', 'daemon.js']);
      assert.equal(run.exitCode, 0);
      assert.deepEqual(await marked(`INVOCATION_ID=${run.stdout.trim()}`), []);
    });

    it('finds installed packages, and their programs', async () => {
      await using packages = await tempDir('packages');
      await writeTree(packages.path, {
        'node_modules/left/package.json': '{"name":"left","version":"1.0.0"}',
        'node_modules/left/index.js': 'module.exports = 42',
        'node_modules/.bin/left': '#!/usr/bin/env node\nconsole.log("program", require("left"))',
      });
      await using place = await open(runtime, { 'use.js': 'console.log(require("left"))' }, undefined, packages.path);
      await using workspace = await place.sandbox.workspace();
      assert.equal((await workspace.run(['node', 'use.js'])).stdout, '42\n');
      assert.equal((await workspace.run(['left'])).stderr, '');
    });
  });
}
