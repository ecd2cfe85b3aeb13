import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Exchange } from '../../report/schema.ts';
import { at } from '../../target/template.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { checkStepTemplates, operationsOf, save as saveSchema, steps } from '../flow-schema.ts';
import { Flow } from '../flow.ts';
import { databases, dataByName, name as nameSchema } from '../params.ts';
import { labelOf, requestSchema, requestShape, send } from '../request.ts';
import { recordsWith } from '../stored-records.ts';
import { checkTemplates } from '../template-names.ts';
import { received } from './wording.ts';

const { call: _call, request: _request, raw: _raw, body: _body, ...content } = requestShape;

const schema = z
  .strictObject({
    operation: nameSchema,
    ...content,
    setup: steps.default([]).describe('Steps that make what the request refers to'),
    body: dataByName.default({}).describe('What an honest client sends'),
    extra: dataByName
      .refine((extra) => Object.keys(extra).length > 0, 'name at least one field')
      .describe('Fields that a client may not set, each with a value that the app would not choose'),
    save: saveSchema.default({}).describe('Names for parts of the answer, such as { id: body.id }, for `verify`'),
    verify: requestSchema.optional().describe('A later look at the same thing; {{sent.…}} is the body that was sent'),
    service: databases.optional().describe('Also looks into this database, or these'),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    checkStepTemplates(value.setup, known, ['setup'], context);
    for (const key of ['params', 'query', 'headers', 'body', 'extra'] as const)
      checkTemplates(value[key], known, [key], context);
    checkTemplates(value.verify, new Set([...known, ...Object.keys(value.save), 'sent']), ['verify'], context);
  });
type Params = z.infer<typeof schema>;

/** Texts from here on are unlike any other, so that they tell a record or a value wherever they stand. */
const UNIQUE_CHARS = 8;

/** Whether a client can set fields that are not its business (OWASP API3:2023, "Broken object property level authorization"; CWE-915). */
export const check = defineCheck<Params>({
  id: 'mass-assignment',
  summary: 'Sends fields that a client may not set, one at a time; none of them may be taken over',
  params: schema,
  inputs: ({ service }) => ['app', ...(service ?? [])],
  operations: ({ operation, setup, verify }) => [
    operation,
    ...operationsOf(setup),
    ...(verify?.call ? [verify.call] : []),
  ],
  async run(context, params) {
    const { operation, as, params: path, query, headers, setup, body, extra } = params;
    const flow = new Flow(context);
    if (!(await flow.run(setup))) return;
    const request = { call: operation, as, params: path, query, headers };
    const label = labelOf(context.target.http, request);

    // Refusing everything would pass: the honest request has to work.
    const honest = await send(context, flow, { ...request, body });
    const works = honest.status >= 200 && honest.status < 300;
    context.record.assert(`${label} without such fields is answered`, works, {
      expected: 'status 2xx',
      received: received(honest),
      exchange: honest.exchange,
    });
    if (!works) return;

    // One at a time: a field that is refused would hide another that is taken over.
    for (const [field, template] of Object.entries(extra)) {
      const value = await flow.fill(template);
      const sent = { ...((await flow.fill(body)) as Record<string, unknown>), [field]: value };
      // As one template: a value that is filled already is sent as it is, whatever it looks like.
      flow.variables['sent'] = sent;
      const answer = await send(context, flow, { ...request, body: '{{sent}}' });
      const places = answer.status < 300 ? await lookFor(context, flow, params, { field, value, sent, answer }) : [];
      const taken = places.find((place) => place.taken);
      context.record.assert(`${label} does not let a client set ${field}`, taken === undefined && answer.status < 500, {
        expected: `a client error, or ${field} ignored`,
        received: taken ? `${JSON.stringify(value)} ${taken.where}: ${taken.found}` : received(answer),
        exchange: taken?.exchange ?? answer.exchange,
      });
    }
  },
});

interface Sent {
  field: string;
  value: unknown;
  sent: Record<string, unknown>;
  answer: Awaited<ReturnType<typeof send>>;
}

/** Looks for the field in the answer, in a later one, and in the database. */
async function lookFor(
  context: CheckContext,
  flow: Flow,
  { save, verify, service }: Params,
  { field, value, sent, answer }: Sent,
): Promise<{ taken: boolean; where: string; found: string; exchange: Exchange }[]> {
  const place = (json: unknown, where: string, exchange: Exchange) => ({
    taken: holds(json, field, value),
    where,
    found: JSON.stringify(json)?.slice(0, 300) ?? '',
    exchange,
  });
  const places = [place(answer.json, 'stands in the answer', answer.exchange)];
  for (const [name, path] of Object.entries(save)) {
    const saved = at({ status: answer.status, headers: answer.headers, body: answer.json, text: answer.text }, path);
    if (saved === undefined)
      context.record.assert(`the answer has ${name} at ${path}`, false, {
        expected: `a value at ${path}`,
        received: received(answer),
        exchange: answer.exchange,
      });
    flow.variables[name] = saved ?? '';
  }
  if (verify) {
    const later = await send(context, flow, verify);
    places.push(
      place(later.json, `stands in the answer to ${labelOf(context.target.http, verify)} afterwards`, later.exchange),
    );
  }
  const marker = uniqueText(sent);
  if (service && marker !== undefined) {
    for (const { from, record } of await recordsWith(context.target.services, service, marker))
      places.push(place(record, `is stored in ${from}`, answer.exchange));
  }
  return places;
}

/** Whether JSON has that field (in any spelling: isAdmin, is_admin) with that value, or the value anywhere when it is unlike any other. */
function holds(json: unknown, field: string, value: unknown): boolean {
  const unique = typeof value === 'string' && value.length >= UNIQUE_CHARS;
  const stack: [key: string, value: unknown][] = [['', json]];
  while (stack.length > 0) {
    const [key, found] = stack.pop() as [string, unknown];
    if ((plain(key) === plain(field) || unique) && isDeepStrictEqual(found, value)) return true;
    if (found !== null && typeof found === 'object')
      stack.push(
        ...Object.entries(found).map(([name, item]): [string, unknown] => [Array.isArray(found) ? key : name, item]),
      );
  }
  return false;
}

/** The longest text that was sent and that JSON leaves as it is. */
function uniqueText(sent: Record<string, unknown>): string | undefined {
  return Object.values(sent)
    .filter(
      (value): value is string => typeof value === 'string' && value.length >= UNIQUE_CHARS && !/["\\]/.test(value),
    )
    .toSorted((a, b) => b.length - a.length)[0];
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}
