import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { jobSchema, type Job } from '../batch/job.ts';
import { openQueue } from '../batch/queue.ts';
import { createLogger } from '../platform/log.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { createMetrics } from './metrics.ts';
import { checkRun, push } from './sample-payloads.ts';
import { createServer } from './server.ts';

const SECRET = 'a secret of some length';

interface Delivery {
  event?: string;
  body: string;
  signature?: string | undefined;
  id?: string;
}

const sign = (body: string) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;

function headers({ event = 'push', body, signature = sign(body), id = 'one' }: Delivery) {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': id,
    ...(signature === '' ? {} : { 'x-hub-signature-256': signature }),
  };
}

/** A server on a queue whose jobs end when `finish` is called. */
async function started() {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('server'));
  const jobs: Job[] = [];
  const finished = Promise.withResolvers<void>();
  stack.defer(() => finished.resolve());
  const queue = await openQueue<Job>({
    file: join(dir.path, 'jobs'),
    schema: jobSchema,
    concurrency: 1000,
    signal: new AbortController().signal,
    onFailure: (_, error) => assert.fail(String(error)),
    work: async (job) => {
      jobs.push(job);
      await finished.promise;
    },
  });
  stack.defer(async () => {
    finished.resolve();
    await queue[Symbol.asyncDispose]();
  });
  let draining = false;
  const metrics = createMetrics(() => queue.counts);
  const server = createServer({
    webhookSecret: SECRET,
    queue,
    metrics,
    logger: createLogger('silent'),
    draining: () => draining,
  });
  stack.defer(() => server.close());
  const origin = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  const owned = stack.move();
  return {
    origin,
    server,
    jobs,
    drain: () => (draining = true),
    /** Every job that was accepted has begun. */
    settled: async () => {
      while (queue.counts.waiting > 0 || jobs.length < queue.counts.running) await new Promise(setImmediate);
    },
    post: async (delivery: Delivery) => {
      const response = await server.inject({
        method: 'POST',
        url: '/webhooks',
        headers: headers(delivery),
        payload: delivery.body,
      });
      return { status: response.statusCode, ...(response.json() as { outcome: string; message: string }) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('webhooks', () => {
  const body = JSON.stringify(push());

  test('a valid one is accepted, and becomes a job', async () => {
    await using app = await started();
    assert.deepEqual(await app.post({ body }), { status: 202, outcome: 'accepted', message: 'will be graded' });
    await app.settled();
    assert.deepEqual(
      app.jobs.map(({ commit, installation }) => [commit, installation]),
      [['a'.repeat(40), 7]],
    );
  });

  test('a wrong signature is refused, whatever is wrong with it', async () => {
    await using app = await started();
    const wrong = ['', 'sha256=', `sha256=${'0'.repeat(64)}`, sign(`${body} `), sign(body).replace('sha256', 'sha1')];
    for (const signature of wrong) {
      const answer = await app.post({ body, signature });
      assert.deepEqual([answer.status, answer.outcome], [401, 'refused'], signature);
    }
    const tampered = body.replace('"ada"', '"eve"');
    assert.equal((await app.post({ body: tampered, signature: sign(body) })).status, 401);
    assert.deepEqual(app.jobs, []);
  });

  test('one that is sent again is not graded again, under whatever delivery id', async () => {
    await using app = await started();
    await app.post({ body, id: 'one' });
    for (const id of ['one', 'two']) {
      const answer = await app.post({ body, id });
      assert.deepEqual([answer.status, answer.outcome], [200, 'replayed']);
    }
    await app.settled();
    assert.equal(app.jobs.length, 1);
  });

  test('an unknown event, a ping, or one that asks for nothing is answered and ignored', async () => {
    await using app = await started();
    for (const event of ['ping', 'star', 'no such event', '']) {
      const answer = await app.post({ event, body: '{"zen":"Keep it logically awesome."}' });
      assert.deepEqual([answer.status, answer.outcome], [200, 'ignored'], event);
    }
    const completed = JSON.stringify(checkRun({ action: 'completed' }));
    assert.equal((await app.post({ event: 'check_run', body: completed })).outcome, 'ignored');
    assert.deepEqual(app.jobs, []);
  });

  test('a signed body that is no such event is refused', async () => {
    await using app = await started();
    for (const text of ['{}', '[]', 'null', '{"ref":', JSON.stringify(push({ after: 'HEAD; rm -rf /' }))]) {
      const answer = await app.post({ body: text });
      assert.deepEqual([answer.status, answer.outcome], [400, 'refused'], text);
    }
  });

  test('another content type is refused', async () => {
    await using app = await started();
    const response = await app.server.inject({
      method: 'POST',
      url: '/webhooks',
      headers: { ...headers({ body }), 'content-type': 'application/x-www-form-urlencoded' },
      payload: `payload=${encodeURIComponent(body)}`,
    });
    assert.equal(response.statusCode, 415);
  });

  test('25 MB are refused before they are read', async () => {
    await using app = await started();
    const { hostname, port } = app.origin;
    const size = 25 * 1024 * 1024;
    const request = httpRequest({
      hostname,
      port,
      path: '/webhooks',
      method: 'POST',
      headers: { ...headers({ body }), 'content-length': size },
    });
    request.on('error', () => {});
    request.write('x');
    const [response] = (await once(request, 'response')) as [{ statusCode: number }];
    assert.equal(response.statusCode, 413);
    request.destroy();

    // Without a length it is cut off where the limit is.
    const endless = httpRequest({ hostname, port, path: '/webhooks', method: 'POST', headers: headers({ body }) });
    endless.on('error', () => {});
    const answered = once(endless, 'response') as Promise<[{ statusCode: number }]>;
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 7; sent++) endless.write(piece);
    assert.equal((await answered)[0].statusCode, 413);
    endless.destroy();
  });

  test('one that is cut off does no harm', async () => {
    await using app = await started();
    const socket = connect(Number(app.origin.port), app.origin.hostname);
    await once(socket, 'connect');
    const lines = Object.entries({ host: 'x', ...headers({ body }), 'content-length': String(body.length) });
    socket.write(`POST /webhooks HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    socket.write(body.slice(0, 100));
    socket.destroy();
    assert.equal((await app.post({ body })).status, 202);
    await app.settled();
    assert.equal(app.jobs.length, 1);
  });

  test('500 in a burst are all accepted, each once', async () => {
    await using app = await started();
    const bodies = Array.from({ length: 500 }, (_, index) =>
      JSON.stringify(push({ after: index.toString(16).padStart(40, '0').replace(/^0/, '1') })),
    );
    const answers = await Promise.all([...bodies, ...bodies.slice(0, 100)].map((text) => app.post({ body: text })));
    const outcomes = answers.map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === 'accepted').length, 500);
    assert.equal(outcomes.filter((outcome) => outcome === 'replayed').length, 100);
    await app.settled();
    assert.equal(new Set(app.jobs.map(({ commit }) => commit)).size, 500);
  });
});

describe('what operators see', () => {
  test('health: what waits and what runs; 503 once it stops', async () => {
    await using app = await started();
    await app.post({ body: JSON.stringify(push()) });
    await app.settled();
    const well = await app.server.inject('/healthz');
    assert.deepEqual([well.statusCode, well.json()], [200, { status: 'ok', waiting: 0, running: 1 }]);
    app.drain();
    assert.equal((await app.server.inject('/healthz')).statusCode, 503);
  });

  test('metrics for Prometheus, whose labels nobody outside can make grow', async () => {
    await using app = await started();
    await app.post({ body: JSON.stringify(push()) });
    await app.post({ event: 'made-up-1', body: '{}' });
    await app.post({ event: 'push', body: '{}', signature: 'sha256=0' });
    const { body, headers: sent } = await app.server.inject('/metrics');
    assert.match(String(sent['content-type']), /^text\/plain; version=0\.0\.4/);
    assert.match(body, /^grade_deliveries_total\{event="push",outcome="accepted"\} 1$/m);
    assert.match(body, /^grade_deliveries_total\{event="other",outcome="ignored"\} 1$/m);
    assert.match(body, /^grade_deliveries_total\{event="unknown",outcome="refused"\} 1$/m);
    assert.match(body, /^grade_jobs\{state="running"\} 1$/m);
    assert.doesNotMatch(body, /made-up/);
  });
});
