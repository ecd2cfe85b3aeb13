import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration } from '../duration.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps as stepsSchema } from '../flow-schema.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { dataByName, exactlyOne } from '../params.ts';
import { checkTemplates } from '../template-names.ts';
import { countHolds, type Judgement, judgeAppearance, judgeEvery, judgeNever, type LineMatcher } from './log-lines.ts';

/** As much of one line as is read. */
const LINE_CHARS = 16_384;
/** Between two looks at the log. */
const LOOK_MS = 20;

const lineShape = {
  title: z.string().describe('What should be true'),
  json: matcherSchema.optional().describe('The line, read as a JSON object'),
  text: matcherSchema.optional().describe('The line as text'),
};
const line = z.strictObject(lineShape).superRefine((value, context) => exactlyOne(value, ['json', 'text'], context));
const appearing = z
  .strictObject({ ...lineShape, count: matcherSchema.optional().describe('How many such lines; default: one or more') })
  .superRefine((value, context) => exactlyOne(value, ['json', 'text'], context));

const schema = z
  .strictObject({
    let: dataByName.default({}).describe('Values to draw before the first step'),
    steps: stepsSchema.min(1).describe('Requests, as in http-flow'),
    appear: z
      .array(appearing)
      .min(1)
      .describe('Lines that must appear. With one of the last request among them, all before it is there as well'),
    every: line.optional().describe('What every line must be like'),
    never: z.array(line).default([]).describe('Lines that must not be there'),
    within: duration.default(5000).describe('How long after the last answer the lines may take to appear'),
  })
  .superRefine(({ let: drawn, steps, appear, every, never }, context) => {
    const known = new Set<string>();
    for (const [name, value] of Object.entries(drawn)) {
      checkTemplates(value, known, ['let', name], context);
      known.add(name);
    }
    checkStepTemplates(steps, known, ['steps'], context);
    for (const [key, value] of Object.entries({ appear, every, never })) checkTemplates(value, known, [key], context);
  });
type Params = z.infer<typeof schema>;

/**
 * What the app prints about requests. It runs alone: lines of other requests would count as those of its own.
 * An app may write its log a moment after it has answered, so that the lines are waited for.
 */
export const check = defineCheck<Params>({
  id: 'app-log',
  summary:
    'Sends requests, then looks at the lines that the app has printed since: what must be there, and what must not',
  params: schema,
  inputs: ['app'],
  alone: true,
  operations: ({ steps }) => operationsOf(steps),
  async run(context, params) {
    const mark = context.target.logs.mark();
    const flow = new Flow(context);
    await flow.let(params.let);
    if (!(await flow.run(params.steps))) {
      for (const { title } of [...params.appear, ...(params.every ? [params.every] : []), ...params.never])
        context.record.assert(title, false, { received: 'not looked at, because an earlier step failed' });
      return;
    }
    const appear = await Promise.all(params.appear.map((one) => fillLine(flow, one)));
    const lines = await appeared(context, mark, appear, params.within);
    const note = ({ title }: LineMatcher, { ok, ...details }: Judgement) => context.record.assert(title, ok, details);
    for (const one of appear) note(one, judgeAppearance(one, lines));
    if (params.every) {
      const every = await fillLine(flow, params.every);
      note(every, judgeEvery(every, lines));
    }
    for (const one of params.never) {
      const never = await fillLine(flow, one);
      note(never, judgeNever(never, lines));
    }
  },
});

/** The lines printed since `mark`, without blank ones, once those that must appear have; without them when the time is over. */
async function appeared(
  { target: { logs }, signal }: CheckContext,
  mark: number,
  wanted: readonly LineMatcher[],
  withinMs: number,
): Promise<string[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const lines = logs.since(mark, LINE_CHARS).filter((text) => text.trim() !== '');
    if (wanted.every((one) => countHolds(one, lines)) || performance.now() >= end) return lines;
    await delay(LOOK_MS, undefined, { signal });
  }
}

async function fillLine(flow: Flow, { json, text, count, ...rest }: LineMatcher): Promise<LineMatcher> {
  return {
    ...rest,
    ...(json === undefined ? {} : { json: await flow.fillMatcher(json) }),
    ...(text === undefined ? {} : { text: await flow.fillMatcher(text) }),
    ...(count === undefined ? {} : { count: await flow.fillMatcher(count) }),
  };
}
