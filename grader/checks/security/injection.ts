import { z } from 'zod';
import { defineCheck } from '../check.ts';
import { checkStepTemplates, operationsOf, steps } from '../flow-schema.ts';
import { Flow } from '../flow.ts';
import { dataByName, name, status } from '../params.ts';
import { labelOf, requestSchema, requestShape, send } from '../request.ts';
import { checkTemplates } from '../template-names.ts';
import { Attack } from './injection-attack.ts';
import { received } from './wording.ts';

const { call: _call, request: _request, raw: _raw, body: _body, ...content } = requestShape;

const schema = z
  .strictObject({
    kind: z.enum(['nosql', 'sql']),
    operation: name,
    target: z.enum(['body', 'query', 'params']).describe('Which part of the request the field is in'),
    field: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('The field that takes the payload; of several, one after the other'),
    ...content,
    body: dataByName.default({}).describe('The other fields, valid'),
    ordinary: z.string().default('{{random.token}}').describe('An ordinary value of the field'),
    answers: status.optional().describe('What an ordinary request answers; default 2xx, for params also 404'),
    login: z
      .boolean()
      .default(false)
      .describe('The operation is the login of `accounts`: nobody may get in; `body` is not needed'),
    setup: steps.default([]).describe('Steps that make data which must stay hidden: {{canary}} is a text to put there'),
    still: requestSchema.optional().describe('A request whose answer must still show {{canary}} in the end'),
  })
  .superRefine((value, context) => {
    const known = new Set(['canary']);
    checkStepTemplates(value.setup, known, ['setup'], context);
    for (const key of ['params', 'query', 'headers', 'body', 'ordinary', 'still'] as const)
      checkTemplates(value[key], known, [key], context);
    if (value.login && value.target !== 'body')
      context.addIssue({ code: 'custom', path: ['target'], message: 'a login takes its fields from the body' });
  });
type Params = z.infer<typeof schema>;

/** Whether input stays data: it never becomes a condition, an operator or a statement of the database's. */
export const check = defineCheck<Params>({
  id: 'injection',
  summary: 'Sends SQL or MongoDB operators where data belongs; nothing may break, leak, wait, or let anyone in',
  params: schema,
  inputs: ['app'],
  timeoutMs: 60_000,
  operations: ({ operation, setup, still }) => [
    operation,
    ...operationsOf(setup),
    ...(still?.call ? [still.call] : []),
  ],
  async run(context, params) {
    const flow = new Flow(context);
    flow.variables['canary'] = context.values.phrase();
    if (!(await flow.run(params.setup))) return;
    for (const field of [params.field].flat()) {
      const attack = new Attack(context, flow, params, field);
      if (params.login) await attack.login();
      else await attack.data();
    }
    if (params.still) {
      const answer = await send(context, flow, params.still);
      context.record.assert(
        `${labelOf(context.target.http, params.still)} still shows what was there before`,
        answer.text.includes(String(flow.variables['canary'])),
        {
          expected: `an answer with "${String(flow.variables['canary'])}"`,
          received: received(answer),
          exchange: answer.exchange,
        },
      );
    }
  },
});
