import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { LearnerError } from '../../platform/errors.ts';
import { SERVICE_KINDS, type ServiceKind } from '../../target/target.ts';
import type { Variables } from '../../target/template.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration, inWords } from '../duration.ts';
import { checkStepTemplates, operationsOf, type Step, steps } from '../flow-schema.ts';
import { Flow } from '../flow.ts';
import { dataByName } from '../params.ts';
import { accountsIn, checkTemplates } from '../template-names.ts';
import { type Phase, type PhaseSeen, runPhase, skipPhase } from './outage-phase.ts';

const schema = z
  .strictObject({
    service: z.enum(SERVICE_KINDS).describe('The service that goes away'),
    let: dataByName.default({}).describe('Values to draw before the first step'),
    before: steps.min(1).describe('Steps while it is there'),
    during: steps
      .min(1)
      .describe(
        'Steps while it is away: open connections have been cut, new ones are refused. Drivers notice in a second or two, and answers may differ then: `wait: 2s`, and ask again',
      ),
    after: steps.min(1).describe('Steps once it is back; all of them are tried again until they hold'),
    recovery: duration.default(20_000).describe('How long after its return one more attempt may begin'),
    patience: duration.default(10_000).describe('How long an answer may take: drivers wait for a server at first'),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [name, drawn] of Object.entries(value.let)) {
      checkTemplates(drawn, known, ['let', name], context);
      known.add(name);
    }
    const met = new Set([value.let, ...value.before].flatMap(usersOf));
    for (const phase of ['before', 'during', 'after'] as const) {
      checkStepTemplates(value[phase], known, [phase], context);
      for (const [i, step] of value[phase].entries()) {
        const stranger = usersOf(step).find((nickname) => !met.has(nickname));
        if (stranger === undefined) continue;
        const message = `the user ${stranger} has to be named in "before", where users can be registered`;
        context.addIssue({ code: 'custom', path: [phase, i], message });
      }
    }
  });
type Params = z.infer<typeof schema>;

/** Takes a service away from the running app and gives it back, whatever happens. */
export const check = defineCheck<Params>({
  id: 'service-outage',
  summary: 'Takes a service away from the running app, gives it back, and looks at the answers in each of the phases',
  params: schema,
  inputs: ({ service }) => ['app', service],
  interrupts: ({ service }) => [service],
  alone: true,
  disruptive: true,
  timeoutMs: 120_000,
  operations: ({ before, during, after }) => operationsOf([...before, ...during, ...after]),
  async run(context, params) {
    const { title, slow } = WORDS[params.service];
    const { patience } = params;
    const there: Phase = { when: `while ${title} is there`, steps: params.before, patience };
    const away: Phase = { when: `while ${title} is away`, steps: params.during, patience, slow };
    const back: Phase = { when: `once ${title} is back`, steps: params.after, patience };

    const flow = new Flow(context);
    await flow.let(params.let);
    const before = await runPhase(context, there, flow.variables);
    before.keep();
    if (!before.held) {
      for (const phase of [away, back]) skipPhase(context, phase);
      if (before.noAnswer) throw before.noAnswer;
      return;
    }
    const during = await withoutService(context, params.service, () => runPhase(context, away, flow.variables));
    during.keep();
    const returned = performance.now();
    const { after, attempts } = await recover(context, back, flow.variables, params.recovery);
    const later = `${inWords(Math.round(performance.now() - returned))} after ${title} was back`;
    after.keep(`(attempt ${attempts}, ${later}; there was no other)`);
    if (after.held) context.record.note(`The app worked again at attempt ${attempts}, ${later}.`);
    // An app that is cut off or refused to the end has probably crashed: then its crash is told, from where it began.
    if (isNoTimeout(after.noAnswer)) throw [during.noAnswer, after.noAnswer].find(isNoTimeout);
  },
});

/** The services in words, and what their drivers do when they find none. */
const WORDS: Record<ServiceKind, { title: string; slow: string }> = {
  mongo: { title: 'MongoDB', slow: 'the driver waits 30 s for a server unless serverSelectionTimeoutMS is set' },
  postgres: { title: 'Postgres', slow: 'a pool waits for a connection without end unless it is given a limit' },
  redis: { title: 'Redis', slow: 'clients keep commands for later while they have no connection, unless told not to' },
};
/** Between two attempts of an app that has not recovered yet, in milliseconds. */
const PAUSE_MS = 200;

async function withoutService<T>({ target }: CheckContext, kind: ServiceKind, work: () => Promise<T>): Promise<T> {
  await using stack = new AsyncDisposableStack();
  stack.use(await target.outage(kind));
  return await work();
}

/** Tries a phase until it holds, time is up, or the app is gone. */
async function recover(
  context: CheckContext,
  phase: Phase,
  variables: Variables,
  recovery: number,
): Promise<{ after: PhaseSeen; attempts: number }> {
  const began = performance.now();
  for (let attempts = 1; ; attempts++) {
    const after = await runPhase(context, phase, variables);
    if (after.held || isGone(after) || performance.now() + PAUSE_MS - began > recovery) return { after, attempts };
    await delay(PAUSE_MS, undefined, { signal: context.signal });
  }
}

function isNoTimeout(error: LearnerError | undefined): boolean {
  return error !== undefined && error.fault !== 'timeout';
}

/** Whether nothing listens on the app's port any more. */
function isGone({ noAnswer }: PhaseSeen): boolean {
  const request = noAnswer?.cause;
  const network = request instanceof Error ? request.cause : undefined;
  return (network as { code?: unknown } | undefined)?.code === 'ECONNREFUSED';
}

function usersOf(value: Step | Readonly<Record<string, unknown>>): string[] {
  const { as } = value;
  return [...(typeof as === 'string' ? [as] : []), ...accountsIn(value)];
}
