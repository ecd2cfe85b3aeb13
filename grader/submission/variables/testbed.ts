import { tempDir } from '../../platform/temp-dir.ts';
import { readSources, type Sources } from '../sources.ts';
import { writeTree } from '../runtimes/testbed.ts';

/** The sources of a repository with these files; a lone text is its `app.js`. */
export async function sourcesOf(files: string | Readonly<Record<string, string>>): Promise<Sources> {
  await using dir = await tempDir('t');
  await writeTree(dir.path, typeof files === 'string' ? { 'app.js': files } : files);
  return await readSources(dir.path);
}
