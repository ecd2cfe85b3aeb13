import { z } from 'zod';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import { defineCheck } from '../check.ts';
import { duration as durationText } from '../duration.ts';
import { checkStepTemplates, operationsOf, steps } from '../flow-schema.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { name, status } from '../params.ts';
import { labelOf, requestShape } from '../request.ts';
import { checkTemplates } from '../template-names.ts';
import { type Contender, prepareReference, prepareSubmission } from './contender.ts';
import { type LoadGenerator, startGenerator } from './generator.ts';
import { Results } from './results.ts';
import type { Round, RoundResult } from './round.ts';

const { call: _call, request: _request, ...content } = requestShape;

const schema = z
  .strictObject({
    operation: name.describe('What to ask for'),
    ...content,
    setup: steps.default([]).describe('Steps that make the data and name values for the request; run on both apps'),
    variants: z
      .int()
      .min(1)
      .max(20)
      .default(1)
      .describe('How many requests are drawn from the templates ({{random.*}}, {{index}}) and sent in turn'),
    validate: z
      .strictObject({ status: status.default('2xx'), body: matcherSchema.optional() })
      .default({ status: '2xx' })
      .describe('What every answer must be like to count'),
    compare: z.boolean().default(true).describe('Measures the reference app in turns with the submission'),
    connections: z.int().min(1).max(500).default(50),
    warmup: durationText.default(400).describe('Load before anything is measured'),
    rounds: z.int().min(3).max(50).default(10).describe('Rounds as fast as the app answers'),
    duration: durationText.default(220).describe('Of each of those rounds'),
    precision: z
      .number()
      .positive()
      .max(1)
      .default(0.06)
      .describe('Standard error that the compared throughput may have; more rounds are measured while it is larger'),
    latency: z
      .strictObject({
        rounds: z.int().min(3).max(50).default(10),
        duration: durationText.default(100),
        rate: z
          .number()
          .positive()
          .max(5000)
          .optional()
          .describe('Requests a second; default: a share of what the reference can take'),
        share: z.number().positive().max(1).default(0.25),
      })
      .default({ rounds: 10, duration: 100, share: 0.25 })
      .describe('Rounds at a fixed rate, which give the latency percentiles'),
    errors: z.number().min(0).max(1).default(0.01).describe('The share of answers that may be wrong or missing'),
  })
  .superRefine(({ setup, params, query, body, raw, headers, validate }, context) => {
    const known = new Set<string>();
    checkStepTemplates(setup, known, ['setup'], context);
    checkTemplates({ params, query, body, raw, headers }, new Set([...known, 'index']), [], context);
    checkTemplates(validate, known, ['validate'], context);
  });
type Params = z.infer<typeof schema>;

/** The fixed rate keeps to these, in requests a second: fewer give no percentiles, more is the generator's own limit. */
const MIN_RATE = 50;
const MAX_RATE = 3000;
/** On a machine that is busy with other things, up to this many times as many rounds are measured. */
const MOST_ROUNDS = 3;
/** How long the last answers of a round at a fixed rate are waited for, in milliseconds. */
const GRACE_MS = 1000;

/**
 * How an app holds up under load, measured in the same minutes as the reference app.
 *
 * Many short rounds in turns (submission, reference, reference, submission, …): what else a shared machine
 * does then meets both, and the median of the rounds' ratios forgets what met only one. On two cores,
 * throughputVsReference of an app against itself came out between 0.97 and 1.06 in ten runs, between 0.86 and 1.05 at a
 * load of 10 (where up to three times as many rounds are measured), and between 0.48 and 0.57 for an app of half
 * the throughput. In one run, three rounds of a second spread by 0.11, and twenty of 150 ms by 0.04. Percentiles are
 * compared by round for the same reason: p90VsReference came out between 0.93 and 1.14, p99VsReference between
 * 0.8 and 1.4.
 *
 * Measurements: throughput (right answers a second), p50, p90, p97.5, p99 (milliseconds, at a fixed rate
 * that is the same for both apps), errors (share of answers wrong or missing), each as `…Reference` and most as
 * `…VsReference`; throughputSpread and p99Spread (relative median absolute deviation over the rounds); rate.
 */
