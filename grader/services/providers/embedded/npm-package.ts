import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tools } from './tools.ts';

/** Fetches one npm package, as npm is configured here, and unpacks it into `dir`, without running anything of it. */
export async function unpackNpmPackage(
  name: string,
  dir: string,
  tools: Tools,
  watch: { what: string; expectedBytes: number },
): Promise<void> {
  const download = join(dir, '.download');
  await mkdir(download);
  await tools.run(['npm', 'pack', name, '--pack-destination', download, '--silent'], {
    cwd: download,
    watch: { ...watch, folder: download },
  });
  const archive = (await readdir(download)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm pack ${name} left no archive`);
  await tools.run(['tar', '-xzf', join(download, archive), '--strip-components=1', '--no-same-owner', '-C', dir]);
  await rm(download, { recursive: true });
}
