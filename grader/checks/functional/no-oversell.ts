import { z } from 'zod';
import type { Answer } from '../../target/client.ts';
import { at } from '../../target/template.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps } from '../flow-schema.ts';
import { preview } from '../matcher-words.ts';
import { status, statusHolds, statusInWords } from '../params.ts';
import { Recorder } from '../recorder.ts';
import { labelOf, requestSchema, requestShape, send } from '../request.ts';
import { checkTemplates } from '../template-names.ts';

const schema = z
  .strictObject({
    setup: steps.default([]).describe('Requests that make the thing to buy; run again before each round'),
    buy: requestSchema.describe('One purchase of one item'),
    buyers: z.int().min(2).max(200).default(30),
    stock: z.int().min(1).describe('How many items there are'),
    success: status.default('2xx'),
    sold: status.default([400, 409, 422]).describe('What a buyer is told when everything is sold'),
    stockAfter: z
      .strictObject({
        ...requestShape,
        path: z.string().regex(/^body\b/, 'a path into the answer, such as body.stock'),
      })
      .optional()
      .describe('How the stock is read afterwards'),
    rounds: z.int().min(1).max(20).default(3).describe('A race is not lost every time'),
  })
  .superRefine((value, context) => {
    if (value.stock >= value.buyers)
      context.addIssue({ code: 'custom', path: ['stock'], message: 'there must be fewer items than buyers' });
    const known = new Set<string>();
    checkStepTemplates(value.setup, known, ['setup'], context);
    checkTemplates(value.buy, new Set([...known, 'index']), ['buy'], context);
    checkTemplates(value.stockAfter, known, ['stockAfter'], context);
  });
type Params = z.infer<typeof schema>;

/** What one round of buyers saw. */
interface Round {
  answers: Answer[];
  after: { answer: Answer; stock: unknown } | undefined;
}

/** Many buyers at once, fewer items: as many are sold as there are. */
export const check = defineCheck<Params>({
  id: 'no-oversell',
  summary: 'Has many buyers compete for few items and counts what is sold',
  params: schema,
  inputs: ['app'],
  alone: true,
  timeoutMs: 60_000,
  operations: ({ setup, buy, stockAfter }) => [
    ...operationsOf(setup),
    ...[buy.call, stockAfter?.call].filter((call) => call !== undefined),
  ],
  async run(context, params) {
    const rounds: Round[] = [];
    for (let i = 0; i < params.rounds; i++) {
      const round = await runRound(context, params, i);
      if (round === undefined) break;
      rounds.push(round);
    }
    judge(context, params, rounds);
  },
});

/** undefined when the setup failed; its own assertions tell why. Those of later rounds are kept only then. */
async function runRound(
  context: CheckContext,
  { setup, buy, buyers, stockAfter }: Params,
  round: number,
): Promise<Round | undefined> {
  const record = round === 0 ? context.record : new Recorder();
  const flow = new Flow({ ...context, record });
  if (!(await flow.run(setup))) {
    const failed = record.observation().assertions.find(({ ok }) => !ok);
    if (round > 0)
      context.record.assert(`${failed?.title} (before round ${round + 1})`, false, {
        expected: failed?.expected,
        received: failed?.received,
      });
    return undefined;
  }
  // Users are registered before the race, not in it.
  if (buy.as !== undefined) await context.accounts.get(buy.as, context.signal);
  const race = Array.from({ length: buyers }, (_, index) => {
    const own = new Flow(context, { ...flow.variables, index });
    return send(context, own, buy);
  });
  const settled = await Promise.allSettled(race);
  const answers = settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  if (stockAfter === undefined) return { answers, after: undefined };
  const { path, ...request } = stockAfter;
  const answer = await send(context, flow, request);
  return { answers, after: { answer, stock: at({ body: answer.json }, path) } };
}

/** One assertion for all rounds together; the first round that went wrong is shown. */
function judge({ record, target }: CheckContext, params: Params, rounds: readonly Round[]): void {
  const { buyers, stock, success, sold, stockAfter } = params;
  const label = labelOf(target.http, params.buy);
  const bought = ({ status: one }: Answer) => statusHolds(success, one);
  const assert = (
    title: string,
    expected: string,
    holds: (round: Round) => boolean,
    show: (round: Round) => { received: string; answer: Answer | undefined },
  ) => {
    const wrong = rounds.find((round) => !holds(round));
    const shown = wrong ?? rounds[0];
    const told = shown ? show(shown) : { received: 'not tried, because an earlier step failed', answer: undefined };
    record.assert(title, rounds.length === params.rounds && wrong === undefined, {
      expected,
      received: told.received,
      exchange: told.answer?.exchange,
    });
  };
  const tallied = (suspect: (answer: Answer) => boolean) => (round: Round) => ({
    received: tally(round.answers),
    answer: round.answers.find(suspect) ?? round.answers[0],
  });

  assert(
    `of ${buyers} buyers at once, ${stock} can buy the ${stock} items there are (${label})`,
    `${stock} × ${statusInWords(success)}`,
    ({ answers }) => answers.filter(bought).length === stock,
    tallied(bought),
  );
  assert(
    `the other ${buyers - stock} are told that it is sold out`,
    `${buyers - stock} × ${statusInWords(sold)}`,
    ({ answers }) => answers.every((answer) => bought(answer) || statusHolds(sold, answer.status)),
    tallied((answer) => !bought(answer) && !statusHolds(sold, answer.status)),
  );
  assert(
    'no buyer sees an error of the server',
    'no 5xx',
    ({ answers }) => answers.every((answer) => answer.status < 500),
    tallied((answer) => answer.status >= 500),
  );
  if (stockAfter !== undefined) {
    assert(
      `nothing is left afterwards, and no less (${labelOf(target.http, stockAfter)})`,
      `0 at ${stockAfter.path}`,
      ({ after }) => after?.stock === 0,
      ({ after }) => ({
        received: after ? `${after.answer.status}: ${preview(after.stock)}` : '',
        answer: after?.answer,
      }),
    );
  }
}

function tally(answers: readonly Answer[]): string {
  const counts = new Map<number, number>();
  for (const answer of answers) counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([one, times]) => `${times} × ${one}`)
    .join(', ');
}
