import { z } from 'zod';
import type { StatementPlan } from '../../target/target.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, save, steps } from '../flow-schema.ts';
import { data, databases, dataByName, name } from '../params.ts';
import { labelOf, send } from '../request.ts';
import { schemaPlace } from '../source/schema-place.ts';
import { checkTemplates } from '../template-names.ts';
import { readsLittle, readsNoLargeTable } from './plan-judge.ts';
import { seedMongo } from './seed-mongo.ts';
import { seedPostgres } from './seed-postgres.ts';
import { findSource } from './seed-source.ts';

const sent = { params: dataByName.optional(), query: dataByName.optional(), as: name.optional() };
const schema = z
  .strictObject({
    service: databases,
    setup: steps.default([]).describe('Requests before the table is filled, as in http-flow'),
    seed: z.strictObject({
      like: z
        .strictObject({ operation: name, ...sent, body: dataByName, save: save.optional() })
        .describe(
          'Makes, through the app, the one thing that is copied; templates may then name the fields of its body',
        ),
      rows: z.int().min(100).max(50_000).default(20_000).describe('How many copies to put into the database'),
      vary: z
        .array(z.string())
        .optional()
        .describe('Fields of the body of which the copies differ; default: those with text'),
      cloneFrom: z
        .string()
        .optional()
        .describe('The table’s or collection’s likely name, where several hold what was made'),
    }),
    operation: name.describe('The operation that is to find its way quickly'),
    ...sent,
    body: data.optional(),
    minimumRows: z.int().min(100).default(2000).describe('Reading as many from end to end is too many'),
    maxExaminedPerReturned: z.number().min(1).default(20),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    const { like, vary } = value.seed;
    checkStepTemplates(value.setup, known, ['setup'], context);
    checkTemplates({ params: like.params, query: like.query, body: like.body }, known, ['seed', 'like'], context);
    for (const field of [...Object.keys(like.body), ...Object.keys(like.save ?? {})]) known.add(field);
    checkTemplates({ params: value.params, query: value.query, body: value.body }, known, [], context);
    for (const [i, field] of (vary ?? []).entries()) {
      if (!Object.hasOwn(like.body, field))
        context.addIssue({
          code: 'custom',
          path: ['seed', 'vary', i],
          message: `"${field}" is no field of the body in "like"`,
        });
    }
    if (value.seed.rows < value.minimumRows)
      context.addIssue({
        code: 'custom',
        path: ['seed', 'rows'],
        message: 'fewer rows than "minimumRows" can prove nothing',
      });
  });
type Params = z.infer<typeof schema>;

/** Fills the learner's own table, and reads from the database how it answers a request. */
export const check = defineCheck<Params>({
  id: 'database-index',
  summary: 'Fills a table and looks at the plans of a request: no reading from end to end',
  params: schema,
  inputs: ({ service }) => ['app', 'files', ...service],
  alone: true,
  timeoutMs: 120_000,
  operations: ({ setup, seed, operation }) => [...operationsOf(setup), seed.like.operation, operation],
  async run(context, params) {
    const flow = new Flow(context);
    const titles = titlesOf(context, params);
    const { operation, save: saved, ...like } = params.seed.like;
    const body = await (async () => ((await flow.run(params.setup)) ? flow.fill(like.body) : undefined))();
    if (
      body === undefined ||
      !(await flow.run([{ call: operation, ...like, body, ...(saved ? { save: saved } : {}) }]))
    ) {
      for (const title of Object.values(titles))
        context.record.assert(title, false, { received: 'not tried, because an earlier step failed' });
      return;
    }
    Object.assign(flow.variables, { ...body, ...flow.variables });
    await lookAtPlans(context, params, flow, body, titles);
  },
});

type Facet = 'stored' | 'answers' | 'asks' | 'large' | 'little';

function titlesOf(
  { target }: CheckContext,
  { service, seed, operation, minimumRows, maxExaminedPerReturned }: Params,
): Record<Facet, string> {
  const label = labelOf(target.http, { call: operation });
  const database = service.map((one) => (one === 'postgres' ? 'Postgres' : 'MongoDB')).join(' or ');
  const [tables, rows] = service.includes('postgres') ? ['table', 'rows'] : ['collection', 'documents'];
  return {
    stored: `what ${labelOf(target.http, { call: seed.like.operation })} makes is stored in ${database}`,
    answers: `${label} succeeds among ${seed.rows} ${rows}`,
    asks: `${label} asks ${database}`,
    large: `${label} reads no ${tables} of ${minimumRows} ${rows} or more from end to end`,
    little: `${label} looks at no more than ${maxExaminedPerReturned} ${rows} for each one that it can use`,
  };
}

async function lookAtPlans(
  context: CheckContext,
  params: Params,
  flow: Flow,
  body: Record<string, unknown>,
  titles: Record<Facet, string>,
): Promise<void> {
  const { record, target } = context;
  const { service, seed } = params;
  const untried = (facets: readonly Facet[]) => {
    for (const facet of facets)
      record.assert(titles[facet], false, { received: 'not tried, because an earlier step failed' });
  };
  const source = await findSource(target.services, service, body, seed.cloneFrom);
  record.assert(titles.stored, source !== undefined, {
    expected: 'a row or document that holds what was sent',
    received: source ? `in ${source.from}` : 'nothing of it is found',
  });
  if (!source) return untried(['answers', 'asks', 'large', 'little']);

  const { postgres, mongo } = target.services;
  const { database } = source;
  const vary = seed.vary ?? Object.keys(body).filter((field) => typeof body[field] === 'string');
  const options = { source, body, vary, rows: seed.rows, note: (text: string) => record.note(text) };
  await using seeded =
    database === 'postgres' && postgres
      ? await seedPostgres(postgres, options)
      : mongo
        ? await seedMongo(mongo, options)
        : undefined;
  const handle = target.services[database];
  if (!handle || !seeded) throw new Error(`the check was given no handle of ${database}`);

  const seen: { answer?: Awaited<ReturnType<typeof send>> } = {};
  const plans: StatementPlan[] = await handle.plans(async () => {
    seen.answer = await send(context, flow, {
      call: params.operation,
      params: params.params,
      query: params.query,
      body: params.body,
      as: params.as,
    });
  });
  const status = seen.answer?.status ?? 0;
  const exchange = seen.answer?.exchange;
  record.assert(titles.answers, status >= 200 && status < 300, { expected: '2xx', received: String(status), exchange });
  if (status < 200 || status >= 300) return untried(['asks', 'large', 'little']);
  const reads = plans.filter(({ scans }) => scans.length > 0);
  record.assert(titles.asks, reads.length > 0, {
    expected: 'at least one statement that reads',
    received: `${reads.length} statements`,
    exchange,
  });
  if (reads.length === 0) return untried(['large', 'little']);
  record.measure(
    'examined',
    reads.flatMap(({ scans }) => scans).reduce((sum, { examined }) => sum + examined, 0),
    'rows',
  );
  for (const [facet, judgement] of [
    ['large', readsNoLargeTable(reads, params.minimumRows)],
    ['little', readsLittle(reads, params.maxExaminedPerReturned, params.minimumRows)],
  ] as const) {
    record.assert(titles[facet], judgement.ok, {
      expected: judgement.expected,
      received: judgement.received,
      exchange,
    });
  }
  if (record.ok) return;
  const place = await schemaPlace(target.files, source.from);
  if (place)
    record.position({
      ...place,
      message: `${source.from} has no index that serves ${labelOf(target.http, { call: params.operation })}`,
    });
}
