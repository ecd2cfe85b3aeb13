import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LearnerError } from '../../platform/errors.ts';
import type { Round, RoundResult } from './round.ts';

/** Most memory for answers in flight, in megabytes. */
const MEMORY_MB = 512;

/** Sends load from a thread of its own. Ends with its scope, at once, whatever it is doing. */
export interface LoadGenerator extends AsyncDisposable {
  /**
   * Runs one round; one at a time.
   *
   * @throws {LearnerError} when the app's answers are more than the generator can hold
   * @throws the signal's reason when it is aborted
   */
  run(round: Round): Promise<RoundResult>;
}

/**
 * Starts the generator in a worker thread, so that nothing which the grader does meanwhile (taking in the
 * app's log lines, drawing progress) delays a request or a timestamp, an endless answer can't fill the grader's
 * memory, and an abort ends it also in the middle of a long computation.
 */
export function startGenerator(signal: AbortSignal): LoadGenerator {
  const worker = new Worker(
    new URL(`./generator-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
    {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
      env: {},
      stdout: true,
      stderr: true,
    },
  );
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  // Listened to in run(); a failure between two rounds shows in the next one.
  worker.on('error', () => {});

  return {
    async run(round) {
      signal.throwIfAborted();
      const ended = new AbortController();
      try {
        const outcome = await Promise.race([
          once(worker, 'message', { signal: ended.signal }).then(
            ([message]) => message as { result?: RoundResult; error?: string },
          ),
          once(worker, 'exit', { signal: ended.signal }).then(() => ({ error: 'the load generator ended' })),
          postRound(worker, round),
        ]);
        signal.throwIfAborted();
        if ('result' in outcome && outcome.result) return outcome.result;
        throw new Error(outcome.error);
      } catch (error) {
        signal.throwIfAborted();
        if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
          throw new LearnerError(`under load, the answers in flight filled more than ${MEMORY_MB} MB`, {
            mend: 'Send pages of a bounded size.',
            cause: error,
          });
        }
        throw error;
      } finally {
        ended.abort();
      }
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', stop);
      await worker.terminate();
    },
  };
}

/** Never resolves: in the race only so that a message which can't be cloned is an error. */
function postRound(worker: Worker, round: Round): Promise<never> {
  worker.postMessage(round);
  return new Promise(() => {});
}
