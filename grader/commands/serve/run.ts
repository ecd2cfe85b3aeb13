import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { type Job, jobSchema } from '../../batch/job.ts';
import { openQueue } from '../../batch/queue.ts';
import { InfrastructureError, UsageError } from '../../platform/errors.ts';
import { createLogger, type Logger } from '../../platform/log.ts';
import { readServeConfig } from '../../serve/config.ts';
import { createMetrics } from '../../serve/metrics.ts';
import { createServer } from '../../serve/server.ts';
import { installationTokens } from '../../serve/tokens.ts';
import { worker } from '../../serve/work.ts';
import { readSettings } from '../../settings.ts';
import type { ServeOptions } from '../serve.ts';
import type { Session } from '../session.ts';

/** When GitHub has an outage a job is tried again after this long, then after four times as long, and so on. */
const RETRY = { retries: 4, minTimeout: 30_000, factor: 4 };

/** Serves until SIGTERM or Ctrl-C. @returns the exit code */
export async function serve(options: ServeOptions, session: Session): Promise<number> {
  const config = readServeConfig(session.env);
  const settings = readSettings(session.env);
  const logger = createLogger(session.env['GRADE_LOG'] ? settings.logLevel : 'info');
  const stop = new AbortController();

  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics(() => queue.counts);
  const work = worker({
    config,
    tokens: installationTokens(config),
    settings,
    metrics,
    logger,
    runtime: options.runtime,
    services: options.services,
    reportsDir: join(config.stateDir, 'reports'),
    signal: stop.signal,
  });
  const queue = stack.use(
    await openQueue<Job>({
      file: join(config.stateDir, 'jobs.jsonl'),
      schema: jobSchema,
      concurrency: options.concurrency,
      work: (job) => patiently(() => work(job), job, logger, stop.signal),
      signal: stop.signal,
      onFailure: (job, err) => logger.error({ job: job.id, repository: job.repository, err }, 'given up'),
    }),
  );
  const server = createServer({
    webhookSecret: config.webhookSecret,
    queue,
    metrics,
    logger,
    draining: () => session.signal.aborted,
  });
  stack.defer(() => server.close());
  const address = await server.listen({ host: options.host, port: options.port }).catch((error: Error) => {
    throw new UsageError(`${options.host}:${options.port} can’t be listened on: ${error.message}`, {
      mend: 'Choose another --host or --port.',
      cause: error,
    });
  });
  session.stdout.write(`Listening on ${address}; jobs are kept in ${config.stateDir}.\n`);

  await aborted(session.signal);
  const { running, waiting } = queue.counts;
  logger.info({ running, waiting }, 'stopping');
  await server.close();
  const drained = queue.drain();
  await Promise.race([drained, delay(options.grace * 1000, undefined, { ref: false })]);
  stop.abort(new Error('the server is stopping'));
  await drained;
  return 0;
}

/** Does it again when the trouble is not of the submission's making; it may pass. */
async function patiently(work: () => Promise<void>, { id }: Job, logger: Logger, signal: AbortSignal): Promise<void> {
  await pRetry(work, {
    ...RETRY,
    signal,
    shouldRetry: ({ error }) => error instanceof InfrastructureError && !signal.aborted,
    onFailedAttempt: ({ error, retriesLeft }) => logger.warn({ job: id, err: error, retriesLeft }, 'a job failed'),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
