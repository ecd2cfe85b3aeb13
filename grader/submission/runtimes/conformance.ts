import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { marked } from '../../platform/process-table.ts';
import type { BootedApp } from '../boot.ts';
import type { Runtime } from '../submission.ts';
import { bootSuite } from './boot-conformance.ts';
import { learnerError, open, SERVER } from './testbed.ts';
import { type RuntimeTest, workspaceSuite } from './workspace-conformance.ts';

/** What a runtime's test gives to the suite. */
export interface RuntimeUnderTest {
  runtime: Runtime;
  /** The reason why it can't be tested here; false when it can. */
  skip: string | false;
}

/** What every runtime must do; called by the test of each. */
export function runtimeSuite(name: string, { runtime, skip }: RuntimeUnderTest): void {
  const it: RuntimeTest = (title, body) => void test(title, { skip }, body);

  describe(`runtime ${name}: an app`, { concurrency: false }, () => {
    it('boots on PORT, with the environment that it is given and nothing of the grader’s', async () => {
      await using place = await open(runtime, { 'server.js': SERVER('process.env.PORT') });
      await using app = await place.boot({ env: { DATABASE_URL: 'postgres://db' } });
      const { env } = await answer(app);
      assert.equal(env['DATABASE_URL'], 'postgres://db');
      assert.equal(env['PORT'], String(app.port));
      assert.deepEqual(app.assumptions, []);
      const known = new Set([
        'PATH',
        // The official image's own.
        'NODE_VERSION',
        'YARN_VERSION',
        'HOME',
        'HOST',
        'HOSTNAME',
        'LANG',
        'PORT',
        'TMPDIR',
        'DATABASE_URL',
        'INVOCATION_ID',
        'npm_config_update_notifier',
      ]);
      assert.deepEqual(
        Object.keys(env).filter((key) => !known.has(key)),
        [],
      );
    });

    it('runs in a copy: the original stays as it was', async () => {
      await using place = await open(runtime, {
        'server.js': SERVER(
          'process.env.PORT',
          `require('node:fs').writeFileSync('made.txt', 'x'); require('node:fs').rmSync('notes.txt');`,
        ),
        'notes.txt': 'mine',
      });
      await using app = await place.boot();
      await answer(app);
      assert.deepEqual((await readdir(place.original)).toSorted(), ['notes.txt', 'package.json', 'server.js']);
    });

    it('is found on another port, and that is said', async () => {
      const port = await unusedPort();
      await using place = await open(runtime, { 'server.js': SERVER(String(port)) });
      await using app = await place.boot();
      assert.equal(app.port, port);
      assert.match(app.assumptions[0]?.what ?? '', new RegExp(`port ${port}`));
      assert.equal((await answer(app)).url, '/hello');
    });

    it('is reached though it listens on localhost only', async () => {
      await using place = await open(runtime, { 'server.js': SERVER(`process.env.PORT, '127.0.0.1'`) });
      await using app = await place.boot();
      assert.equal((await answer(app)).url, '/hello');
    });

    it('that ends at once is explained by its exit code and last lines', async () => {
      await using place = await open(runtime, { 'server.js': `console.log('config missing'); process.exit(3)` });
      const error = await learnerError(place.boot());
      assert.match(error.message, /ended before it answered \(exit code 3\)/);
      assert.deepEqual(error.logs, ['config missing']);
    });

    it('that lacks a package is told which', async () => {
      await using place = await open(runtime, { 'server.js': `require('express')` });
      const error = await learnerError(place.boot());
      assert.match(error.message, /can’t find the package "express"/);
      assert.match(error.mend ?? '', /npm install express/);
    });

    it('that never listens times out', async () => {
      await using place = await open(runtime, { 'server.js': `console.log('thinking'); setInterval(() => {}, 1000)` });
      const error = await learnerError(place.boot({ timeoutMs: 1200 }));
      assert.equal(error.fault, 'timeout');
      assert.match(error.message, /did not listen on any port in 1\.2 s/);
      assert.deepEqual(error.logs, ['thinking']);
    });

    it('that listens but never answers is told so', async () => {
      await using place = await open(runtime, {
        'server.js': `require('node:net').createServer((socket) => socket.on('error', () => {}).resume()).listen(process.env.PORT)`,
      });
      const error = await learnerError(place.boot({ timeoutMs: 1000 }));
      assert.match(error.message, /listens on port \d+, but gave no HTTP answer/);
    });

    it('that floods its log is stopped', async () => {
      await using place = await open(runtime, {
        'server.js': `const line = 'x'.repeat(65536); const write = () => process.stdout.write(line, write); write();`,
      });
      const error = await learnerError(place.boot({ timeoutMs: 60_000 }));
      assert.match(error.message, /printed without end/);
      assert.ok(error.logs.join('').length < 100_000);
    });

    it('whose start command is missing is told which', async () => {
      await using place = await open(runtime, {
        'server.js': '',
        'package.json': JSON.stringify({ scripts: { start: 'tsnode-nope server.ts' } }),
      });
      const error = await learnerError(place.boot());
      assert.match(error.message, /the command "tsnode-nope" is not there/);
    });

    it('that runs out of heap is named as such', async () => {
      const hog = `const kept = []; setInterval(() => { for (let i = 0; i < 50; i++) kept.push(new Array(1e5).fill(Math.random())); }, 1);`;
      await using place = await open(runtime, {
        'server.js': hog,
        'package.json': JSON.stringify({ scripts: { start: 'node --max-old-space-size=64 server.js' } }),
      });
      const error = await learnerError(place.boot());
      assert.equal(error.fault, 'out-of-memory');
    });

    it('ends with its daemons, also those that ignore SIGTERM', async () => {
      const before = `
        process.on('SIGTERM', () => {});
        require('node:child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { detached: true, stdio: 'ignore' }).unref();`;
      await using place = await open(runtime, { 'server.js': SERVER('process.env.PORT', before) });
      let marker = '';
      {
        await using app = await place.boot();
        marker = `INVOCATION_ID=${(await answer(app)).env['INVOCATION_ID']}`;
      }
      assert.deepEqual(await marked(marker), []);
    });

    it('that crashes later is explained', async () => {
      await using place = await open(runtime, {
        'server.js': `require('node:http').createServer((q, r) => { r.end('ok'); if (q.url === '/crash') setImmediate(() => { throw new TypeError('boom of todo') }); }).listen(process.env.PORT)`,
      });
      await using app = await place.boot();
      assert.equal(app.ended(), undefined);
      await (await fetch(`${app.origin}/crash`)).text();
      await app.process.exited;
      assert.match(app.ended()?.reason ?? '', /exit code 1\): TypeError: boom of todo/);
    });

    it('keeps its files from one start to the next', async () => {
      await using place = await open(runtime, {
        'server.js': SERVER(
          'process.env.PORT',
          `const fs = require('node:fs'); console.log('seen ' + fs.existsSync('data.json')); fs.writeFileSync('data.json', '[]');`,
        ),
      });
      for (const seen of ['seen false', 'seen true']) {
        await using app = await place.boot();
        assert.equal(app.process.logs.tail(10)[0], seen);
      }
    });

    it('ends when the run is aborted', async () => {
      const controller = new AbortController();
      await using place = await open(runtime, { 'server.js': SERVER('process.env.PORT') }, controller.signal);
      await using app = await place.boot();
      controller.abort(new Error('interrupted'));
      const exit = await app.process.exited;
      assert.equal(exit.signal, 'SIGKILL');
    });
  });

  describe(`runtime ${name}: a build`, { concurrency: false }, () => {
    const files = {
      'build.js': `const fs = require('node:fs'); fs.mkdirSync('dist', { recursive: true }); fs.writeFileSync('dist/server.js', fs.readFileSync('server.txt'));`,
      'server.txt': SERVER('process.env.PORT'),
      'package.json': JSON.stringify({ scripts: { build: 'node build.js', start: 'node dist/server.js' } }),
    };

    it('goes before the start, and its result is in every workspace', async () => {
      await using place = await open(runtime, files);
      await using app = await place.boot();
      assert.equal((await answer(app)).url, '/hello');
      await using workspace = await place.sandbox.workspace();
      assert.ok((await workspace.listFiles()).includes('dist/server.js'));
    });

    it('that fails is told with its last lines', async () => {
      await using place = await open(runtime, {
        ...files,
        'build.js': `console.error('src/a.ts(3,1): error TS2304'); process.exit(2)`,
      });
      const error = await learnerError(place.boot());
      assert.match(error.message, /The build \(node build\.js\) failed with exit code 2/);
      assert.deepEqual(error.logs, ['src/a.ts(3,1): error TS2304']);
    });

    it('that fails and makes its file all the same is good enough, and that is said', async () => {
      await using place = await open(runtime, {
        ...files,
        'build.js': `${files['build.js']} console.error('src/a.ts(3,1): error TS2304'); process.exit(2)`,
      });
      await using app = await place.boot();
      assert.equal((await answer(app)).url, '/hello');
      const said = app.assumptions.find(({ what }) => what.includes('(node build.js) failed with exit code 2'));
      assert.equal(said?.because, 'dist/server.js is there; the build says: src/a.ts(3,1): error TS2304');
    });
  });

  describe(`runtime ${name}: migrations`, { concurrency: false }, () => {
    const files = {
      'server.js': SERVER('process.env.PORT', `console.log(require('node:fs').readFileSync('made.txt', 'utf8'));`),
      'migrate.js': `require('node:fs').writeFileSync('made.txt', process.env.WHO)`,
      'fail.js': `throw new Error('no such table')`,
    };
    const migration = (file: string) => ({ command: ['node', file], because: 'package.json:3' });

    it('run where the app runs, with its variables, before it starts', async () => {
      await using place = await open(runtime, files);
      await using app = await place.boot({ env: { WHO: 'tables' } }, { migrate: [migration('migrate.js')] });
      assert.ok(app.process.logs.tail(10).includes('tables'));
      assert.deepEqual(app.assumptions, [
        { what: '"node migrate.js" was run before the app started', because: 'package.json:3' },
      ]);
    });

    it('that fail keep no app from starting, and are told', async () => {
      await using place = await open(runtime, { ...files, 'made.txt': '' });
      await using app = await place.boot({}, { migrate: [migration('fail.js')] });
      assert.match(app.assumptions[0]?.what ?? '', /"node fail\.js".*failed: .*no such table \(exit code 1\)/);
    });
  });

  bootSuite(name, runtime, it);
  workspaceSuite(name, runtime, it);
}

async function answer(app: BootedApp): Promise<{ env: Record<string, string>; cwd: string; url: string }> {
  return (await (await fetch(`${app.origin}/hello`)).json()) as {
    env: Record<string, string>;
    cwd: string;
    url: string;
  };
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
