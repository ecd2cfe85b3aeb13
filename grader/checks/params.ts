import { z } from 'zod';

/** The name of one of the contract's operations, or of one of the rubric's programs. */
export const name = z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'a name is one word such as createTodo');

/** A request that the contract does not have: `GET /nope`. Templates stand for text that is escaped, a leading one for a whole path. */
export const requestLine = z
  .string()
  .regex(/^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\/|\{\{)\S*$/, 'a request looks like "GET /nope"')
  .describe('Method and path of a request that the contract does not have');

/** Data that may hold templates anywhere. */
export const data = z.unknown().describe('Any value; {{templates}} are filled in');
export const dataByName = z.record(z.string(), z.unknown());

const database = z.enum(['mongo', 'postgres']);
export type Database = z.infer<typeof database>;

/** Where an app keeps its data; of several, the learner has chosen one. */
export const databases = z
  .union([database, z.array(database).min(1)])
  .transform((value) => [value].flat())
  .describe('The database that is looked into; a list where the brief leaves the choice to the learner');

/** A status that an answer may have: a number, a class such as `2xx`, a list of either, or `any`. */
const oneStatus = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5]xx$/, 'a status is a number or a class such as 2xx'),
]);
export const status = z
  .union([oneStatus, z.array(oneStatus).min(1), z.literal('any')])
  .describe('201, 4xx, [200, 204] or any');
export type Status = z.infer<typeof status>;

/** Whether an answer's status is one of those. */
export function statusHolds(wanted: Status, received: number): boolean {
  if (wanted === 'any') return true;
  return [wanted]
    .flat()
    .some((one) => (typeof one === 'number' ? one === received : one.charAt(0) === String(received).charAt(0)));
}

/** Such as "201", "4xx", "200 or 204". */
export function statusInWords(wanted: Status): string {
  return [wanted].flat().join(' or ');
}

/** Says which of `keys` a parsed object has; more or less than one is an issue. */
export function exactlyOne<T extends object>(
  value: T,
  keys: readonly (keyof T & string)[],
  context: z.RefinementCtx,
): void {
  const present = keys.filter((key) => value[key] !== undefined);
  if (present.length === 1) return;
  const choice = keys.map((key) => `"${key}"`).join(', ');
  const message =
    present.length === 0
      ? `one of ${choice} is needed`
      : `${present.map((key) => `"${key}"`).join(' and ')} can't stand together`;
  context.addIssue({ code: 'custom', path: present.length === 0 ? [] : [present[1] ?? ''], message });
}
