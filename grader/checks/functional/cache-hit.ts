import { z } from 'zod';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration, inWords as durationInWords } from '../duration.ts';
import { Flow } from '../flow.ts';
import { compare, type Judgement } from '../flow-expectation.ts';
import { checkStepTemplates, save, type Step } from '../flow-schema.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { data, dataByName, name } from '../params.ts';
import { labelOf, send } from '../request.ts';
import { checkTemplates } from '../template-names.ts';
import {
  cacheKeys,
  expiries,
  type ReadSeen,
  showCommands,
  showStatements,
  statementsOnData,
  watch,
} from './cache-observation.ts';

const sent = {
  params: dataByName.optional(),
  query: dataByName.optional(),
  body: data.optional(),
  as: name.optional(),
};
const schema = z
  .strictObject({
    service: z.enum(['postgres', 'mongo']).default('postgres').describe('The database that the cache saves from work'),
    create: z
      .strictObject({ op: name, ...sent, save: save.optional() })
      .optional()
      .describe('Makes what is read'),
    read: name.describe('The operation that is to be cached'),
    params: dataByName.optional(),
    query: dataByName.optional(),
    as: name.optional(),
    changedBy: z
      .strictObject({
        op: name,
        ...sent,
        changes: z.record(z.string(), matcherSchema).describe('What the body of a read shows afterwards'),
      })
      .optional()
      .describe('An operation after which the cached answer is wrong'),
    ttlMax: duration.optional().describe('The longest that an entry may live'),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    if (value.create) checkStepTemplates([createStep(value.create)], known, ['create'], context);
    checkTemplates({ params: value.params, query: value.query }, known, [], context);
    checkTemplates(value.changedBy, known, ['changedBy'], context);
  });
type Params = z.infer<typeof schema>;

/** Reads one thing again and again, and watches the database, Redis and the answers meanwhile. */
export const check = defineCheck<Params>({
  id: 'cache-hit',
  summary: 'Looks whether a repeated read is answered from Redis, without the database, and never stale',
  params: schema,
  inputs: ({ service }) => ['app', service, 'redis'],
  alone: true,
  timeoutMs: 60_000,
  operations: ({ create, read, changedBy }) => [
    ...(create ? [create.op] : []),
    read,
    ...(changedBy ? [changedBy.op] : []),
  ],
  async run(context, params) {
    const flow = new Flow(context);
    const titles = titlesOf(context, params);
    const notes = new Map<string, Judgement & { seen?: ReadSeen | undefined }>();
    if (params.create === undefined || (await flow.run([createStep(params.create)])))
      await observe(context, flow, params, notes);
    for (const [facet, title] of Object.entries(titles)) {
      const { ok, expected, received, seen } = notes.get(facet) ?? {
        ok: false,
        expected: undefined,
        received: 'not tried, because an earlier step failed',
      };
      context.record.assert(title, ok, {
        ...(expected === undefined ? {} : { expected }),
        received,
        exchange: seen?.answer.exchange,
      });
    }
  },
});

type Facet = 'answers' | 'silent' | 'redis' | 'same' | 'expires' | 'refilled' | 'fresh';

function titlesOf(
  { target }: CheckContext,
  { service, read, changedBy, ttlMax }: Params,
): Partial<Record<Facet, string>> {
  const label = labelOf(target.http, { call: read });
  const database = service === 'postgres' ? 'Postgres' : 'MongoDB';
  return {
    answers: `${label} succeeds`,
    silent: `a repeated ${label} asks ${database} nothing`,
    redis: `a repeated ${label} is answered from Redis`,
    same: `a repeated ${label} gives the same answer`,
    ...(ttlMax === undefined ? {} : { expires: `its entry in Redis expires within ${durationInWords(ttlMax)}` }),
    refilled: `when the entry is gone from Redis, ${label} asks ${database} again`,
    ...(changedBy === undefined
      ? {}
      : { fresh: `after ${labelOf(target.http, { call: changedBy.op })}, ${label} shows the change at once` }),
  };
}

