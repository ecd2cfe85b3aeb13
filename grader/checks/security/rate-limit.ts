import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Answer } from '../../target/client.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration, inWords } from '../duration.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps } from '../flow-schema.ts';
import { exactlyOne } from '../params.ts';
import { checkTemplates } from '../template-names.ts';
import { labelOf, requestShape, send } from '../request.ts';
import { received } from './wording.ts';

const schema = z
  .strictObject({
    ...requestShape,
    setup: steps.default([]).describe('Steps that make what the request refers to'),
    limit: z
      .strictObject({ min: z.int().min(1).default(5), max: z.int().min(1).max(2000).default(200) })
      .default({ min: 5, max: 200 })
      .describe('How many requests in a row must still pass, and after how many the limit must be met'),
    within: duration.default(60_000).describe('The window of the limit: the longest wait that Retry-After may ask for'),
    retryAfter: z
      .boolean()
      .default(true)
      .describe('The refusal says when to come back (Retry-After or RateLimit-Reset)'),
    spoofing: z
      .boolean()
      .default(true)
      .describe(
        'An invented X-Forwarded-For must not get around the limit; false where the app is meant to stand behind a proxy',
      ),
  })
  .superRefine((value, context) => {
    exactlyOne(value, ['call', 'request'], context);
    if (value.limit.max < value.limit.min)
      context.addIssue({ code: 'custom', path: ['limit', 'max'], message: 'max is below min' });
    const known = new Set<string>();
    checkStepTemplates(value.setup, known, ['setup'], context);
    checkTemplates([value.params, value.query, value.body, value.raw, value.headers], known, [], context);
  });
type Params = z.infer<typeof schema>;

/** How many requests of a burst are under way at once. */
const BURST = 10;

/** Whether a client that sends too much is told to slow down, and one that does not is left alone. */
export const check = defineCheck<Params>({
  id: 'rate-limit',
  summary: 'Usual traffic passes; a burst is answered with 429 and when to come back',
  params: schema,
  inputs: ['app'],
  alone: true,
  disruptive: true,
  timeoutMs: 120_000,
  operations: ({ call, setup }) => [...operationsOf(setup), ...(call === undefined ? [] : [call])],
  async run(context, params) {
    const { setup, limit, within, retryAfter, spoofing, ...request } = params;
    const { record } = context;
    const flow = new Flow(context);
    if (!(await flow.run(setup))) return;
    const name = labelOf(context.target.http, request);
    const ask = (): Promise<Answer> => send(context, flow, request);

    const passed = await honestClient(context, ask, limit.min, within, name);
    if (!passed) return;
    const burst = await burstUntilLimited(ask, limit.max - limit.min + 1);
    const sent = limit.min + burst.answered;
    record.assert(`${name}: at most ${limit.max} requests in a row are answered`, burst.limited !== undefined, {
      expected: `status 429 after at most ${limit.max} requests`,
      received: burst.limited
        ? `status 429 after ${sent} requests`
        : `${sent} requests, all answered; the last: ${received(burst.last)}`,
      exchange: (burst.limited ?? burst.last).exchange,
    });
    record.assert(`${name}: a burst makes nothing fail`, burst.broken === undefined, {
      expected: 'no 5xx',
      received: burst.broken ? received(burst.broken) : 'no 5xx',
      exchange: burst.broken?.exchange,
    });
    if (!burst.limited) return;

    if (retryAfter) {
      const wait = waitOf(burst.limited);
      record.assert(`${name}: the refusal says when to come back`, wait !== undefined && wait <= within, {
        expected: `Retry-After (or RateLimit-Reset) of at most ${inWords(within)}`,
        received: wait === undefined ? 'neither Retry-After nor RateLimit-Reset' : inWords(wait),
        exchange: burst.limited.exchange,
      });
    }
    if (spoofing) {
      const disguised = await send(context, flow, {
        ...request,
        headers: { ...request.headers, 'x-forwarded-for': `198.51.100.${context.values.int(1, 254)}` },
      });
      record.assert(`${name}: an invented X-Forwarded-For does not get around the limit`, disguised.status === 429, {
        expected: 'status 429',
        received: received(disguised),
        exchange: disguised.exchange,
      });
    }
  },
});

/** As many requests, one after the other, as any client may send. Waits first where an earlier check has used the limit up. */
async function honestClient(
  context: CheckContext,
  ask: () => Promise<Answer>,
  requests: number,
  within: number,
  name: string,
): Promise<boolean> {
  let answer = await ask();
  const wait = answer.status === 429 ? waitOf(answer) : undefined;
  if (wait !== undefined && wait <= within) {
    context.record.note(`The limit was used up by earlier requests; waited ${inWords(wait)} as the answer said.`);
    await delay(wait + 200, undefined, { signal: context.signal });
    answer = await ask();
  }
  let count = 1;
  for (; count < requests && passes(answer); count++) answer = await ask();
  return context.record.assert(`${name}: ${requests} requests in a row pass`, passes(answer), {
    expected: `${requests} answers other than 429 and 5xx`,
    received: passes(answer) ? `${requests} such answers` : `request ${count}: ${received(answer)}`,
    exchange: answer.exchange,
  });
}

/** Sends up to `most` requests, several at once, until one is refused with 429. */
async function burstUntilLimited(
  ask: () => Promise<Answer>,
  most: number,
): Promise<{ answered: number; limited: Answer | undefined; broken: Answer | undefined; last: Answer }> {
  let answered = 0;
  let broken: Answer | undefined;
  for (let sent = 0; ;) {
    const batch = await Promise.all(Array.from({ length: Math.min(BURST, most - sent) }, ask));
    sent += batch.length;
    broken ??= batch.find(({ status }) => status >= 500);
    answered += batch.filter(({ status }) => status !== 429).length;
    const limited = batch.find(({ status }) => status === 429);
    const last = batch.at(-1) as Answer;
    if (limited || sent >= most) return { answered, limited, broken, last };
  }
}

function passes({ status }: Answer): boolean {
  return status !== 429 && status < 500;
}

/**
 * How long an answer asks to wait, in milliseconds: Retry-After in seconds or as a date (RFC 9110, 10.2.3),
 * else RateLimit-Reset in seconds, alone or inside of RateLimit (IETF draft "RateLimit header fields for HTTP").
 */
function waitOf({ headers }: Answer): number | undefined {
  const retry = headers['retry-after']?.trim();
  if (retry !== undefined && /^\d+$/.test(retry)) return Number(retry) * 1000;
  if (retry !== undefined && Number.isFinite(Date.parse(retry))) return Math.max(0, Date.parse(retry) - Date.now());
  const reset = headers['ratelimit-reset'] ?? /\b(?:reset|t)\s*=\s*(\d+)/.exec(headers['ratelimit'] ?? '')?.[1];
  return reset !== undefined && /^\d+$/.test(reset.trim()) ? Number(reset) * 1000 : undefined;
}
