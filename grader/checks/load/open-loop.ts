import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { judgeOf } from './answer-judge.ts';
import { type LoadRequest, type OpenLoopRound, Reasons, type RoundCounts } from './round.ts';

/** Longer answers are cut off and count as wrong: buffers lie outside of the memory that a thread can be limited to. */
const MAX_BODY_BYTES = 4 * 2 ** 20;

/**
 * How long answers take at a fixed rate. Request number i is due at start + i/rate, whatever happened to
 * those before it, and its latency runs from that moment: a wait in the queue behind a slow answer is part of
 * it. So an app that stalls is not asked more gently (coordinated omission: G. Tene, "How NOT to Measure
 * Latency"; the same method as wrk2's).
 *
 * autocannon's `overallRate` does not do this. In 9.0 each connection sends its share in one burst at the
 * start of every second (lib/httpClient.js: `setInterval(() => { this.reqsMadeThisSecond = 0; … }, 1000)`), and
 * the correction back-fills at an interval of one millisecond whatever the rate (lib/run.js:
 * `latencies.recordValueWithExpectedInterval(responseTime, Math.ceil(1 / rate))`, with the rate in requests a
 * second and the histogram in milliseconds).
 */
export async function openLoop(round: OpenLoopRound): Promise<RoundCounts> {
  await using pool = disposable(
    new Pool(round.origin, { connections: round.connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }),
  );
  const judge = judgeOf(round.expect);
  const reasons = new Reasons();
  const total = Math.max(1, Math.round((round.rate * round.durationMs) / 1000));
  const latencies: number[] = [];
  const waiting = new Set<number>();
  let wrong = 0;
  let missing = 0;
  let over = false;

  const send = async (due: number, request: LoadRequest): Promise<void> => {
    waiting.add(due);
    try {
      const { statusCode, body } = await pool.value.request({
        ...request,
        method: request.method as Dispatcher.HttpMethod,
      });
      const text = await readText(body);
      if (over) return;
      latencies.push(performance.now() - due);
      const fault =
        text === undefined ? `more than ${MAX_BODY_BYTES / 2 ** 20} MB in one answer` : judge(statusCode, text);
      if (fault !== undefined) {
        wrong++;
        reasons.add(fault);
      }
    } catch (error) {
      if (over) return;
      missing++;
      latencies.push(performance.now() - due);
      reasons.add(`connection failed: ${(error as { code?: string }).code ?? 'unknown'}`);
    }
    waiting.delete(due);
  };

  const idle = performance.eventLoopUtilization();
  const started = performance.now();
  const dueAt = (i: number): number => started + (i * 1000) / round.rate;
  const pending: Promise<void>[] = [];
  for (let i = 0; i < total;) {
    for (; i < total && dueAt(i) <= performance.now(); i++)
      pending.push(send(dueAt(i), round.requests[i % round.requests.length] as LoadRequest));
    if (i < total) await sleep(Math.max(1, dueAt(i) - performance.now()));
  }
  const deadline = new AbortController();
  await Promise.race([
    Promise.all(pending),
    sleep(round.graceMs, undefined, { signal: deadline.signal }).catch(() => {}),
  ]);
  deadline.abort();

  over = true;
  const ended = performance.now();
  // Who still waits has waited this long at least.
  for (const due of waiting) latencies.push(ended - due);
  const late = waiting.size;
  return {
    valid: total - wrong - missing - late,
    wrong,
    missing,
    late,
    elapsedMs: ended - started,
    latencies,
    generatorBusy: performance.eventLoopUtilization(idle).utilization,
    reasons: reasons.top(),
  };
}

function disposable(value: Pool): { value: Pool } & AsyncDisposable {
  return { value, [Symbol.asyncDispose]: () => value.destroy() };
}

/** A body as text; undefined when it is too long. */
async function readText(body: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
