import assert from 'node:assert/strict';
import { access, lstat, readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { InfrastructureError } from '../platform/errors.ts';
import { runCommand } from '../platform/process.ts';
import { clone } from './clone.ts';
import { gitServer, type GitServer } from './git-server.ts';

const options = { token: 'ghs_secret', path: process.env['PATH'] ?? '', signal: new AbortController().signal };

describe('a clone', () => {
  let server: GitServer;
  let [first, second]: string[] = [];
  before(async () => {
    server = await gitServer('ghs_secret', options.path);
    first = await server.commit({ 'day-01/app.js': 'one', 'day-02/app.js': 'one', 'notes.md': 'x' });
    second = await server.commit({ 'day-02/app.js': 'two', 'day-03/ä b.js': 'new', 'notes.md': undefined });
    await server.commit({ 'day-02/app.js': 'three' });
  });
  after(() => server[Symbol.asyncDispose]());

  test('is of the commit that was asked for, whatever the branch says by now', async () => {
    await using cloned = await clone({ url: server.url, commit: second! }, options);
    assert.equal(await readFile(join(cloned.root, 'day-02/app.js'), 'utf8'), 'two');
    assert.equal(cloned.changed, undefined);
  });

  test('tells what changed since another commit, also what was removed', async () => {
    await using cloned = await clone({ url: server.url, commit: second!, base: first! }, options);
    assert.deepEqual(cloned.changed?.toSorted(), ['day-02/app.js', 'day-03/ä b.js', 'notes.md']);
  });

  test('knows no changes when the other commit is gone', async () => {
    await using cloned = await clone({ url: server.url, commit: second!, base: '1'.repeat(40) }, options);
    assert.equal(cloned.changed, undefined);
  });

  test('leaves no token behind, and is removed with its scope', async () => {
    const cloned = await clone({ url: server.url, commit: second! }, options);
    const found = await runCommand(['grep', '-r', 'ghs_secret', cloned.root], { env: { PATH: options.path } });
    assert.equal(found.exitCode, 1, found.stdout);
    await cloned[Symbol.asyncDispose]();
    await assert.rejects(access(cloned.root));
  });

  test('runs nothing that the repository configures', async () => {
    const commit = await server.commit({
      '.gitattributes': '*.js filter=evil',
      '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch /tmp/evil"\n',
    });
    await server.git('update-index', '--add', '--cacheinfo', `120000,${await blob(server, '/etc/passwd')},link`);
    await server.git('commit', '--quiet', '--message=link');
    const linked = await server.git('rev-parse', 'HEAD');
    await using cloned = await clone({ url: server.url, commit: linked, base: commit }, options);
    assert.ok((await lstat(join(cloned.root, 'link'))).isSymbolicLink());
    assert.deepEqual(cloned.changed, ['link', 'target.txt']);
  });

  test('that can’t be had is the grader’s trouble, told without the token', async () => {
    for (const source of [
      { url: server.url, commit: '2'.repeat(40) },
      { url: server.url.replace('ada', 'eve'), commit: second! },
      { url: 'http://127.0.0.1:1/ada/backend.git', commit: second! },
    ])
      await assert.rejects(clone(source, options), (error: Error) => {
        assert.ok(error instanceof InfrastructureError);
        assert.doesNotMatch(error.message, /ghs_secret|Z2hzX3NlY3JldA/);
        return true;
      });
    await assert.rejects(clone({ url: server.url, commit: second! }, { ...options, token: 'wrong' }), /fetched/);
  });

  test('sends its token nowhere else when it is redirected', async () => {
    let asked: string | undefined = 'not asked';
    await using thief = await httpServer((request, response) => {
      asked = request.headers.authorization;
      response.writeHead(404).end();
    });
    await using redirecting = await httpServer((request, response) => {
      response.writeHead(302, { location: `${thief.url}${request.url}` }).end();
    });
    await assert.rejects(clone({ url: `${redirecting.url}/a/b.git`, commit: second! }, options), InfrastructureError);
    assert.equal(asked, 'not asked');
  });
});

async function httpServer(handle: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function blob(server: GitServer, target: string): Promise<string> {
  await server.commit({ 'target.txt': target });
  return server.git('hash-object', '-w', 'target.txt');
}