/** Notes what was seen of each facet; stops where nothing more can be told. */
async function observe(
  context: CheckContext,
  flow: Flow,
  params: Params,
  notes: Map<string, Judgement & { seen?: ReadSeen | undefined }>,
): Promise<void> {
  const { redis } = context.target.services;
  if (!redis) throw new Error('the check was given no handle of redis');
  const note = (facet: Facet, judgement: Judgement, seen?: ReadSeen) => notes.set(facet, { ...judgement, seen });
  const read = () =>
    send(context, flow, { call: params.read, params: params.params, query: params.query, as: params.as });
  const watched = () => watch(context.target.services, params.service, read);

  const cold = await watched();
  note('answers', { ok: cold.answer.status < 300, expected: '2xx', received: String(cold.answer.status) }, cold);
  if (cold.answer.status >= 300) return;
  // Some caches keep an answer only when it is asked for the second time.
  await read();
  const hot = await watched();
  const asked = statementsOnData(hot);
  note('silent', { ok: asked.length === 0, expected: 'no statement', received: showStatements(asked) }, hot);
  const keys = await cacheKeys(redis, cold, hot);
  note(
    'redis',
    { ok: keys.length > 0, expected: 'a command such as GET that finds its key', received: showCommands(hot.commands) },
    hot,
  );
  note('same', sameAnswer(cold, hot), hot);

  if (params.ttlMax !== undefined && keys.length > 0) {
    const { ttlMax } = params;
    const lives = await expiries(redis, keys);
    note('expires', {
      ok: lives.every(({ ms }) => ms > 0 && ms <= ttlMax),
      expected: `a time to live of at most ${durationInWords(ttlMax)}`,
      received: lives.map(({ key, ms }) => `${key}: ${ms < 0 ? 'never expires' : durationInWords(ms)}`).join(', '),
    });
  }
  if (keys.length > 0) {
    // A copy in the process's own memory would answer as if nothing had happened.
    await redis.command('DEL', ...keys);
    const missed = await watched();
    const again = statementsOnData(missed);
    const same = sameAnswer(cold, missed);
    note(
      'refilled',
      {
        ok: again.length > 0 && same.ok,
        expected: 'a statement, and the same answer',
        received: same.ok ? showStatements(again) : `${missed.answer.status}; ${same.received}`,
      },
      missed,
    );
  }
  if (params.changedBy !== undefined) note('fresh', ...(await change(context, flow, params.changedBy, read)));
}

async function change(
  context: CheckContext,
  flow: Flow,
  changedBy: NonNullable<Params['changedBy']>,
  read: () => ReturnType<typeof send>,
): Promise<[Judgement, ReadSeen]> {
  await read();
  const { op, changes, ...rest } = changedBy;
  const changed = await send(context, flow, { call: op, ...rest });
  const seen = (answer: Awaited<ReturnType<typeof send>>): ReadSeen => ({ answer, statements: [], commands: [] });
  if (changed.status >= 300)
    return [
      {
        ok: false,
        expected: `${labelOf(context.target.http, { call: op })} succeeds`,
        received: String(changed.status),
      },
      seen(changed),
    ];
  const matcher = await flow.fillMatcher(changes);
  const first = await read();
  const judgement = compare(matcher, first.json, 'body');
  if (!judgement.ok) return [judgement, seen(first)];
  // Once more: the first read after a change may be the one that fills the cache with the old answer.
  const second = await read();
  return [compare(matcher, second.json, 'body'), seen(second)];
}

function sameAnswer(before: ReadSeen, after: ReadSeen): Judgement {
  return compare({ $equals: before.answer.json ?? before.answer.text }, after.answer.json ?? after.answer.text, 'body');
}

function createStep({ op, ...rest }: NonNullable<Params['create']>): Step {
  return { call: op, ...rest };
}
