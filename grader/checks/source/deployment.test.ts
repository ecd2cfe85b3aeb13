import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { isPublicAddress } from '../../platform/public-address.ts';
import { Recorder } from '../recorder.ts';
import type { CheckContext } from '../check.ts';
import { failures, testbed } from '../testbed.ts';
import { INTERNET, type Internet, smokeTest } from './deployed-url.ts';
import { askDeployment, check } from './deployment.ts';

/** An internet in which this machine is a server like any other. */
const HERE: Internet = {
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  permits: (address) => address === '127.0.0.1' || isPublicAddress(address),
};

async function deployment(handle: RequestListener) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://todo.example:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function ask(deployedUrl: string | undefined, timeout = 5_000, internet = HERE) {
  const record = new Recorder();
  const files = { deployedUrl, list: async () => [], read: async () => undefined };
  const context = { record, target: { files }, signal: new AbortController().signal } as unknown as CheckContext;
  await askDeployment(context, { ask: '/health', timeout }, internet);
  return record.observation();
}

describe('a deployment', () => {
  test('that answers; after redirects as well', async () => {
    const asked: string[] = [];
    await using app = await deployment((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/health') response.writeHead(302, { location: '/healthz' }).end();
      else response.end('{"status":"ok"}');
    });
    const seen = await ask(app.url);
    assert.deepEqual(asked, ['/health', '/healthz']);
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      [['the deployment answers', true]],
    );
    assert.match(seen.notes[0] ?? '', /\/healthz answered 200 in/);
  });

  test('that answers with an error', async () => {
    await using app = await deployment((_, response) => response.writeHead(500).end('Application error'));
    const seen = await ask(app.url);
    assert.deepEqual(failures(seen), ['the deployment answers']);
    assert.equal(seen.assertions[0]?.received, '500 Application error');
  });

  test('that is not named, or does not answer, costs nothing', async () => {
    assert.deepEqual(await ask(undefined), new Recorder().observation());
    await using app = await deployment(() => {});
    const slow = await ask(app.url, 200);
    assert.deepEqual(slow.assertions, []);
    assert.match(slow.notes[0] ?? '', /no answer within 0\.2 s.*costs nothing/);
    const gone = await ask('http://todo.example:1');
    assert.deepEqual([gone.assertions, gone.notes.length], [[], 1]);
  });

  test('answers are read no further than they are of use', async () => {
    await using app = await deployment((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', write);
      write();
    });
    const seen = await ask(app.url);
    assert.deepEqual(failures(seen), []);
    assert.match(seen.notes[0] ?? '', /answered 200 in/);
  });

  test('in a private network is not asked: by address, by name, or by a redirect', async () => {
    let requests = 0;
    await using secret = await deployment((_, response) => {
      requests++;
      response.end('secret');
    });
    const port = new URL(secret.url).port;
    for (const url of [
      `http://127.0.0.1:${port}`,
      `http://[::1]:${port}`,
      `http://localhost:${port}`,
      'http://2130706433',
      'http://169.254.169.254',
    ]) {
      const seen = await ask(url, 5_000, INTERNET);
      assert.deepEqual(failures(seen), ['the deployment answers'], url);
      assert.match(seen.assertions[0]?.received ?? '', /private network/);
    }
    // One address of several is enough.
    const rebinding = {
      ...INTERNET,
      resolve: async () => [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    };
    assert.deepEqual(failures(await ask(secret.url, 5_000, rebinding)), ['the deployment answers']);
    assert.equal(requests, 0);

    await using leads = await deployment((_, response) =>
      response.writeHead(302, { location: 'http://10.0.0.1/admin' }).end(),
    );
    assert.deepEqual(
      await smokeTest(leads.url, { timeoutMs: 5_000, signal: new AbortController().signal, internet: HERE }),
      {
        kind: 'private',
        url: 'http://10.0.0.1/admin',
      },
    );
    await using file = await deployment((_, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    assert.deepEqual((await ask(file.url)).assertions, []);
  });
});

test('the files that a platform reads are looked at all the same', async () => {
  await using bed = await testbed({ files: { 'package.json': '{ "scripts": {} }' } });
  const files = { any: ['package.json'], json: { scripts: { start: { $matches: '.' } } } };
  assert.equal(failures(await bed.run(check, { files, ask: '/health' })).length, 1);
});
