import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tempDir } from '../../platform/temp-dir.ts';
import { readSources, type Sources } from '../sources.ts';

/** Sources of the given files, for tests. */
export async function writtenSources(files: Record<string, string>): Promise<Sources> {
  await using folder = await tempDir('routes');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  return await readSources(folder.path);
}
