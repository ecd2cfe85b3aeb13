import { RE2JS } from 're2js';
import { z } from 'zod';
import { messageOf } from '../../platform/errors.ts';
import { at } from '../../target/template.ts';
import type { ServiceHandles } from '../../target/target.ts';
import type { CheckContext } from '../check.ts';
import type { Flow } from '../flow.ts';
import { compare } from '../flow-expectation.ts';
import { regexProblem } from '../matcher-operators.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { match } from '../matcher.ts';
import { inWords, preview } from '../matcher-words.ts';
import { data, exactlyOne } from '../params.ts';
import type { Recorder } from '../recorder.ts';
import { savable } from '../savable.ts';
import { recordsWith } from '../stored-records.ts';
import { isAnswer, refusal, stateOf, tryStatement } from './statement-refusal.ts';

/** Most records that a search looks at. */
const MAX_FOUND = 1000;
const MAX_DEPTH = 40;

/** One look into the database: exactly one of `find`, `query`, `aggregate`. */
export const lookSchema = z
  .strictObject({
    service: z.enum(['postgres', 'mongo']).optional().describe('Where to look; default: the service of the check'),
    find: z
      .strictObject({ text: z.string().min(1) })
      .optional()
      .describe('All rows or documents, wherever they are, of which a field equals this'),
    in: z
      .string()
      .superRefine((pattern, context) => {
        const message = regexProblem(pattern);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .optional()
      .describe('A regular expression for the names of tables or collections'),
    count: matcherSchema.optional().describe('How many there should be; default: at least one'),
    row: matcherSchema.optional().describe('What one of them should be like'),
    query: z.string().optional().describe('SQL, with $1, $2 for the parameters'),
    parameters: z.array(data).optional(),
    aggregate: z
      .strictObject({ collection: z.string(), pipeline: z.array(z.record(z.string(), z.unknown())) })
      .optional(),
    rows: matcherSchema.optional().describe('What the list of rows should be like'),
    refused: refusal.optional(),
    save: z.record(z.string(), z.string().regex(/^rows?\b/, 'a saved value starts with row or rows')).optional(),
    title: z.string().optional(),
    independent: z.literal(true).optional(),
  })
  .superRefine((value, context) => {
    exactlyOne(value, ['find', 'query', 'aggregate'], context);
    const foreign = value.find === undefined ? (['in', 'count', 'row'] as const) : [];
    for (const key of foreign)
      if (value[key] !== undefined)
        context.addIssue({ code: 'custom', path: [key], message: `"${key}" is for "find"` });
    if (value.parameters !== undefined && value.query === undefined)
      context.addIssue({ code: 'custom', path: ['parameters'], message: '"parameters" are for "query"' });
    if (value.refused !== undefined) {
      if (value.query === undefined)
        context.addIssue({ code: 'custom', path: ['refused'], message: '"refused" is for "query"' });
      for (const key of ['rows', 'save'] as const)
        if (value[key] !== undefined)
          context.addIssue({ code: 'custom', path: [key], message: `"${key}" can't stand beside "refused"` });
    } else if (value.find === undefined && value.rows === undefined)
      context.addIssue({ code: 'custom', path: [], message: '"rows" is needed: what should come back' });
  });
export type Look = z.infer<typeof lookSchema>;

type Facet = 'count' | 'row' | 'rows' | 'refused';
type Rows = Record<string, unknown>[];

/** Notes whether the database holds what it should. */
export async function look(
  context: CheckContext,
  flow: Flow,
  service: 'postgres' | 'mongo',
  one: Look,
): Promise<boolean> {
  const { record, target } = context;
  if (one.refused !== undefined) {
    if (!target.services.postgres) throw new Error('the check was given no handle of postgres');
    const parameters = await flow.fill(one.parameters ?? []);
    const judgement = await tryStatement(target.services.postgres, one.query ?? '', parameters, one.refused);
    return record.assert(titleOf(one, 'refused'), judgement.ok, judgement);
  }
  const rows = await read(target.services, flow, service, one);
  if (typeof rows === 'string') {
    for (const facet of facetsOf(one)) record.assert(titleOf(one, facet), false, { received: rows });
    return false;
  }
  let chosen = rows[0];
  const results: boolean[] = [];
  for (const facet of facetsOf(one)) {
    if (facet === 'row') {
      const matcher = await flow.fillMatcher(one.row);
      const matching = rows.find((row) => match(matcher, row).length === 0);
      chosen = matching ?? chosen;
      results.push(
        record.assert(
          titleOf(one, facet),
          matching !== undefined,
          chosen === undefined
            ? { expected: inWords(matcher), received: 'no record' }
            : compare(matcher, chosen, 'row'),
        ),
      );
    } else {
      const matcher = await flow.fillMatcher(facet === 'count' ? (one.count ?? { $gte: 1 }) : one.rows);
      const judgement = facet === 'count' ? compare(matcher, rows.length, 'records') : compare(matcher, rows, 'rows');
      results.push(record.assert(titleOf(one, facet), judgement.ok, judgement));
    }
  }
  return save(context, flow, one, { row: chosen, rows }) && results.every(Boolean);
}

/** Notes the assertions of a look as failed, because it was not done. */
export function untriedLook(record: Recorder, one: Look, reason: string): void {
  for (const facet of facetsOf(one)) record.assert(titleOf(one, facet), false, { received: reason });
}

/** The rows as plain JSON; a text where the submission's tables are not as the query needs them. */
async function read(
  services: ServiceHandles,
  flow: Flow,
  service: 'postgres' | 'mongo',
  one: Look,
): Promise<Rows | string> {
  if (one.find !== undefined) {
    const text = String(await flow.fill<unknown>(one.find.text));
    const names = one.in === undefined ? undefined : RE2JS.compile(one.in);
    const found = await recordsWith(services, [service], text, MAX_FOUND);
    return found
      .filter(({ from, record }) => (names?.test(from) ?? true) && holds(record, text))
      .map(({ record }) => record);
  }
  if (one.aggregate !== undefined) {
    const { collection, pipeline } = await flow.fill(one.aggregate);
    return plain((await services.mongo?.aggregate(collection, pipeline)) ?? []);
  }
  try {
    return plain(
      (await services.postgres?.query(one.query ?? '', (await flow.fill(one.parameters ?? [])).map(asParameter))) ?? [],
    );
  } catch (error) {
    // The tables are not as the brief has them, or hold what does not fit.
    if (isAnswer(stateOf(error)) || error instanceof RangeError) return `the query failed: ${messageOf(error)}`;
    throw error;
  }
}

function save({ record }: CheckContext, flow: Flow, one: Look, found: { row: unknown; rows: Rows }): boolean {
  return Object.entries(one.save ?? {}).every(([name, path]) => {
    const value = savable(at(found, path));
    flow.variables[name] = value;
    return (
      value !== undefined ||
      record.assert(`the database has the ${name} at ${path}`, false, {
        expected: `a value at ${path}`,
        received: preview(found.row),
      })
    );
  });
}

function facetsOf(one: Look): Facet[] {
  const named = (['count', 'row', 'rows', 'refused'] as const).filter((facet) => one[facet] !== undefined);
  return named.length > 0 ? named : ['count'];
}

function titleOf(one: Look, facet: Facet): string {
  if (one.title !== undefined)
    return facetsOf(one)[0] === facet ? one.title : `${one.title}: ${facet === 'row' ? 'the record' : 'the records'}`;
  const what = (one.find?.text ?? '').replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, '<$1>');
  switch (facet) {
    case 'count':
      return `the database holds ${one.count === undefined ? 'a record' : typeof one.count === 'number' ? `${one.count} record${one.count === 1 ? '' : 's'}` : 'the right number of records'} with ${what}`;
    case 'row':
      return `the record with ${what} is as it should be`;
    case 'rows':
      return one.find === undefined
        ? 'the database holds the right rows'
        : `the records with ${what} are as they should be`;
    case 'refused':
      return 'the database refuses a statement against its rules';
  }
}

/** Whether a field is that text, or a number written like it; not deeper than any honest record goes. */
function holds(value: unknown, text: string, depth = 0): boolean {
  if (value !== null && typeof value === 'object')
    return depth < MAX_DEPTH && Object.values(value).some((item) => holds(item, text, depth + 1));
  return (typeof value === 'string' || typeof value === 'number') && String(value) === text;
}

function asParameter(value: unknown): unknown {
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
}

function plain(rows: unknown): Rows {
  return JSON.parse(JSON.stringify(rows)) as Rows;
}
