import { verify } from '@octokit/webhooks-methods';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { z } from 'zod';
import type { Job } from '../batch/job.ts';
import type { Queue } from '../batch/queue.ts';
import type { Logger } from '../platform/log.ts';
import { printableLine } from '../platform/printable.ts';
import { jobOf } from './events.ts';
import type { Metrics } from './metrics.ts';

export interface ServerOptions {
  webhookSecret: string;
  queue: Pick<Queue<Job>, 'add' | 'counts'>;
  metrics: Metrics;
  logger: Logger;
  /** True once the server is told to stop. */
  draining: () => boolean;
}

/** GitHub sends up to 25 MB; what a push of a learner takes is a hundredth of this. */
const MOST_BODY_BYTES = 5 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 20_000;

/** What an event became; also its label in the metrics. */
type Outcome = 'accepted' | 'replayed' | 'ignored' | 'refused';

/**
 * The HTTP side of `grade serve`: `POST /webhooks` from GitHub, `GET /healthz`, `GET /metrics`. An event is
 * acknowledged when it is on the disk. Its identity is its signature: a delivery's id is not signed, so that a
 * recorded request could be sent again under another one.
 */
export function createServer({ webhookSecret, queue, metrics, logger, draining }: ServerOptions): FastifyInstance {
  const server = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A request that is under way is answered; connections that idle are closed.
    forceCloseConnections: 'idle',
    return503OnClosing: true,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const answer = (reply: FastifyReply, event: string, outcome: Outcome, status: number, message: string) => {
    metrics.deliveries.inc({ event, outcome });
    return reply.code(status).send({ outcome, message });
  };

  server.post('/webhooks', async (request: FastifyRequest, reply) => {
    const { event, signature, delivery } = headersOf(request);
    const log = logger.child({ delivery, event });
    const body = request.body as Buffer;
    // Nothing of a body is looked at before its signature was.
    if (signature === undefined || !(await verify(webhookSecret, body.toString('utf8'), signature))) {
      log.warn('webhook refused: the signature is wrong');
      return answer(reply, 'unknown', 'refused', 401, 'the signature is missing or wrong');
    }
    let job: Job | undefined;
    try {
      job = jobOf(event, JSON.parse(body.toString('utf8')), signature.replace('sha256=', ''));
    } catch (error) {
      if (!(error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
      log.warn({ problem: error.message }, 'webhook refused: it is not what GitHub sends');
      return answer(reply, eventLabel(event), 'refused', 400, `this is not a payload of the event ${event}`);
    }
    if (job === undefined) return answer(reply, eventLabel(event), 'ignored', 200, 'nothing to grade');
    if (!(await queue.add(job))) {
      log.info({ job: job.id }, 'webhook replayed');
      return answer(reply, eventLabel(event), 'replayed', 200, 'this event was accepted before');
    }
    log.info({ job: job.id, repository: job.repository, commit: job.commit }, 'webhook accepted');
    return answer(reply, eventLabel(event), 'accepted', 202, 'will be graded');
  });

  server.get('/healthz', async (_request, reply) => {
    const stopping = draining();
    return reply.code(stopping ? 503 : 200).send({ status: stopping ? 'stopping' : 'ok', ...queue.counts });
  });

  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) logger.error({ err: error }, 'a request failed');
    if (request.url === '/webhooks') metrics.deliveries.inc({ event: 'unknown', outcome: 'refused' });
    return reply.code(status).send({
      outcome: 'refused',
      message: status >= 500 ? 'the event could not be kept; send it again' : error.message,
    });
  });
  return server;
}

function headersOf({ headers }: FastifyRequest) {
  const one = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? printableLine(value).slice(0, 100) : undefined;
  };
  return {
    event: one('x-github-event') ?? '',
    signature: one('x-hub-signature-256'),
    delivery: one('x-github-delivery'),
  };
}

/** Anybody who knows the secret names events: their number must not grow without end in the metrics. */
function eventLabel(event: string): string {
  return ['push', 'pull_request', 'check_suite', 'check_run', 'ping'].includes(event) ? event : 'other';
}
