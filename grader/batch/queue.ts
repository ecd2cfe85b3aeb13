import PQueue from 'p-queue';
import { z } from 'zod';
import { Journal } from './journal.ts';

/** Work to be done once, and not forgotten. */
export interface Queue<Job extends { id: string }> extends AsyncDisposable {
  /**
   * Takes a job. Resolves when a crash can no longer lose it.
   *
   * @returns false when a job of this id was taken before
   */
  add(job: Job): Promise<boolean>;
  /** Jobs that wait, and jobs that are being done. */
  readonly counts: { waiting: number; running: number };
  /** Takes no more jobs, and resolves when those that run have ended; the waiting ones are done after the next start. */
  drain(): Promise<void>;
}

export interface QueueOptions<Job> {
  /** Where jobs are kept. */
  file: string;
  schema: z.ZodType<Job>;
  /** How many are done at a time. */
  concurrency: number;
  /**
   * Does one. What it throws is told to `onFailure`, and the job is not tried again, unless `signal` has aborted by the
   * end of that: then it is done after the next start.
   */
  work: (job: Job) => Promise<void>;
  signal: AbortSignal;
  /** Must not throw. */
  onFailure: (job: Job, error: unknown) => void | Promise<void>;
  /** A job that ended its process this often is given up. Default 3. */
  attempts?: number;
}

/** Ids of jobs done that are remembered, so that they are not taken again. */
const REMEMBERED = 10_000;

/** A queue in this process, whose jobs survive it: what was taken and not done is done after the next start. */
export async function openQueue<Job extends { id: string }>(options: QueueOptions<Job>): Promise<Queue<Job>> {
  const { file, schema, concurrency, attempts = 3 } = options;
  const entrySchema = z.union([
    z.strictObject({ taken: schema }),
    z.strictObject({ started: z.string() }),
    z.strictObject({ done: z.string() }),
  ]);
  const { journal, entries } = await Journal.open(file, entrySchema);

  const known = new Set<string>();
  const open = new Map<string, { job: Job; starts: number }>();
  for (const entry of entries) {
    if ('taken' in entry) {
      known.add(entry.taken.id);
      open.set(entry.taken.id, { job: entry.taken, starts: 0 });
    } else if ('started' in entry) {
      const found = open.get(entry.started);
      if (found) found.starts++;
    } else {
      known.add(entry.done);
      open.delete(entry.done);
    }
  }
  const done = [...known].filter((id) => !open.has(id)).slice(-REMEMBERED);
  await journal.rewrite([
    ...done.map((id) => ({ done: id })),
    ...[...open.values()].flatMap(({ job, starts }) => [
      { taken: job },
      ...Array.from({ length: starts }, () => ({ started: job.id })),
    ]),
  ]);

  const queue = new PQueue({ concurrency });
  const enqueue = (job: Job) => {
    void queue.add(async () => {
      await journal.append({ started: job.id });
      try {
        await options.work(job);
      } catch (error) {
        // Interrupted in order: it is as if it had just been taken.
        if (options.signal.aborted) return journal.append({ taken: job });
        await options.onFailure(job, error);
        if (options.signal.aborted) return journal.append({ taken: job });
      }
      return journal.append({ done: job.id });
    });
  };
  for (const { job, starts } of open.values()) {
    if (starts < attempts) {
      enqueue(job);
    } else {
      void queue.add(async () => {
        await options.onFailure(job, new Error(`given up: the process ended ${starts} times while it was being done`));
        if (!options.signal.aborted) await journal.append({ done: job.id });
      });
    }
  }

  let closed = false;
  const drain = async () => {
    closed = true;
    queue.pause();
    await queue.onPendingZero();
  };
  return {
    async add(job) {
      if (closed) throw new Error('the queue takes no more jobs');
      if (known.has(job.id)) return false;
      known.add(job.id);
      try {
        await journal.append({ taken: job });
      } catch (error) {
        known.delete(job.id);
        throw error;
      }
      enqueue(job);
      return true;
    },
    get counts() {
      return { waiting: queue.size, running: queue.pending };
    },
    drain,
    async [Symbol.asyncDispose]() {
      await drain();
      await journal[Symbol.asyncDispose]();
    },
  };
}
