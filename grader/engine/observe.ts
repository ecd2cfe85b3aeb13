import { setTimeout as delay } from 'node:timers/promises';
import type { Check, CheckContext, CheckInput } from '../checks/check.ts';
import { Recorder } from '../checks/recorder.ts';
import { InfrastructureError, KnownError, LearnerError, messageOf } from '../platform/errors.ts';
import type { Evidence } from '../report/schema.ts';
import type { Rubric } from '../rubric/schema.ts';
import { Accounts } from '../target/accounts.ts';
import type { Target } from '../target/target.ts';
import { Values } from '../target/values.ts';
import type { Subject } from './subject.ts';

/** How long a check that was told to stop may take to do so. */
const STOP_GRACE_MS = 5_000;
const DEFAULT_TIMEOUT_MS = 30_000;
/** How long an app that is ending may take from its last sign of life to its end. */
const EXIT_MS = 1000;
/** Lines of the app's log that stand with a criterion. */
const LOG_LINES = 20;

/** One criterion made ready: its check found, its parameters parsed. */
export interface PreparedCriterion {
  id: string;
  title: string;
  timeoutMs: number | undefined;
  check: Check<unknown>;
  params: unknown;
  inputs: readonly CheckInput[];
}

export interface ObserveOptions {
  rubric: Pick<Rubric, 'accounts' | 'dir'>;
  subject: Subject;
  reference: (() => Promise<Target>) | undefined;
  seed: string;
  signal: AbortSignal;
  /** Milliseconds since the run began. */
  now: () => number;
}

/** How a check came to its end. */
type Outcome = Pick<Evidence, 'status' | 'fault' | 'reason' | 'mend'>;

/**
 * Runs one criterion's check and gives its evidence. Whatever the check throws becomes evidence with
 * the fault at its true owner; nothing is thrown but the reason of an aborted run.
 */
export async function observe(criterion: PreparedCriterion, options: ObserveOptions): Promise<Evidence> {
  const { subject, signal } = options;
  const startMs = options.now();
  const recorder = new Recorder();
  const usesApp = criterion.inputs.includes('app');
  const logs = subject.target.logs;
  const mark = logs.mark();
  const finish = (
    outcome: Pick<Evidence, 'status' | 'fault' | 'reason' | 'mend'> & { logs?: readonly string[] },
  ): Evidence => ({
    criterion: criterion.id,
    check: criterion.check.id,
    ...outcome,
    observation: recorder.observation(),
    logs: (outcome.logs ? [...outcome.logs] : usesApp ? logs.since(mark) : []).slice(-LOG_LINES),
    startMs,
    durationMs: options.now() - startMs,
  });

  if (usesApp && subject.bootFailure) {
    const { fault, message, logs: lines } = subject.bootFailure;
    return finish({ status: 'failed', fault, reason: message, ...mendOf(subject.bootFailure), logs: lines });
  }
  const timeoutMs = criterion.timeoutMs ?? criterion.check.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await untilAborted(
      runCheck(criterion, options, recorder, AbortSignal.any([signal, timeout])),
      AbortSignal.any([signal, timeout]),
    );
    if (
      recorder.observation().assertions.length === 0 &&
      Object.keys(recorder.observation().measurements).length === 0
    ) {
      throw new InfrastructureError(`the check ${criterion.check.id} looked at nothing`);
    }
    // What failed because a database is gone is not what the submission did.
    return finish((recorder.ok ? undefined : await serviceTrouble(subject)) ?? { status: 'observed' });
  } catch (error) {
    signal.throwIfAborted();
    const crash = usesApp ? await crashBehind(subject, error) : undefined;
    if (crash)
      return finish({
        status: 'failed',
        fault: crash.outOfMemory ? 'out-of-memory' : 'learner',
        reason: crash.reason,
        logs: crash.logs,
      });
    if (error instanceof LearnerError) {
      const trouble = await serviceTrouble(subject);
      if (trouble) return finish(trouble);
      return finish({
        status: 'failed',
        fault: error.fault,
        reason: error.fault === 'timeout' && usesApp ? unanswered(error.message, subject) : error.message,
        ...mendOf(error),
        ...(error.logs.length > 0 ? { logs: error.logs } : {}),
      });
    }
    if (timeout.aborted) {
      const reason = `it was not finished after ${timeoutMs / 1000} s`;
      return finish({ status: 'failed', fault: 'timeout', reason: usesApp ? unanswered(reason, subject) : reason });
    }
    return finish((await serviceTrouble(subject)) ?? ownTrouble(error));
  }
}

/** The reason of what came to no end, with what the app's log says of a database that is not there. */
function unanswered(reason: string, subject: Subject): string {
  const suspicion = subject.suspicion();
  return suspicion === undefined ? reason : `${reason.replace(/\.$/, '')}; the app’s log says that ${suspicion}`;
}

async function runCheck(
  criterion: PreparedCriterion,
  options: ObserveOptions,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<void> {
  const target = observed(options.subject.target, recorder);
  const values = new Values(options.seed, criterion.id);
  const reference = criterion.inputs.includes('reference') ? await options.reference?.() : undefined;
  const context: CheckContext = {
    target,
    reference,
    accounts: new Accounts(target.http, options.rubric.accounts, values),
    values,
    record: recorder,
    signal,
    rubricDir: options.rubric.dir,
  };
  await criterion.check.run(context, criterion.params);
}

/** How the app ended. When it cuts a connection by ending, its end is known a moment later than the cut. */
async function crashBehind(subject: Subject, error: unknown): Promise<ReturnType<Subject['crash']>> {
  // A request that came to nothing has the connection's error for a cause.
  const cut = error instanceof LearnerError && error.fault !== 'timeout' && error.cause !== undefined;
  if (cut && !subject.crash()) {
    const enough = new AbortController();
    const late = delay(EXIT_MS, undefined, { signal: enough.signal }).catch(() => {});
    await Promise.race([subject.ended(enough.signal), late]);
    enough.abort();
  }
  return subject.crash();
}

/** The target with its requests taken down for this criterion alone. */
function observed(target: Target, recorder: Recorder): Target {
  return { ...target, http: target.http.observedBy((exchange) => recorder.exchange(exchange)) };
}

/** Waits for `work`; once aborted, gives it a grace to wind up, so that nothing of it runs on into the next check. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = () => {
      const grace = setTimeout(() => reject(signal.reason), STOP_GRACE_MS);
      work
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => {
          clearTimeout(grace);
          reject(signal.reason);
        });
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([work, aborted]);
}

/**
 * A service that is gone, in place of its symptom: the grader's own trouble, or the submission's when it was
 * the app that brought the service down. undefined when all services answer.
 */
async function serviceTrouble(subject: Subject): Promise<Outcome | undefined> {
  try {
    await subject.assertServicesHealthy();
    return undefined;
  } catch (error) {
    if (error instanceof LearnerError) {
      return { status: 'failed', fault: error.fault, reason: error.message, ...mendOf(error) };
    }
    return { status: 'errored', fault: 'infrastructure', reason: messageOf(error), ...mendOf(error) };
  }
}

function ownTrouble(error: unknown): Outcome {
  const reason =
    error instanceof InfrastructureError ? error.message : `the check failed in itself: ${messageOf(error)}`;
  return { status: 'errored', fault: 'infrastructure', reason, ...mendOf(error) };
}

function mendOf(error: unknown): { mend?: string } {
  return error instanceof KnownError && error.mend !== undefined ? { mend: error.mend } : {};
}
