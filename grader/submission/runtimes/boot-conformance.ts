import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe } from 'node:test';
import { request } from 'undici';
import type { BootedApp } from '../boot.ts';
import type { Runtime } from '../submission.ts';
import { learnerError, open, SERVER } from './testbed.ts';
import type { RuntimeTest } from './workspace-conformance.ts';

/** A server in one line, that answers every path with its name. */
const NAMED = (name: string, port: string) =>
  `require('node:http').createServer((q, r) => r.end('${name}')).listen(${port});`;

/** A watcher that says nothing, and one that speaks as nodemon does. Started as "node <name> … <file>". */
const SILENT_WATCHER = `require('node:child_process').spawn(process.execPath, [process.argv.at(-1)], { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
const NODEMON = SILENT_WATCHER.replace(
  '; setInterval',
  `.on('exit', (code) => console.log(code === 0 ? '[nodemon] clean exit - waiting for changes before restart' : '[nodemon] app crashed - waiting for file changes before starting...')); setInterval`,
);
const CRASHES = `setTimeout(() => { throw new TypeError('no such setting'); }, 300);`;

/** Where apps listen, and how they end below a watcher: what every runtime must make of it. */
export function bootSuite(name: string, runtime: Runtime, it: RuntimeTest): void {
  describe(`runtime ${name}: the port of an app`, { concurrency: false }, () => {
    it('may be one that browsers, and so fetch, refuse', async () => {
      const port = await unusedOf([6000, 6665, 6666, 6667, 6668, 6669]);
      await using place = await open(runtime, { 'server.js': NAMED('here', String(port)) });
      await using app = await place.boot();
      assert.equal(app.port, port);
      await assert.rejects(fetch(app.origin), /fetch failed/);
      assert.equal(await textOf(app, '/hello'), 'here');
    });

    // Where there is no IPv6 at all, as in the networks of older engines, no app can listen there.
    const elsewhere = `process.on('uncaughtException', ({ code }) => code === 'EADDRNOTAVAIL' && server.listen(process.env.PORT, '127.0.0.1'));`;
    for (const host of ['::1', 'localhost']) {
      it(`is reached though it listens on ${host} only`, async () => {
        await using place = await open(runtime, { 'server.js': SERVER(`process.env.PORT, '${host}'`, elsewhere) });
        await using app = await place.boot();
        assert.match(await textOf(app, '/hello'), /"url":"\/hello"/);
      });
    }

    it('is PORT, whatever else of the tree answers HTTP before', async () => {
      const files = {
        'server.js': `${NAMED('metrics', '0')} setTimeout(() => { ${NAMED('app', 'process.env.PORT')} }, 200);`,
      };
      await using place = await open(runtime, files);
      await using app = await place.boot();
      assert.equal(await textOf(app, '/'), 'app');
      assert.deepEqual(app.assumptions, []);
    });

    it('is the one that knows the contract, where PORT is not used and several answer', async () => {
      const dev = `require('node:http').createServer((q, r) => r.setHeader('content-type', 'text/html').end('<html>')).listen(0);`;
      const metrics = `require('node:http').createServer((q, r) => { r.statusCode = 404; r.end('none'); }).listen(0);`;
      const app = `require('node:child_process').fork('./app.js');`;
      await using place = await open(runtime, {
        'server.js': `${dev} ${metrics} ${app}`,
        // It is there later than the others.
        'app.js': `setTimeout(() => require('node:http').createServer((q, r) => { r.statusCode = q.url === '/api/todos' ? 401 : 404; r.end('app'); }).listen(0), 700);`,
      });
      await using booted = await place.boot({ paths: ['/todos', '/api/todos'] });
      assert.equal(await textOf(booted, '/api/todos'), 'app');
      assert.match(booted.assumptions[0]?.because ?? '', /it knows \/api\/todos; \d+, \d+ answered HTTP, too/);
    });

    it('is not held up by another one that speaks no HTTP', async () => {
      const files = {
        'server.js': `require('node:net').createServer((s) => s.on('error', () => {})).listen(0); ${NAMED('app', '0')}`,
      };
      await using place = await open(runtime, files);
      await using app = await place.boot();
      assert.equal(await textOf(app, '/'), 'app');
      assert.ok(app.durationMs < 4000, `${app.durationMs} ms`);
    });
  });

  describe(`runtime ${name}: a command that ends quietly`, { concurrency: false }, () => {
    const start = ['node', 'server.js'];
    const instead = [
      { command: ['node', 'quiet.js'], because: 'one' },
      { command: ['node', 'app.js'], because: 'package.json has a dev script' },
    ];

    it('gives way to the next one, and that is said', async () => {
      await using place = await open(runtime, {
        'server.js': '',
        'quiet.js': '',
        'app.js': NAMED('app', 'process.env.PORT'),
      });
      await using app = await place.boot({}, { start, instead });
      assert.equal(await textOf(app, '/'), 'app');
      assert.deepEqual(app.command, ['node', 'app.js']);
      const said = app.assumptions.find(({ what }) => what === 'The app is started by "node app.js"');
      assert.match(said?.because ?? '', /dev script.*"node server.js" ended at once with exit code 0/);
    });

    it('does not when it failed', async () => {
      await using place = await open(runtime, { 'server.js': `process.exit(4)`, 'quiet.js': '', 'app.js': '' });
      assert.match((await learnerError(place.boot({}, { start, instead }))).message, /server\.js\).*exit code 4/);
    });
  });

  describe(`runtime ${name}: an app below a watcher`, { concurrency: false }, () => {
    const started = (start: string, files: Record<string, string>) =>
      open(runtime, { 'grade.yaml': `start: ${start}\n`, ...files });

    for (const [title, start, watcher] of [
      ['node --watch', 'node --watch server.js', 'node --watch'],
      ['one that says so', 'node nodemon.js server.js', 'nodemon'],
      ['one that says nothing', 'node tsx watch server.js', 'tsx watch'],
    ] as const) {
      it(`that crashes at its start is told at once (${title})`, async () => {
        await using place = await started(start, {
          'server.js': CRASHES,
          'nodemon.js': NODEMON,
          tsx: SILENT_WATCHER,
        });
        const startedAt = performance.now();
        const error = await learnerError(place.boot({ timeoutMs: 60_000 }));
        assert.ok(performance.now() - startedAt < 20_000);
        assert.equal(
          error.message,
          `The app (${start}) ended before it answered, and ${watcher} waits for its files to change: TypeError: no such setting (server.js:1).`,
        );
        assert.equal(error.kind, 'error');
        assert.deepEqual(error.places, [{ file: 'server.js', line: 1, message: 'it was thrown here' }]);
      });
    }

    it('boots as any other', async () => {
      await using place = await started('node --watch server.js', { 'server.js': SERVER('process.env.PORT') });
      await using app = await place.boot();
      assert.match(await textOf(app, '/hello'), /"url":"\/hello"/);
    });

    for (const start of ['node nodemon.js server.js', 'node tsx watch server.js']) {
      it(`that crashes later is explained (${start})`, async () => {
        await using place = await started(start, {
          'server.js': `require('node:http').createServer((q, r) => { r.end('ok'); if (q.url === '/crash') setImmediate(() => { throw new TypeError('boom of todo') }); }).listen(process.env.PORT)`,
          'nodemon.js': NODEMON,
          tsx: SILENT_WATCHER,
        });
        await using app = await place.boot();
        assert.equal(app.ended(), undefined);
        await textOf(app, '/crash');
        await app.gone(AbortSignal.timeout(10_000));
        assert.match(app.ended()?.reason ?? '', /waits for its files to change: TypeError: boom of todo/);
      });
    }
  });
}

async function textOf(app: BootedApp, path: string): Promise<string> {
  return (await request(`${app.origin}${path}`)).body.text();
}

/** The first of these ports that nobody on this machine listens on. */
async function unusedOf(ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const server = createServer();
    const free = once(server.listen(port, '127.0.0.1'), 'listening').then(
      () => true,
      () => false,
    );
    if (await free) {
      const { port: found } = server.address() as AddressInfo;
      server.close();
      await once(server, 'close');
      return found;
    }
  }
  throw new Error(`all of ${ports.join(', ')} are in use`);
}
