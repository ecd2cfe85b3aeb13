import { performance } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { judgeOf } from './answer-judge.ts';
import { type ClosedLoopRound, Reasons, type RoundCounts } from './round.ts';

/** How often autocannon looks whether its time is over, in milliseconds. */
const SAMPLE_MS = 20;

/**
 * How much an app takes: autocannon keeps every connection busy for a while.
 *
 * Answers are counted here instead of read from autocannon's result, for two reasons: only right answers
 * count, and autocannon 9.0 does not count a connection that ends without an answer (lib/httpClient.js:
 * `this.conn.on('end', () => { if (!this.destroyed) this._connect() })`).
 */
export async function closedLoop(round: ClosedLoopRound): Promise<RoundCounts> {
  const judge = judgeOf(round.expect);
  const reasons = new Reasons();
  let valid = 0;
  let wrong = 0;
  let sent = 0;
  let failed = 0;

  const onResponse = (status: number, body: string): void => {
    const fault = judge(status, body);
    if (fault === undefined) valid++;
    else {
      wrong++;
      reasons.add(fault);
    }
  };
  const fail = (reason: string): void => {
    failed++;
    reasons.add(reason);
  };
  const idle = performance.eventLoopUtilization();
  const started = performance.now();
  await autocannon({
    url: round.origin,
    connections: round.connections,
    duration: round.durationMs / 1000,
    sampleInt: SAMPLE_MS,
    // In seconds, and longer than the round: an answer that takes long is slow, not missing.
    timeout: Math.ceil(round.durationMs / 1000) + 10,
    requests: round.requests.map((request) => ({
      method: request.method as 'GET',
      path: request.path,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      onResponse,
    })),
    skipAggregateResult: true,
    setupClient: (client) => {
      client.on('request' as 'response', () => void sent++);
      client.on('timeout' as 'response', () => fail('no answer in time'));
      client.on('connError' as 'response', (error: unknown) =>
        fail(`connection failed: ${(error as { code?: string }).code ?? 'unknown'}`),
      );
    },
  });
  const elapsedMs = performance.now() - started;
  // At the end each connection may wait for one answer; whatever else was sent and not answered is lost.
  const lost = Math.max(0, sent - valid - wrong - failed - round.connections);
  reasons.add('the connection was closed without an answer', lost);
  return {
    valid,
    wrong,
    missing: failed + lost,
    late: 0,
    elapsedMs,
    latencies: [],
    generatorBusy: performance.eventLoopUtilization(idle).utilization,
    reasons: reasons.top(),
  };
}