export const check = defineCheck<Params>({
  id: 'http-load',
  summary: 'Throughput and latency under load, with every answer validated, against the reference app in turns',
  params: schema,
  inputs: ({ compare }) => (compare ? ['app', 'reference'] : ['app']),
  alone: true,
  quiet: true,
  timeoutMs: 90_000,
  operations: ({ operation, setup }) => [operation, ...operationsOf(setup)],
  async run(context, params) {
    const { operation, as, params: path, query, body, raw, headers, setup, variants, validate } = params;
    const load = {
      setup,
      request: { call: operation, as, params: path, query, body, raw, headers },
      variants,
      status: validate.status,
      body: validate.body,
    };
    const submission = await prepareSubmission(context, load);
    if (!submission) return;
    const reference = params.compare ? await prepareReference(context, load) : undefined;

    await using generator = startGenerator(context.signal);
    const results = new Results(reference !== undefined, params.precision);
    await measureThroughput(generator, { submission, reference }, params, results);
    const rate = fixedRate(params, results);
    await measureLatency(generator, { submission, reference }, params, rate, results);
    results.record(context.record, { label: labelOf(context.target.http, load.request), rate, errors: params.errors });
  },
});

interface Pair {
  submission: Contender;
  reference: Contender | undefined;
}

async function measureThroughput(
  generator: LoadGenerator,
  pair: Pair,
  { connections, warmup, rounds, duration }: Params,
  results: Results,
): Promise<void> {
  for (const contender of inTurns(pair, 1))
    await generator.run({ kind: 'closed', ...wire(contender), connections, durationMs: warmup });
  for (let i = 0; i < rounds || (i < MOST_ROUNDS * rounds && !results.steady()); i++) {
    for (const contender of inTurns(pair, i)) {
      const round = await generator.run({ kind: 'closed', ...wire(contender), connections, durationMs: duration });
      results.throughput(contender === pair.submission, round);
      if (!round.settled || (round.valid === 0 && round.missing > 0)) await stillAnswers(contender, pair, round);
    }
  }
}

async function measureLatency(
  generator: LoadGenerator,
  pair: Pair,
  { connections, latency }: Params,
  rate: number,
  results: Results,
): Promise<void> {
  for (let i = 0; i < latency.rounds; i++) {
    for (const contender of inTurns(pair, i)) {
      const round = await generator.run({
        kind: 'open',
        ...wire(contender),
        connections,
        durationMs: latency.duration,
        rate,
        graceMs: GRACE_MS,
      });
      results.latency(contender === pair.submission, round);
      if (!round.settled || (round.valid === 0 && round.missing > 0)) await stillAnswers(contender, pair, round);
    }
  }
}

/** Both apps, the one first in even rounds and the other in odd ones, so that a drift favours neither. */
function inTurns({ submission, reference }: Pair, round: number): Contender[] {
  if (!reference) return [submission];
  return round % 2 === 0 ? [submission, reference] : [reference, submission];
}

/** What of a contender goes to the generator's thread. */
function wire({ origin, requests, expect }: Contender): Pick<Round, 'origin' | 'requests' | 'expect'> {
  return { origin, requests, expect };
}

/** After a round that the app did not get over, or in which nothing was right and requests failed: an app that is gone ends the check here, with its own reason. */
async function stillAnswers(contender: Contender, { reference }: Pair, { reasons }: RoundResult): Promise<void> {
  if (contender === reference) {
    throw new InfrastructureError(
      `the reference app gave no right answer under load (${reasons[0]?.[0] ?? 'none in time'}), so nothing can be compared with it`,
    );
  }
  try {
    await contender.answers();
  } catch (error) {
    if (!(error instanceof LearnerError)) throw error;
    throw new LearnerError(`after a round under load, ${error.message}`, { fault: error.fault, cause: error });
  }
}

function fixedRate({ latency }: Params, results: Results): number {
  return latency.rate ?? Math.round(Math.min(MAX_RATE, Math.max(MIN_RATE, latency.share * results.yardstick())));
}
