import { setTimeout as delay } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { checks } from '../../checks/index.ts';
import { UsageError } from '../../platform/errors.ts';
import { createLogger } from '../../platform/log.ts';
import { listRubrics, loadRubric } from '../../rubric/load.ts';
import { loadCourse, type Weighing } from '../../rubric/overlay.ts';
import { readServeConfig } from '../../serve/config.ts';
import { openJobs } from '../../serve/jobs.ts';
import { createMetrics } from '../../serve/metrics.ts';
import { createServer } from '../../serve/server.ts';
import { installationTokens } from '../../serve/tokens.ts';
import { readSettings } from '../../settings.ts';
import type { ServeOptions } from '../serve.ts';
import type { Session } from '../session.ts';

/** Serves until SIGTERM or Ctrl-C. @returns the exit code */
export async function serve(options: ServeOptions, session: Session): Promise<number> {
  const config = readServeConfig(session.env);
  const settings = readSettings(session.env);
  const weigh = await courseOf(options.course && resolve(session.cwd, options.course));
  const logger = createLogger(session.env['GRADE_LOG'] ? settings.logLevel : 'info');
  const stop = new AbortController();

  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics(() => queue.counts);
  const queue = stack.use(
    await openJobs({
      config,
      tokens: installationTokens(config),
      settings,
      weigh,
      metrics,
      logger,
      runtime: options.runtime,
      services: options.services,
      reportsDir: join(config.stateDir, 'reports'),
      file: join(config.stateDir, 'jobs.jsonl'),
      concurrency: options.concurrency,
      signal: stop.signal,
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

/** A course's weights, held against every rubric now: a mistake in them must not wait for the first push. */
async function courseOf(file: string | undefined): Promise<Weighing> {
  const weigh = await loadCourse(file);
  if (file !== undefined) for (const { id } of await listRubrics()) weigh(await loadRubric(id, checks));
  return weigh;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
