import { InfrastructureError, LearnerError, UsageError } from '../../platform/errors.ts';
import type { Answer } from '../../target/client.ts';
import type { CheckContext } from '../check.ts';
import type { Step } from '../flow-schema.ts';
import { Flow } from '../flow.ts';
import { type Status, statusHolds, statusInWords } from '../params.ts';
import { Recorder } from '../recorder.ts';
import { labelOf, type RequestParams, send } from '../request.ts';
import { type Expectation, judgeOf } from './answer-judge.ts';
import type { LoadRequest } from './round.ts';

/** What is sent under load, and what must come back. */
export interface Load {
  setup: readonly Step[];
  /** One request; its templates are filled anew for each variant, which is sent once before the load. */
  request: RequestParams;
  variants: number;
  status: Status;
  body: unknown;
}

/** An app that is ready for load: its data made, its requests written out, its answer seen to be right. */
export interface Contender {
  name: string;
  origin: string;
  requests: LoadRequest[];
  expect: Expectation;
  /** Asks once more, outside of the load. @throws {LearnerError} when no answer comes */
  answers(): Promise<void>;
}

/** Longer bodies are cut in transcripts, from which the load is taken. */
const MAX_BODY_CHARS = 8 * 1024;
const EVERY_STATUS = Array.from({ length: 500 }, (_, i) => i + 100);

/**
 * Makes the submission ready.
 *
 * @returns undefined when it answers wrongly even without load; that is recorded
 * @throws {LearnerError} when it does not answer
 */
export async function prepareSubmission(context: CheckContext, load: Load): Promise<Contender | undefined> {
  return prepare(context, load, 'submission');
}

/**
 * Makes the reference app ready with data of its own.
 *
 * @throws {InfrastructureError} when it fails in any way: that is no fault of the learner's
 */
export async function prepareReference(context: CheckContext, load: Load): Promise<Contender> {
  const target = context.reference;
  if (!target)
    throw new InfrastructureError('the check http-load compares with the reference app, and none is running');
  const record = new Recorder();
  const http = target.http.observedBy((exchange) => record.exchange(exchange));
  try {
    const contender = await prepare(
      { ...context, record, target: { ...target, http }, accounts: context.accounts.forApp(http) },
      load,
      'reference',
    );
    if (contender) return contender;
  } catch (error) {
    if (!(error instanceof LearnerError)) throw error;
    throw new InfrastructureError(`the reference app failed before the load began: ${error.message}`, { cause: error });
  }
  const failed = record.observation().assertions.find(({ ok }) => !ok);
  throw new InfrastructureError(
    `the reference app answers wrongly, so nothing can be compared with it: ${failed?.title} (${failed?.received})`,
  );
}

async function prepare(context: CheckContext, load: Load, name: string): Promise<Contender | undefined> {
  const { target, record } = context;
  const flow = new Flow(context);
  if (!(await flow.run(load.setup))) return undefined;
  const body = load.body === undefined ? undefined : await flow.fillMatcher(load.body);
  const mayBeEmpty =
    body === undefined && (statusHolds(load.status, 204) || load.request.request?.startsWith('HEAD ') === true);
  const expect: Expectation = {
    status: EVERY_STATUS.filter((status) => statusHolds(load.status, status)),
    body,
    gives: load.request.call === undefined ? undefined : target.http.route(load.request.call).gives,
    mayBeEmpty,
  };
  const judge = judgeOf(expect);

  const requests: LoadRequest[] = [];
  for (let variant = 0; variant < load.variants; variant++) {
    flow.variables['index'] = variant;
    const answer = await send(context, flow, load.request);
    const fault = judge(answer.status, answer.text);
    if (fault !== undefined || variant === load.variants - 1) {
      record.assert(
        `${labelOf(target.http, load.request)} answers rightly before the load begins`,
        fault === undefined,
        {
          expected: `status ${statusInWords(load.status)}${body === undefined ? '' : ` and a body like ${JSON.stringify(body)}`}`,
          received: fault ?? `status ${answer.status}`,
          exchange: answer.exchange,
        },
      );
    }
    if (fault !== undefined) return undefined;
    requests.push(asSent(answer));
  }
  return {
    name,
    origin: target.http.origin,
    requests,
    expect,
    answers: async () => void (await send(context, flow, load.request)),
  };
}

/** A request as it went over the wire, to be sent again. */
function asSent({ exchange: { request } }: Answer): LoadRequest {
  if ((request.body?.length ?? 0) >= MAX_BODY_CHARS)
    throw new UsageError('the check http-load sends bodies of less than 8 kB');
  const url = new URL(request.url);
  return {
    method: request.method,
    path: url.pathname + url.search,
    headers: request.headers,
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}
