import assert from 'node:assert/strict';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { InfrastructureError } from '../../../platform/errors.ts';
import { tempDir } from '../../../platform/temp-dir.ts';
import { testOptions } from '../../conformance/options.ts';
import { obtain, type Strategy } from './program.ts';
import { tools } from './tools.ts';

/** A program in a folder that prints a version. */
async function program(dir: string, version: string): Promise<string> {
  const path = join(dir, 'server');
  await writeFile(path, `#!/bin/sh\necho "server v=${version} build"\n`);
  await chmod(path, 0o755);
  return path;
}

function fetched(version: string, log: string[]): Strategy {
  return {
    source: `package ${version}`,
    key: `server-${version}`,
    fill: async (dir) => {
      log.push(version);
      await program(dir, version);
    },
    locate: async (dir) => ({ path: join(dir, 'server'), env: {} }),
  };
}

const absent: Strategy = { source: 'server on PATH', installed: async () => undefined };
const failing: Strategy = {
  source: 'a far place',
  key: 'far',
  fill: () => Promise.reject(new Error('not reached\nat all')),
  locate: () => Promise.reject(new Error()),
};

test('a failing way gives way to the next, and the one that works is told in one line', async () => {
  await using folder = await tempDir('program');
  const [log, notices]: [string[], string[]] = [[], []];
  const kit = tools(testOptions(process.env, { cacheDir: folder.path, notice: (line) => notices.push(line) }));
  const strategies = [absent, failing, fetched('1.2.3', log), fetched('4.5.6', log)];
  const found = await obtain('Server', strategies, kit, '');
  assert.deepEqual([found.version, found.source, log], ['1.2.3', 'package 1.2.3', ['1.2.3']]);
  assert.deepEqual(notices, [`Server 1.2.3 was fetched from package 1.2.3 into ${folder.path}.`]);
  // From then on it is there, and nothing far is asked again.
  await obtain('Server', [fetched('4.5.6', log), ...strategies], kit, '');
  assert.deepEqual([log, notices.length], [['1.2.3'], 1]);
});

test('what is installed comes before what can be fetched, unless it is a last resort', async () => {
  await using folder = await tempDir('program');
  const log: string[] = [];
  const path = await program(folder.path, '9.0');
  const installed: Strategy = { source: 'here', installed: async () => ({ path, env: {} }) };
  const kit = tools(testOptions(process.env, { cacheDir: join(folder.path, 'cache') }));
  assert.equal((await obtain('Server', [fetched('1.0', log), installed], kit, '')).version, '9.0');
  assert.equal((await obtain('Server', [failing, { ...installed, lastResort: true }], kit, '')).version, '9.0');
  assert.equal(
    (await obtain('Server', [{ ...installed, lastResort: true }, fetched('1.0', log)], kit, '')).version,
    '1.0',
  );
});

test('when all fail, the error lists each with its reason, and the mend', async () => {
  await using folder = await tempDir('program');
  const path = join(folder.path, 'mute');
  await writeFile(path, '#!/bin/sh\n', { mode: 0o755 });
  const mute: Strategy = { source: 'a mute one', installed: async () => ({ path, env: {} }) };
  const kit = tools(testOptions(process.env, { cacheDir: folder.path }));
  await assert.rejects(obtain('Server', [absent, mute, failing], kit, 'Install a server.'), (error) => {
    assert.ok(error instanceof InfrastructureError);
    assert.equal(
      error.message,
      `no Server server could be had (server on PATH: not there; a mute one: ${path} does not tell its version; a far place: not reached)`,
    );
    assert.equal(error.mend, 'Install a server.');
    return true;
  });
});

test('a cached program that does not run any more is fetched anew', async () => {
  await using folder = await tempDir('program');
  const log: string[] = [];
  const kit = tools(testOptions(process.env, { cacheDir: folder.path }));
  const { path } = await obtain('Server', [fetched('1.0', log)], kit, '');
  await chmod(path, 0o644);
  await obtain('Server', [fetched('1.0', log)], kit, '');
  await rm(path);
  await obtain('Server', [fetched('1.0', log)], kit, '');
  assert.deepEqual(log, ['1.0', '1.0', '1.0']);
});

test('an interruption is passed on, not taken for a failing way', async () => {
  await using folder = await tempDir('program');
  const abort = new AbortController();
  const kit = tools(testOptions(process.env, { cacheDir: folder.path, signal: abort.signal }));
  const slow: Strategy = {
    source: 'slow',
    key: 'slow',
    fill: async (_, { run }) => {
      queueMicrotask(() => abort.abort(new Error('Ctrl-C')));
      await run(['sleep', '60']);
    },
    locate: () => Promise.reject(new Error()),
  };
  await assert.rejects(obtain('Server', [slow, fetched('1.0', [])], kit, ''), /Ctrl-C/);
});
