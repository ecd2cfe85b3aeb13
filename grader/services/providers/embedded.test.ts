import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { startProcess } from '../../platform/process.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { testOptions } from '../conformance/options.ts';
import { specs } from '../specs/index.ts';
import { embedded } from './embedded.ts';

test('a machine without the server fetches it once, with progress, and says so', async () => {
  await using cache = await tempDir('cold');
  const notices: string[] = [];
  const progress: number[] = [];
  const options = testOptions(
    { ...process.env },
    {
      cacheDir: cache.path,
      notice: (line) => notices.push(line),
      progress: (what, fraction) => progress.push(what === 'Fetching Redis' ? fraction : Number.NaN),
    },
  );
  for (const round of ['cold', 'warm']) {
    await using service = await embedded.start(specs.redis, options);
    await using tenant = await service.tenant(round);
    assert.equal(await tenant.handle.command('PING'), 'PONG');
    assert.match(service.detail, /^Redis \d+\.\d+\.\d+ from /);
  }
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? '', /^Redis \S+ was fetched from .* into /);
  assert.deepEqual([progress.at(0), progress.at(-1)], [0, 1]);
  assert.equal((await readdir(cache.path)).length, 1);
});

test('a client that looks for the members of a replica set is led to the forwarder, too', async () => {
  await using service = await embedded.start(specs.mongo, testOptions({ ...process.env }));
  await using tenant = await service.tenant('app', { interruptible: ['mongo'] });
  const { host, port } = tenant.endpoint;
  const url = (tenant.env['MONGODB_URI'] ?? '').replace('directConnection=true', 'replicaSet=rs0');
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1000 });
  const seen = new Set<string>();
  client.on('serverOpening', ({ address }) => seen.add(address));
  try {
    const notes = client.db().collection('notes');
    await notes.insertOne({});
    {
      await using stack = new AsyncDisposableStack();
      stack.use(await tenant.outage());
      await assert.rejects(notes.countDocuments());
      assert.equal(await tenant.handle.count('notes'), 1);
    }
    assert.equal(await notes.countDocuments(), 1);
    assert.deepEqual([...seen], [`${host}:${port}`]);
  } finally {
    await client.close();
  }
});

test(
  'a server does not outlive a grader that is killed',
  { skip: process.platform !== 'linux' && 'only the Linux kernel sees to it' },
  async () => {
    const script = `
    import { embedded } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
    import { specs } from ${JSON.stringify(new URL('../specs/index.ts', import.meta.url).href)};
    import { testOptions } from ${JSON.stringify(new URL('../conformance/options.ts', import.meta.url).href)};
    const service = await embedded.start(specs.redis, testOptions(process.env));
    const { endpoint } = await service.tenant('x');
    console.log('port ' + endpoint.port);`;
    // A killed process can't remove its folders.
    await using folder = await tempDir('killed');
    const printed = Promise.withResolvers<number>();
    let output = '';
    await using grader = startProcess([process.execPath, '--input-type=module', '-e', script], {
      env: {
        ...Object.fromEntries(
          Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
        ),
        TMPDIR: folder.path,
      },
      onOutput: (_, chunk) => {
        output += chunk.toString();
        const port = /port (\d+)/.exec(output)?.[1];
        if (port !== undefined) printed.resolve(Number(port));
      },
    });
    const port = await Promise.race([printed.promise, grader.exited.then(() => assert.fail(output))]);
    assert.equal(await listens(port), true);
    process.kill(grader.pid ?? assert.fail(), 'SIGKILL');
    while (await listens(port));
  },
);

async function listens(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
