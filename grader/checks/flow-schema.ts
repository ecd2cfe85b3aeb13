import { z } from 'zod';
import { duration } from './duration.ts';
import { matcherSchema } from './matcher-schema.ts';
import { data, dataByName, exactlyOne, name, requestLine, status } from './params.ts';
import { checkTemplates, type ParameterPath } from './template-names.ts';

/** What an answer should be like. Without `status`, any 2xx will do. */
const expectation = z.strictObject({
  status: status.optional(),
  statuses: z
    .record(z.string(), matcherSchema)
    .superRefine((value, context) =>
      checkKeys(value, /^[1-5](\d\d|xx)$/, 'a status is a number or a class such as 2xx', context),
    )
    .optional()
    .describe('With together or repeat: how many of the answers have each status, such as { "201": 1, 4xx: 9 }'),
  headers: z
    .record(z.string(), matcherSchema)
    .superRefine((value, context) => checkKeys(value, /^[^A-Z]+$/, 'header names are lower case here', context))
    .optional(),
  body: matcherSchema.optional().describe('The body, read as JSON'),
  text: matcherSchema.optional().describe('The body as text'),
  time: duration.optional().describe('The longest that an answer may take'),
});
export type Expectation = z.infer<typeof expectation>;

/** Adds an issue at each key that is not as it should be. */
function checkKeys(record: object, pattern: RegExp, message: string, context: z.RefinementCtx): void {
  for (const key of Object.keys(record))
    if (!pattern.test(key)) context.addIssue({ code: 'custom', path: [key], message });
}

/** `{ todo: body.id }`: names for parts of the answer, by path into { status, headers, body, text }. */
export const save = z
  .record(
    z.string(),
    z.string().regex(/^(status|headers|body|text)\b/, 'a saved value starts with status, headers, body or text'),
  )
  .superRefine((value, context) =>
    checkKeys(value, /^[a-z][A-Za-z0-9]*$/, 'a name is one word such as todoId', context),
  );

/** One step of a flow: a request (`call` or `request`), a drawing of values (`let`), or a wait. */
export const step = z
  .strictObject({
    call: name.optional().describe('An operation of the contract'),
    request: requestLine.optional(),
    let: dataByName.optional().describe('Values to name, drawn here'),
    wait: duration.optional().describe('Lets time pass, for things that expire'),
    as: name.optional().describe('A user’s nickname: registered and logged in when first named'),
    token: z.string().optional().describe('A token of your own, sent the way the app takes tokens'),
    params: dataByName.optional(),
    query: dataByName.optional(),
    body: data.optional(),
    raw: z.string().optional().describe('The body as it is, such as broken JSON'),
    headers: z.record(z.string(), z.string()).optional(),
    repeat: z.int().min(1).max(500).optional().describe('How often to send it, one after the other'),
    together: z.int().min(2).max(200).optional().describe('How many to send at once'),
    title: z.string().optional().describe('What should be true, instead of the generated words'),
    expect: expectation.optional(),
    save: save.optional(),
    independent: z.literal(true).optional().describe('Later steps are run even when this one fails'),
  })
  .superRefine((value, context) => {
    exactlyOne(value, ['call', 'request', 'let', 'wait'], context);
    if (value.body !== undefined && value.raw !== undefined)
      context.addIssue({ code: 'custom', path: ['raw'], message: '"body" and "raw" can\'t stand together' });
    if (value.as !== undefined && value.token !== undefined)
      context.addIssue({ code: 'custom', path: ['token'], message: '"as" and "token" can\'t stand together' });
    if (value.let === undefined && value.wait === undefined) return;
    const kind = value.let === undefined ? 'wait' : 'let';
    const extra = Object.keys(value).find((key) => key !== kind && value[key as keyof typeof value] !== undefined);
    if (extra !== undefined)
      context.addIssue({ code: 'custom', path: [extra], message: `"${extra}" can't stand in a step with "${kind}"` });
  });
export type Step = z.infer<typeof step>;

export const steps = z.array(step);

/** The operations that steps call. */
export function operationsOf(list: readonly Step[]): string[] {
  return list.flatMap(({ call }) => (call === undefined ? [] : [call]));
}

/**
 * Adds an issue for each template in steps that names nothing at that point. `known` holds the names
 * given so far, and gets those that the steps give.
 */
export function checkStepTemplates(
  list: readonly Step[],
  known: Set<string>,
  path: ParameterPath,
  context: z.RefinementCtx,
): void {
  for (const [i, { expect, save: saved, ...sent }] of list.entries()) {
    const here = [...path, i];
    const repeated = new Set([...known, 'index']);
    checkTemplates(sent, repeated, here, context);
    if (expect !== undefined) checkTemplates(expect, new Set([...repeated, 'sent']), [...here, 'expect'], context);
    for (const named of [...Object.keys(saved ?? {}), ...Object.keys(sent.let ?? {})]) known.add(named);
  }
}
