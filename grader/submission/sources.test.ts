import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../platform/temp-dir.ts';
import { MAX_SOURCE_BYTES, readSources } from './sources.ts';

test('sources are code and settings, read once and parsed on demand', async () => {
  await using folder = await tempDir('sources');
  for (const inner of ['src', 'test', 'node_modules/x']) await mkdir(join(folder.path, inner), { recursive: true });
  const files: Record<string, string> = {
    'package.json': '{}',
    'package-lock.json': '{}',
    'src/app.ts': 'const port: number = 1;',
    'src/broken.js': 'const = 1;',
    'src/huge.js': ' '.repeat(MAX_SOURCE_BYTES + 1),
    'test/app.test.js': '1;',
    'node_modules/x/index.js': '1;',
    'picture.png': 'png',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder.path, path), text);
  await symlink('/etc/passwd', join(folder.path, 'src/link.js'));

  const sources = await readSources(folder.path);
  assert.deepEqual(sources.code(), ['src/app.ts', 'src/broken.js']);
  assert.deepEqual(sources.code('src'), ['src/app.ts', 'src/broken.js']);
  assert.deepEqual(sources.code('sr'), []);
  assert.equal(sources.text('package.json'), '{}');
  for (const path of ['package-lock.json', 'src/huge.js', 'src/link.js', 'node_modules/x/index.js', 'picture.png'])
    assert.equal(sources.text(path), undefined, path);
  assert.equal(sources.has('picture.png'), true);
  assert.equal(sources.has('src/link.js'), false);
  assert.equal(sources.syntax('src/app.ts')?.type, 'Program');
  assert.equal(sources.syntax('src/app.ts'), sources.syntax('src/app.ts'));
  assert.equal(sources.syntax('src/broken.js'), undefined);
});
