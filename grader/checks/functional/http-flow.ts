import { z } from 'zod';
import { defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps as stepsSchema } from '../flow-schema.ts';
import { dataByName } from '../params.ts';
import { checkTemplates } from '../template-names.ts';

const params = z
  .strictObject({
    let: dataByName.default({}).describe('Values to draw before the first step'),
    steps: stepsSchema.min(1),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [name, drawn] of Object.entries(value.let)) {
      checkTemplates(drawn, known, ['let', name], context);
      known.add(name);
    }
    checkStepTemplates(value.steps, known, ['steps'], context);
  });

/** Requests, what each answer should be like, and values carried from one to the next. */
export const check = defineCheck<z.infer<typeof params>>({
  id: 'http-flow',
  summary: 'Sends requests one after the other and looks at what comes back',
  params,
  inputs: ['app'],
  operations: ({ steps }) => operationsOf(steps),
  async run(context, { let: drawn, steps }) {
    const flow = new Flow(context);
    await flow.let(drawn);
    await flow.run(steps);
  },
});
