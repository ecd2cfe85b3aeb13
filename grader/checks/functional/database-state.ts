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
    steps: stepsSchema.default([]).describe('Requests, as in http-flow'),
    then: z.array(lookSchema).min(1).describe('What the database should hold afterwards'),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [name, drawn] of Object.entries(value.let)) {
      checkTemplates(drawn, known, ['let', name], context);
      known.add(name);
    }
    checkStepTemplates(value.steps, known, ['steps'], context);
    for (const [i, one] of value.then.entries()) {
      const { save, ...rest } = one;
      checkTemplates(rest, known, ['then', i], context);
      for (const name of Object.keys(save ?? {})) known.add(name);
      if (one.query !== undefined && value.service !== 'postgres')
        context.addIssue({ code: 'custom', path: ['then', i, 'query'], message: 'a query is for postgres' });
      if (one.aggregate !== undefined && value.service !== 'mongo')
        context.addIssue({ code: 'custom', path: ['then', i, 'aggregate'], message: 'an aggregate is for mongo' });
    }
  });

/** What requests leave behind, as the database itself has it. */
export const check = defineCheck<z.infer<typeof params>>({
  id: 'database-state',
  summary: 'Sends requests, then looks at what is stored in the database',
  params,
  inputs: ({ service }) => ['app', service],
  operations: ({ steps }) => operationsOf(steps),
  async run(context, { service, let: drawn, steps, then }) {
    const flow = new Flow(context);
    await flow.let(drawn);
    const untried = (one: Look, reason: string) => untriedLook(context.record, one, reason);
    if (!(await flow.run(steps))) {
      for (const one of then) untried(one, 'not looked at, because an earlier step failed');
      return;
    }
    await inOrder(then, (one) => look(context, flow, service, one), untried);
  },
});
