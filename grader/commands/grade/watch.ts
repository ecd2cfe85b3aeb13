import { sep } from 'node:path';
import { watch } from 'chokidar';
import { KnownError } from '../../platform/errors.ts';
import type { Session } from '../session.ts';
import { type GradeRequest, gradeOnce } from './once.ts';

/** How long the files must be still before a new grading begins. */
const QUIET_MS = 300;
const IGNORED = new Set(['node_modules', '.git', 'grade-report', 'dist', 'coverage']);

/**
 * Grades now and again after each change, until interrupted. A change while a grading goes on ends it and
 * begins a new one.
 *
 * @returns the exit code of the last grading that was finished
 */
export async function gradeOnChange(request: GradeRequest, session: Session): Promise<number> {
  const watcher = watch(request.path, {
    ignoreInitial: true,
    ignored: (path) =>
      path
        .slice(request.path.length)
        .split(sep)
        .some((part) => IGNORED.has(part)),
  });
  let changed = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(() => changed.resolve(), QUIET_MS);
  });
  const interrupted = new Promise<void>((resolve) =>
    session.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  let exitCode = 0;
  try {
    while (!session.signal.aborted) {
      const outdated = new AbortController();
      const change = changed.promise.then(() => outdated.abort());
      try {
        exitCode = await gradeOnce(request, { ...session, signal: AbortSignal.any([session.signal, outdated.signal]) });
      } catch (error) {
        session.signal.throwIfAborted();
        if (!outdated.signal.aborted) {
          if (!(error instanceof KnownError)) throw error;
          session.stderr.write(`grade: ${error.message}\n`);
        }
      }
      if (!outdated.signal.aborted) session.stderr.write('\nWatching for changes (Ctrl-C ends).\n');
      await Promise.race([change, interrupted]);
      changed = Promise.withResolvers<void>();
    }
    return exitCode;
  } finally {
    clearTimeout(timer);
    await watcher.close();
  }
}
