import { z } from 'zod';
import { defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps as stepsSchema } from '../flow-schema.ts';
import { inOrder } from '../in-order.ts';
import { dataByName } from '../params.ts';
import { checkTemplates } from '../template-names.ts';
import { look, type Look, lookSchema, untriedLook } from './database-look.ts';

const params = z
  .strictObject({
    service: z.enum(['postgres', 'mongo']),
    let: dataByName.default({}).describe('Values to draw before the first step'),
    given: z
      .array(lookSchema)
      .default([])
      .describe('What the database should hold before the first request; an aggregate may also change it ($merge)'),
    steps: stepsSchema.default([]).describe('Requests, as in http-flow'),
    then: z.array(lookSchema).default([]).describe('What the database should hold afterwards'),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [name, drawn] of Object.entries(value.let)) {
      checkTemplates(drawn, known, ['let', name], context);
      known.add(name);
    }
    const checkLooks = (key: 'given' | 'then') => {
      for (const [i, one] of value[key].entries()) {
        const { save, ...rest } = one;
        checkTemplates(rest, known, [key, i], context);
        for (const name of Object.keys(save ?? {})) known.add(name);
        if (one.query !== undefined && (one.service ?? value.service) !== 'postgres')
          context.addIssue({ code: 'custom', path: [key, i, 'query'], message: 'a query is for postgres' });
        if (one.aggregate !== undefined && (one.service ?? value.service) !== 'mongo')
          context.addIssue({ code: 'custom', path: [key, i, 'aggregate'], message: 'an aggregate is for mongo' });
      }
    };
    checkLooks('given');
    checkStepTemplates(value.steps, known, ['steps'], context);
    checkLooks('then');
    if (value.given.length + value.then.length === 0)
      context.addIssue({ code: 'custom', path: ['then'], message: 'a look is needed, here or in "given"' });
  });

/** What requests leave behind as the database itself has it, and what they answer from a database as it was found. */
export const check = defineCheck<z.infer<typeof params>>({
  id: 'database-state',
  summary: 'Sends requests; looks at what is stored in the database before and after',
  params,
  inputs: ({ service, given, then }) => [
    'app',
    ...new Set([service, ...[...given, ...then].map((one) => one.service ?? service)]),
  ],
  operations: ({ steps }) => operationsOf(steps),
  async run(context, { service, let: drawn, given, steps, then }) {
    const flow = new Flow(context);
    await flow.let(drawn);
    const untried = (one: Look, reason: string) => untriedLook(context.record, one, reason);
    const looks = (list: readonly Look[]) =>
      inOrder(list, (one) => look(context, flow, one.service ?? service, one), untried);
    if (!(await looks(given))) {
      for (const step of steps) flow.untried(step, 'not tried, because the database is not as it should be');
    } else if (await flow.run(steps)) {
      await looks(then);
      return;
    }
    for (const one of then) untried(one, 'not looked at, because an earlier step failed');
  },
});
