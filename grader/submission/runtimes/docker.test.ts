import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { runtimeSuite } from './conformance.ts';
import { dockerRuntime } from './docker.ts';
import { connectEngine, SANDBOX_LABEL } from '../../platform/docker/engine.ts';
import { learnerError, open, TEST_LIMITS } from './testbed.ts';

const image = process.env['GRADE_IMAGE_NODE'];
const options = image === undefined ? {} : { image };
const runtime = dockerRuntime(options);
const available = await runtime.available();
if (!available.ok && process.env['GRADE_REQUIRE_DOCKER'] === '1')
  throw new Error(`GRADE_REQUIRE_DOCKER is set, but: ${available.reason}`);
const skip = available.ok ? false : available.reason;

// It must not turn up in any sandbox.
process.env['GRADE_TEST_SECRET'] = 'leak';
runtimeSuite('docker', { runtime, skip });

/** Runs a script in a workspace and parses what it printed. */
async function evaluate(script: string, limits = TEST_LIMITS): Promise<unknown> {
  await using place = await open(
    runtime,
    { 'script.js': `(async () => { ${script} })().then((value) => console.log(JSON.stringify(value)))` },
    undefined,
    undefined,
    limits,
  );
  await using workspace = await place.sandbox.workspace();
  const run = await workspace.run(['node', 'script.js'], { timeoutMs: 20_000 });
  assert.equal(run.stderr, '');
  return JSON.parse(run.stdout);
}

const codeOf = (call: string) =>
  `await (async () => ${call})().then(() => 'done', (error) => error.code ?? error.message)`;

