import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCommand } from '../platform/process.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { packageDir } from './load.ts';
import { applyPatch } from './patch.ts';

describe('applying a patch', () => {
  test('changes, adds and deletes files', async () => {
    await using dir = await tempDir('patch');
    await writeFile(join(dir.path, 'a.js'), 'one\ntwo\nthree\n');
    await writeFile(join(dir.path, 'gone.js'), 'bye\n');
    const patch = `Title: x\nFails: y\n\ndiff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\ndiff --git a/gone.js b/gone.js\ndeleted file mode 100644\n--- a/gone.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\ndiff --git a/lib/new.js b/lib/new.js\nnew file mode 100644\n--- /dev/null\n+++ b/lib/new.js\n@@ -0,0 +1 @@\n+hello\n`;
    await applyPatch(patch, 'p.patch', dir.path);
    assert.equal(await readFile(join(dir.path, 'a.js'), 'utf8'), 'one\n2\nthree\n');
    assert.equal(await readFile(join(dir.path, 'lib/new.js'), 'utf8'), 'hello\n');
    assert.deepEqual((await readdir(dir.path)).toSorted(), ['a.js', 'lib']);
  });

  test('a hunk that does not fit and a path that leaves the folder are refused', async () => {
    await using dir = await tempDir('patch');
    await writeFile(join(dir.path, 'a.js'), 'one\n');
    const patch = (path: string) => `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-two\n+2\n`;
    await assert.rejects(applyPatch(patch('a.js'), 'p.patch', dir.path), /p\.patch does not apply to a\.js/);
    await assert.rejects(applyPatch(patch('../a.js'), 'p.patch', dir.path), /outside of the submission/);
  });

  test('every defect comes out as git makes it', async (t) => {
    const git = await runCommand(['git', '--version'], { env: { PATH: process.env['PATH'] ?? '' } });
    if (git.exitCode !== 0) return t.skip('there is no git here to compare with');
    const fixtures = join(packageDir, 'fixtures');
    for (const id of await readdir(fixtures)) {
      const patches = (await readdir(join(fixtures, id, 'defects')).catch(() => [])).filter((name) =>
        name.endsWith('.patch'),
      );
      for (const name of patches) {
        await using ours = await tempDir('ours');
        await using theirs = await tempDir('theirs');
        const file = join(fixtures, id, 'defects', name);
        for (const { path } of [ours, theirs]) await cp(join(fixtures, id, 'reference'), path, { recursive: true });
        await applyPatch(await readFile(file, 'utf8'), file, ours.path);
        const applied = await runCommand(['git', 'apply', file], {
          cwd: theirs.path,
          env: { PATH: process.env['PATH'] ?? '' },
        });
        assert.equal(applied.exitCode, 0, applied.stderr);
        const diff = await runCommand(['diff', '-r', ours.path, theirs.path], {
          env: { PATH: process.env['PATH'] ?? '' },
        });
        assert.equal(diff.exitCode, 0, `${name}: ${diff.stdout}`);
      }
    }
  });
});
