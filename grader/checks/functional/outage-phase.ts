import { LearnerError } from '../../platform/errors.ts';
import type { Variables } from '../../target/template.ts';
import type { CheckContext } from '../check.ts';
import type { Step } from '../flow-schema.ts';
import { Flow } from '../flow.ts';
import { inOrder } from '../in-order.ts';
import { Recorder } from '../recorder.ts';

/** Steps that belong to one state of a service. */
export interface Phase {
  /** That state, in front of each assertion: "while MongoDB is away". */
  when: string;
  steps: readonly Step[];
  /** How long each answer may take, in milliseconds. */
  patience: number;
  /** What to say of an answer that takes longer. */
  slow?: string;
}

/** What came of a phase; nothing of it is evidence until it is kept. */
export interface PhaseSeen {
  held: boolean;
  /** The first request without any answer. */
  noAnswer: LearnerError | undefined;
  /** Makes it evidence; `remark` stands with each assertion that failed. */
  keep(remark?: string): void;
}

/** Runs a phase's steps. A request without an answer fails its step, and ends nothing else. */
export async function runPhase(context: CheckContext, phase: Phase, variables: Variables): Promise<PhaseSeen> {
  const record = new Recorder();
  const http = context.target.http.observedBy((exchange) => record.exchange(exchange), phase.patience);
  const flow = new Flow({ ...context, record }, variables, http);
  let noAnswer: LearnerError | undefined;
  const held = await inOrder(
    phase.steps,
    async (step) => {
      try {
        return await flow.run([step]);
      } catch (error) {
        if (!(error instanceof LearnerError)) throw error;
        const { fault, message } = error;
        noAnswer ??= new LearnerError(`${phase.when}: ${message}`, { fault, cause: error });
        return flow.untried(step, fault === 'timeout' && phase.slow ? `${message} (${phase.slow})` : message);
      }
    },
    (step, reason) => flow.untried(step, reason),
  );
  return { held, noAnswer, keep: (remark) => transcribe(record, context.record, phase.when, remark) };
}

/** Notes a phase that was not reached as failed. */
export function skipPhase(context: CheckContext, phase: Phase): void {
  const record = new Recorder();
  const flow = new Flow({ ...context, record });
  for (const step of phase.steps) flow.untried(step, 'not tried, because an earlier step failed');
  transcribe(record, context.record, phase.when);
}

function transcribe(from: Recorder, to: Recorder, when: string, remark?: string): void {
  const { assertions, exchanges, notes } = from.observation();
  for (const exchange of exchanges) to.exchange(exchange);
  for (const { title, ok, expected, received, exchange } of assertions) {
    to.assert(`${when}: ${title}`, ok, {
      ...(expected === undefined ? {} : { expected }),
      ...(received === undefined ? {} : { received: ok || remark === undefined ? received : `${received}\n${remark}` }),
      exchange: exchange === undefined ? undefined : exchanges[exchange],
    });
  }
  for (const note of notes) to.note(note);
}
