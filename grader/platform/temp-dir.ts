import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed with all that is in it when it goes out of scope. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** Makes a folder under the system's temporary folder (mode 0700), named `grade-<label>-…`. */
export async function tempDir(label: string): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `grade-${label}-`));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
