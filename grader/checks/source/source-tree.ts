import { posix } from 'node:path';
import type { SubmissionFiles } from '../../target/target.ts';

/** Most characters of one file that are looked at, and most files of one rule. */
const MAX_FILE_CHARS = 1_000_000;
const MAX_FILES = 2000;

/** The submission's files, seen from the app's folder. */
export interface SourceTree {
  /** Paths from the root of the submission, sorted: those in the app's folder that match one of the globs. */
  matching(globs: readonly string[]): string[];
  /** As `matching`, or in the root of the submission when the app's folder has none. */
  matchingAnywhere(globs: readonly string[]): string[];
  read(path: string): Promise<string>;
}

/** Lists the files once. */
export async function openSource(files: SubmissionFiles): Promise<SourceTree> {
  const all = await files.list();
  const folder = files.appFolder ?? '';
  const within = (root: string, globs: readonly string[]) => {
    const prefix = root === '' ? '' : `${root}/`;
    return all
      .filter(
        (path) => path.startsWith(prefix) && globs.some((glob) => posix.matchesGlob(path.slice(prefix.length), glob)),
      )
      .slice(0, MAX_FILES);
  };
  return {
    matching: (globs) => within(folder, globs),
    matchingAnywhere(globs) {
      const found = within(folder, globs);
      return found.length > 0 || folder === '' ? found : within('', globs);
    },
    read: async (path) => (await files.read(path, MAX_FILE_CHARS)) ?? '',
  };
}