describe('runtime docker: isolation', { concurrency: false }, () => {
  test('no root, no capabilities, no new privileges, a system call filter', { skip }, async () => {
    const status = await evaluate(
      `return Object.fromEntries(require('fs').readFileSync('/proc/self/status', 'utf8').split('\\n').map((line) => line.split(/:\\s+/)))`,
    );
    const { Uid, CapEff, CapBnd, NoNewPrivs, Seccomp } = status as Record<string, string>;
    assert.match(Uid ?? '', /^1000\t/);
    assert.deepEqual([CapEff, CapBnd, NoNewPrivs, Seccomp], ['0000000000000000', '0000000000000000', '1', '2']);
  });

  test('the root file system is read-only; the app’s folder and /tmp can be written', { skip }, async () => {
    const write = (path: string) => codeOf(`require('fs').writeFileSync(${JSON.stringify(path)}, 'x')`);
    assert.deepEqual(
      await evaluate(
        `return [${['/etc/x', '/usr/local/bin/node', '/home/x', '/app/x', '/tmp/x'].map(write).join(', ')}]`,
      ),
      ['EROFS', 'EROFS', 'EROFS', 'done', 'done'],
    );
  });

  test('disk space ends before the limit is passed', { skip }, async () => {
    const fill = codeOf(
      `{ const file = require('fs').openSync('/app/big', 'w'); for (let i = 0; i < 200; i++) require('fs').writeSync(file, Buffer.alloc(1024 * 1024)); }`,
    );
    assert.equal(await evaluate(`return ${fill}`), 'ENOSPC');
  });

  test('no way out: no connection, no name, no metadata service, no engine', { skip }, async () => {
    const connect = (host: string, port: number) =>
      `await new Promise((done) => { const socket = require('net').connect({ host: '${host}', port: ${port}, timeout: 1500 }); const end = (how) => { socket.destroy(); done(how); }; socket.on('connect', () => end('connected')).on('error', () => end('no')).on('timeout', () => end('no')); })`;
    assert.deepEqual(
      await evaluate(
        `return [${connect('1.1.1.1', 443)}, ${connect('169.254.169.254', 80)}, ${connect('host.docker.internal', 80)}, ${codeOf(`require('dns').promises.lookup('example.com')`)} === 'done', require('fs').existsSync('/var/run/docker.sock')]`,
      ),
      ['no', 'no', 'no', false, false],
    );
  });

  test('nothing of the grader’s environment can be seen in it', { skip }, async () => {
    const seen = await evaluate(
      `return require('fs').readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => { try { return require('fs').readFileSync('/proc/' + pid + '/environ', 'utf8') } catch { return '' } }).join('')`,
    );
    assert.doesNotMatch(String(seen), /leak|GITHUB_|TOKEN/);
  });

  test('the number of processes has a limit', { skip }, async () => {
    const count = await evaluate(`
      const { spawn } = require('child_process');
      const started = await Promise.all(Array.from({ length: 100 }, () => new Promise((done) => spawn('sleep', ['5']).on('spawn', () => done(1)).on('error', () => done(0)))));
      setImmediate(() => process.exit());
      return started.reduce((sum, one) => sum + one, 0);`);
    assert.ok(Number(count) < TEST_LIMITS.processes, String(count));
  });

  test('a fork bomb is contained, and the sandbox can be removed', { skip }, async () => {
    await using place = await open(runtime, { 'bomb.sh': 'bomb() { bomb | bomb & }; bomb; sleep 5' });
    await using workspace = await place.sandbox.workspace();
    const run = await workspace.run(['sh', 'bomb.sh'], { timeoutMs: 1500 });
    assert.ok(run.timedOut || run.exitCode !== 0 || run.stderr !== '');
  });

  test('a submission that ends its own sandbox is to blame for it', { skip }, async () => {
    // Only ever run in a container: -1 is every process that this user may signal.
    await using place = await open(runtime, { 'server.js': `process.kill(-1, 'SIGKILL')` });
    await learnerError(place.boot());
    await using workspace = await place.sandbox.workspace();
    await workspace.run(['sh', '-c', 'kill -9 -1']);
    assert.match(
      (await learnerError(workspace.run(['true']).then(() => 'ran'))).message,
      /ended by something that ran in it/,
    );
  });

  test('memory beyond the limit is named, also off the heap', { skip }, async () => {
    await using place = await open(runtime, {
      'server.js': `const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5);`,
    });
    const error = await learnerError(place.boot());
    assert.equal(error.fault, 'out-of-memory');
    assert.match(error.message, /ran out of memory/);
  });

  test('memory in files counts as well', { skip }, async () => {
    const limits = { ...TEST_LIMITS, memoryMb: 96, diskMb: 512 };
    await using place = await open(
      runtime,
      {
        'server.js': `const file = require('fs').openSync('/app/big', 'w'); setInterval(() => require('fs').writeSync(file, Buffer.alloc(8 * 1024 * 1024, 1)), 5)`,
      },
      undefined,
      undefined,
      limits,
    );
    const error = await learnerError(place.boot());
    assert.equal(error.fault, 'out-of-memory');
  });

  test('two runs can’t reach one another', { skip }, async () => {
    await using one = await open(runtime, {
      'server.js': `require('http').createServer((q, r) => r.end('one')).listen(process.env.PORT)`,
    });
    await using app = await one.boot();
    const { hostname, port } = new URL(app.origin);
    await using two = await open(runtime, { 'a.txt': '' });
    await using workspace = await two.sandbox.workspace();
    const run = await workspace.run([
      'node',
      '-e',
      `require('net').connect({ host: '${hostname}', port: ${port}, timeout: 1500 }).on('connect', () => console.log('connected')).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))`,
    ]);
    assert.equal(run.stdout, '');
  });

  test('nothing is left behind', { skip }, async () => {
    const { docker } = await connectEngine();
    let network = '';
    let containers: string[] = [];
    {
      await using place = await open(runtime, {
        'server.js': `require('http').createServer((q, r) => r.end('x')).listen(process.env.PORT, '127.0.0.1')`,
      });
      network = place.network ?? '';
      await using app = await place.boot();
      await using workspace = await place.sandbox.workspace();
      assert.equal((await fetch(app.origin)).status + ((await workspace.run(['true'])).exitCode ?? 1), 200);
      // The app, what brings its localhost out, and the workspace.
      const all = await docker.listContainers({ all: true, filters: { label: [SANDBOX_LABEL] } });
      const inside = all.filter(({ HostConfig }) => HostConfig.NetworkMode === network).map(({ Id }) => Id);
      const beside = all.filter(({ HostConfig }) => inside.some((id) => HostConfig.NetworkMode === `container:${id}`));
      containers = [...inside, ...beside.map(({ Id }) => Id)];
      assert.deepEqual([inside.length, beside.length], [2, 1]);
    }
    assert.deepEqual(await docker.listNetworks({ filters: { name: [network] } }), []);
    for (const id of containers) await assert.rejects(docker.getContainer(id).inspect(), { statusCode: 404 });
  });
});

describe('runtime docker: through a gateway', { concurrency: false }, () => {
  const gateway = dockerRuntime({ ...options, reach: 'gateway' });

  test('servers of this machine can’t be reached', { skip }, async () => {
    const server = createServer((_request, response) => response.end('host')).listen(0, '0.0.0.0');
    await once(server, 'listening');
    try {
      const { docker } = await connectEngine();
      await using place = await open(gateway, { 'a.txt': '' });
      const network = (await docker.getNetwork(place.network ?? '').inspect()) as {
        IPAM: { Config: { Gateway: string }[] };
      };
      const { port } = server.address() as AddressInfo;
      await using workspace = await place.sandbox.workspace();
      const run = await workspace.run([
        'node',
        '-e',
        `require('net').connect({ host: '${network.IPAM.Config[0]?.Gateway}', port: ${port}, timeout: 1500 }).on('connect', () => console.log('connected')).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))`,
      ]);
      assert.equal(run.stdout, '');
    } finally {
      server.close();
    }
  });

  for (const [title, host] of [
    ['an app', '0.0.0.0'],
    ['an app on localhost only', '127.0.0.1'],
  ] as const) {
    test(`${title} is reached on 127.0.0.1`, { skip }, async () => {
      await using place = await open(gateway, {
        'server.js': `require('http').createServer((q, r) => r.end('through')).listen(process.env.PORT, '${host}')`,
      });
      await using app = await place.boot();
      assert.match(app.origin, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(await (await fetch(app.origin)).text(), 'through');
    });
  }
});
