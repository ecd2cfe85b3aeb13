import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../platform/temp-dir.ts';
import { cached, lookUp } from './cache.ts';

async function fill(dir: string): Promise<void> {
  await mkdir(join(dir, 'bin'));
  await writeFile(join(dir, 'bin/server'), 'a program');
}

test('an entry is filled once', async () => {
  await using folder = await tempDir('cache');
  const root = join(folder.path, 'deep', 'cache');
  assert.equal(await lookUp(root, 'server'), undefined);
  let fills = 0;
  const counting = async (dir: string) => {
    fills++;
    await fill(dir);
  };
  const path = await cached(root, 'server', counting);
  assert.equal(await cached(root, 'server', counting), path);
  assert.equal(await lookUp(root, 'server'), path);
  assert.deepEqual([fills, await readdir(root)], [1, ['server']]);
});

test('of several runs that fill it at once one wins, and all have a whole entry', async () => {
  await using folder = await tempDir('cache');
  const together = Promise.withResolvers<void>();
  let waiting = 0;
  const slow = async (dir: string) => {
    if (++waiting === 4) together.resolve();
    await together.promise;
    await fill(dir);
  };
  const paths = await Promise.all([1, 2, 3, 4].map(() => cached(folder.path, 'server', slow)));
  assert.equal(new Set(paths).size, 1);
  assert.equal(await readFile(join(paths[0] ?? '', 'bin/server'), 'utf8'), 'a program');
  assert.deepEqual(await readdir(folder.path), ['server']);
});

test('a damaged entry is made again', async () => {
  await using folder = await tempDir('cache');
  const damages: ((path: string) => Promise<void>)[] = [
    (path) => truncate(join(path, 'bin/server'), 3),
    (path) => rm(join(path, 'bin'), { recursive: true }),
    (path) => writeFile(join(path, '.grade-manifest.json'), '{"broken'),
    (path) => rm(join(path, '.grade-manifest.json')),
  ];
  for (const damage of damages) {
    const path = await cached(folder.path, 'server', fill);
    await damage(path);
    assert.equal(await lookUp(folder.path, 'server'), undefined);
    await cached(folder.path, 'server', fill);
    assert.equal(await readFile(join(path, 'bin/server'), 'utf8'), 'a program');
  }
  assert.deepEqual(await readdir(folder.path), ['server']);
});

test('a failed fill leaves nothing, and neither do runs that died long ago', async () => {
  await using folder = await tempDir('cache');
  const dead = join(folder.path, '.server-1-abc');
  await mkdir(dead);
  await utimes(dead, 0, 0);
  await mkdir(join(folder.path, '.server-2-alive'));
  await assert.rejects(
    cached(folder.path, 'server', () => Promise.reject(new Error('no room'))),
    /no room/,
  );
  assert.deepEqual(await readdir(folder.path), ['.server-2-alive']);
});

test('an entry is renewed when that succeeds, and by one run only', async () => {
  await using folder = await tempDir('cache');
  const path = await cached(folder.path, 'server', fill);
  const write = (text: string) => (dir: string) => writeFile(join(dir, 'program'), text);
  await assert.rejects(
    cached(folder.path, 'server', () => Promise.reject(new Error('offline')), { renew: true }),
    /offline/,
  );
  assert.equal(await readFile(join(path, 'bin/server'), 'utf8'), 'a program');
  await cached(
    folder.path,
    'server',
    async (dir) => {
      await cached(folder.path, 'server', write('of the quicker run'), { renew: true });
      await write('of the slower run')(dir);
    },
    { renew: true },
  );
  assert.equal(await readFile(join(path, 'program'), 'utf8'), 'of the quicker run');
  assert.deepEqual(await readdir(folder.path), ['server']);
});
