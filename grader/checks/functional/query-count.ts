import { z } from 'zod';
import type { Answer } from '../../target/client.ts';
import { at } from '../../target/template.ts';
import type { StatementPlan } from '../../target/target.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps } from '../flow-schema.ts';
import { preview } from '../matcher-words.ts';
import { dataByName, exactlyOne } from '../params.ts';
import { labelOf, requestShape, send } from '../request.ts';
import { checkTemplates } from '../template-names.ts';

/** Statements that only some requests run (a new connection's first, a timer's) are not in the smallest count. */
const ROUNDS = 3;
/** Kinds of statements that an assertion shows, and characters of each. */
const SHOWN_KINDS = 4;
const SHOWN_CHARS = 160;

const listing = z
  .strictObject({
    ...requestShape,
    list: z
      .string()
      .regex(/^body\b/, 'a path into the answer, such as body.items')
      .default('body'),
    few: z.int().min(1).describe('How many things the answer lists after `setup`'),
    many: z.int().describe('How many it lists after `more`'),
  })
  .superRefine((value, context) => {
    exactlyOne(value, ['call', 'request'], context);
    if (value.many < value.few + 3)
      context.addIssue({ code: 'custom', path: ['many'], message: 'at least 3 more than "few", or growth can hide' });
  });
type Listing = z.infer<typeof listing>;

const schema = z
  .strictObject({
    service: z.enum(['postgres', 'mongo']),
    let: dataByName.default({}).describe('Values to draw before the first step'),
    setup: steps.min(1).describe('Requests that make the first few things, as in http-flow'),
    more: steps.min(1).describe('Requests that make the others'),
    requests: z.array(listing).min(1).describe('Requests that list them, each of which is looked at'),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [name, drawn] of Object.entries(value.let)) {
      checkTemplates(drawn, known, ['let', name], context);
      known.add(name);
    }
    checkStepTemplates(value.setup, known, ['setup'], context);
    // Asked before `more` for the first time: what that saves is not known yet.
    for (const [i, request] of value.requests.entries()) checkTemplates(request, known, ['requests', i], context);
    checkStepTemplates(value.more, known, ['more'], context);
  });
type Params = z.infer<typeof schema>;

/** What one listing answered, and what the database ran for it. */
interface Count {
  answer: Answer;
  /** Of the round with the fewest statements. */
  statements: readonly string[];
  /** Statements of the first round. */
  first: number;
}

/** Whether the statements of a listing grow with what it lists (N+1), counted by the database. */
export const check = defineCheck<Params>({
  id: 'query-count',
  summary: 'Counts the statements that a request runs in the database: no more of them for many rows than for few',
  params: schema,
  inputs: ({ service }) => ['app', service],
  alone: true,
  timeoutMs: 60_000,
  operations: ({ setup, more, requests }) => [
    ...operationsOf(setup),
    ...operationsOf(more),
    ...requests.flatMap(({ call }) => call ?? []),
  ],
  async run(context, params) {
    const flow = new Flow(context);
    await flow.let(params.let);
    const few = (await flow.run(params.setup)) ? await countAll(context, flow, params) : undefined;
    if (few === undefined)
      for (const step of params.more) flow.untried(step, 'not tried, because an earlier step failed');
    const many = few && (await flow.run(params.more)) ? await countAll(context, flow, params) : undefined;
    for (const [i, request] of params.requests.entries()) judge(context, params, request, few?.[i], many?.[i]);
  },
});

async function countAll(context: CheckContext, flow: Flow, { service, requests }: Params): Promise<Count[]> {
  const handle = context.target.services[service];
  if (!handle) throw new Error(`the check was given no handle of ${service}`);
  const counts: Count[] = [];
  for (const { list: _list, few: _few, many: _many, ...request } of requests) {
    const rounds: StatementPlan[][] = [];
    let answer: Answer | undefined;
    for (let round = 0; round < ROUNDS; round++)
      rounds.push(
        await handle.plans(async () => {
          answer = await send(context, flow, request);
        }),
      );
    const [fewest = []] = rounds.toSorted((a, b) => a.length - b.length);
    if (!answer) throw new Error('no request was sent');
    counts.push({ answer, statements: fewest.map(({ statement }) => statement), first: rounds[0]?.length ?? 0 });
  }
  return counts;
}

function judge(context: CheckContext, { service }: Params, request: Listing, few?: Count, many?: Count): void {
  const { record, target } = context;
  const label = labelOf(target.http, request);
  const database = service === 'postgres' ? 'Postgres' : 'MongoDB';
  const assert = (
    title: string,
    seen: Count | undefined,
    holds: (seen: Count) => boolean,
    expected: string,
    received: (seen: Count) => string,
  ) =>
    record.assert(title, seen !== undefined && holds(seen), {
      expected,
      received: seen ? received(seen) : 'not tried, because an earlier step failed',
      exchange: seen?.answer.exchange,
    });

  const shows = (wanted: number) => (seen: Count) =>
    seen.answer.status < 300 && itemsOf(request, seen.answer) === wanted;
  const shown = ({ answer }: Count) =>
    answer.status < 300 && itemsOf(request, answer) !== undefined
      ? `${itemsOf(request, answer)}`
      : `${answer.status}: ${preview(answer.json ?? answer.text)}`;
  const right = [
    assert(
      `${label} lists ${request.few} at first`,
      few,
      shows(request.few),
      `${request.few} at ${request.list}`,
      shown,
    ),
    assert(
      `${label} lists ${request.many} later`,
      many,
      shows(request.many),
      `${request.many} at ${request.list}`,
      shown,
    ),
    assert(
      `${label} asks ${database}`,
      few,
      ({ first }) => first > 0,
      'at least one statement',
      ({ first }) => `${first} statements`,
    ),
  ].every(Boolean);
  const title = `${label} runs no more statements for ${request.many} than for ${request.few}`;
  if (!right || !few || !many)
    return void record.assert(title, false, { received: 'not compared, because the lists are not as they should be' });
  record.measure(`${label}, ${request.few} listed`, few.statements.length, 'statements');
  record.measure(`${label}, ${request.many} listed`, many.statements.length, 'statements');
  assert(
    title,
    many,
    ({ statements }) => statements.length <= few.statements.length,
    `at most ${few.statements.length}, as for ${request.few}`,
    ({ statements }) => `${statements.length}:\n${tally(statements)}`,
  );
}

function itemsOf({ list }: Listing, { json }: Answer): number | undefined {
  const items = at({ body: json }, list);
  return Array.isArray(items) ? items.length : undefined;
}

/** How often each kind of statement was run, the most frequent first. Values in them don't tell kinds apart. */
function tally(statements: readonly string[]): string {
  const kinds = Map.groupBy(statements, (statement) =>
    statement
      .replaceAll(/'[^']*'|"[0-9a-f]{24}"|(?<![$\w])\d+\b/g, '?')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, SHOWN_CHARS),
  );
  const lines = [...kinds]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([kind, { length }]) => `${length} × ${kind}`);
  const rest = lines.length - SHOWN_KINDS;
  return [...lines.slice(0, SHOWN_KINDS), ...(rest > 0 ? [`and ${rest} more kinds`] : [])].join('\n');
}
