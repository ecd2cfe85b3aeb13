import pRetry from 'p-retry';
import { type Job, jobSchema } from '../batch/job.ts';
import { openQueue, type Queue } from '../batch/queue.ts';
import { InfrastructureError } from '../platform/errors.ts';
import { Standing } from './standing.ts';
import { worker, type WorkOptions } from './work.ts';

export interface JobsOptions extends WorkOptions {
  /** Where accepted jobs are kept. */
  file: string;
  /** How many are done at a time. */
  concurrency: number;
  /** When GitHub has an outage a job is tried again after this long, then after `factor` times as long, and so on. */
  retry?: { retries: number; minTimeout: number; factor: number };
}

const RETRY = { retries: 4, minTimeout: 30_000, factor: 4 };

/**
 * The queue of accepted events, each done in its turn. Its commit shows how it stands with it from the moment that it is
 * accepted; a job that can't be done ends as a neutral check run that says why.
 */
export async function openJobs(options: JobsOptions): Promise<Queue<Job>> {
  const { file, concurrency, signal, logger, retry = RETRY } = options;
  const standing = new Standing(options);
  const work = worker(options);
  const queue = await openQueue<Job>({
    file,
    schema: jobSchema,
    concurrency,
    signal,
    work: async (job) => {
      await standing.begun(job);
      // Done again when the trouble is not of the submission's making; it may pass.
      await pRetry(() => work(job), {
        ...retry,
        signal,
        shouldRetry: ({ error }) => error instanceof InfrastructureError && !signal.aborted,
        onFailedAttempt: async ({ error, retriesLeft }) => {
          logger.warn({ job: job.id, err: error, retriesLeft }, 'a job failed');
          if (retriesLeft > 0 && error instanceof InfrastructureError) await standing.delayed(job, error);
        },
      });
    },
    onFailure: (job, error) => standing.givenUp(job, error),
  });
  return {
    async add(job) {
      const isNew = await queue.add(job);
      if (isNew) standing.accepted(job);
      return isNew;
    },
    get counts() {
      return queue.counts;
    },
    drain: () => queue.drain(),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}
