import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { type CheckContext, type CheckInput, defineCheck } from '../checks/check.ts';
import { InfrastructureError, LearnerError } from '../platform/errors.ts';
import { Trace } from '../platform/trace.ts';
import { literalBinding } from '../target/binding.ts';
import { ContractClient } from '../target/client.ts';
import type { Target } from '../target/target.ts';
import { type RunCriterion, run } from './run.ts';
import type { Subject } from './subject.ts';

/** A submission that can be crashed and restarted at will; its end shows after `isKnown`. */
function subject(options: { bootFailure?: LearnerError; servicesDown?: boolean; suspicion?: string } = {}) {
  let crash: ReturnType<Subject['crash']>;
  let end = Promise.withResolvers<void>();
  let restarts = 0;
  const target: Target = {
    http: new ContractClient('http://127.0.0.1:9', literalBinding({})),
    services: {},
    outage: () => Promise.reject(new Error('no services')),
    programs: {},
    env: {},
    files: { list: async () => [], read: async () => undefined },
    logs: { mark: () => 0, since: () => ['a line of the app'], tail: () => [] },
    workspace: () => Promise.reject(new Error('no workspace')),
  };
  return {
    target,
    bootFailure: options.bootFailure,
    crash: () => crash,
    suspicion: () => options.suspicion,
    ended: () => end.promise,
    restart: async () => {
      restarts++;
      crash = undefined;
      end = Promise.withResolvers();
    },
    assertServicesHealthy: async () => {
      if (options.servicesDown) throw new InfrastructureError('Postgres no longer answers');
    },
    kill: async (isKnown?: Promise<unknown>) => {
      if (isKnown) await isKnown;
      crash = { reason: 'the app ended with exit code 1', outOfMemory: false, logs: ['TypeError: boom'] };
      end.resolve();
    },
    get restarts() {
      return restarts;
    },
  };
}

function criterion(
  id: string,
  body: (context: CheckContext) => Promise<void>,
  options: Partial<RunCriterion> = {},
): RunCriterion {
  const check = defineCheck({ id: 'made-for-this-test', summary: '', params: z.unknown(), inputs: ['app'], run: body });
  return {
    id,
    title: `Title of ${id}`,
    points: 10,
    needs: [],
    score: { kind: 'pass' },
    hint: 'Look again.',
    alone: false,
    disruptive: false,
    timeoutMs: undefined,
    check,
    params: {},
    inputs: ['app'] as CheckInput[],
    ...options,
  };
}

const holds = async ({ record }: CheckContext) => void record.assert('it holds', true);
const breaks = async ({ record }: CheckContext) => void record.assert('it holds', false);

async function runAll(app: ReturnType<typeof subject>, ...criteria: RunCriterion[]) {
  const events: string[] = [];
  const start = performance.now();
  const evidence = await run({
    criteria,
    rubric: { accounts: undefined, dir: '/nowhere' },
    subject: app,
    reference: undefined,
    seed: 'seed',
    signal: new AbortController().signal,
    now: () => performance.now() - start,
    trace: new Trace(),
    events: { criterionEnd: ({ id, verdict }) => events.push(`${id}: ${verdict.fraction}`) },
  });
  return { evidence, events };
}

describe('running criteria', () => {
  test('evidence comes in the order of the rubric, whatever ran first', async () => {
    const { evidence } = await runAll(
      subject(),
      criterion('load', holds, { alone: true }),
      criterion('a', holds),
      criterion('b', holds),
    );
    assert.deepEqual(
      evidence.map((item) => item.criterion),
      ['load', 'a', 'b'],
    );
  });

  test('a check that throws is the grader’s trouble and spoils nothing else', async () => {
    const { evidence } = await runAll(
      subject(),
      criterion('throws', async () => {
        throw new TypeError('undefined is not a function');
      }),
      criterion('fine', holds),
    );
    assert.equal(evidence[0]?.status, 'errored');
    assert.match(evidence[0]?.reason ?? '', /undefined is not a function/);
    assert.equal(evidence[1]?.status, 'observed');
  });

  test('what the check had seen before it threw is kept', async () => {
    const { evidence } = await runAll(
      subject(),
      criterion('half', async ({ record }) => {
        record.assert('first', true);
        throw new LearnerError('GET / was refused');
      }),
    );
    assert.equal(evidence[0]?.status, 'failed');
    assert.equal(evidence[0]?.fault, 'learner');
    assert.equal(evidence[0]?.observation.assertions.length, 1);
    assert.deepEqual(evidence[0]?.logs, ['a line of the app']);
  });

  test('a service that is gone is named in place of its symptom', async () => {
    const { evidence } = await runAll(
      subject({ servicesDown: true }),
      criterion('reads', async () => {
        throw new Error('connection terminated');
      }),
    );
    assert.equal(evidence[0]?.reason, 'Postgres no longer answers');
  });

  test('what failed because a service is gone costs nothing, unless the app brought it down', async () => {
    const refused = async () => {
      throw new LearnerError('GET / was cut off');
    };
    const gone = await runAll(
      subject({ servicesDown: true }),
      criterion('asserts', breaks),
      criterion('throws', refused),
      criterion('holds', holds),
    );
    assert.deepEqual(
      gone.evidence.map(({ status }) => status),
      ['errored', 'errored', 'observed'],
    );
    const app = subject();
    app.assertServicesHealthy = async () => {
      throw new LearnerError('the app filled the disk of Postgres');
    };
    const filled = await runAll(app, criterion('asserts', breaks));
    assert.equal(filled.evidence[0]?.status, 'failed');
    assert.equal(filled.evidence[0]?.fault, 'learner');
  });

  test('a check that looks at nothing is a defect of the check, not a pass', async () => {
    const { evidence } = await runAll(
      subject(),
      criterion('idle', async () => {}),
    );
    assert.equal(evidence[0]?.status, 'errored');
  });

  test('a check that does not end is stopped at its limit, by its signal', async () => {
    let stopped = false;
    const { evidence } = await runAll(
      subject(),
      criterion(
        'slow',
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              stopped = true;
              reject(signal.reason);
            });
          }),
        { timeoutMs: 30 },
      ),
    );
    assert.equal(evidence[0]?.fault, 'timeout');
    assert.equal(evidence[0]?.reason, 'it was not finished after 0.03 s');
    assert.ok(stopped);
  });

  test('an app that is silent, and whose log names a database that is not there, is told so', async () => {
    const { evidence } = await runAll(
      subject({ suspicion: 'MongoDB refused the connection at localhost:27017' }),
      criterion('silent', () => Promise.reject(new LearnerError('GET /todos gave no answer.', { fault: 'timeout' }))),
    );
    assert.equal(
      evidence[0]?.reason,
      'GET /todos gave no answer; the app’s log says that MongoDB refused the connection at localhost:27017',
    );
  });

  test('when the app never came up, what needs it fails for that reason and the rest is looked at', async () => {
    const bootFailure = new LearnerError('the app ended at once with exit code 1', {
      logs: ['Error: Cannot find module'],
    });
    const { evidence } = await runAll(
      subject({ bootFailure }),
      criterion('http', holds),
      criterion('source', holds, { inputs: ['files'] }),
    );
    assert.equal(evidence[0]?.status, 'failed');
    assert.equal(evidence[0]?.reason, bootFailure.message);
    assert.deepEqual(evidence[0]?.logs, ['Error: Cannot find module']);
    assert.equal(evidence[1]?.status, 'observed');
  });

  test('what needs a failed criterion is skipped; what needs a partly good one is not', async () => {
    let ran = false;
    const { evidence } = await runAll(
      subject(),
      criterion('bad', breaks),
      criterion(
        'half',
        async ({ record }) => {
          record.assert('one', true);
          record.assert('two', false);
        },
        { score: { kind: 'ratio' } },
      ),
      criterion(
        'after-bad',
        async () => {
          ran = true;
        },
        { needs: ['bad'] },
      ),
      criterion('after-half', holds, { needs: ['half'] }),
    );
    assert.deepEqual(
      evidence.map(({ status }) => status),
      ['observed', 'observed', 'skipped', 'observed'],
    );
    assert.equal(ran, false);
  });

  test('a crash costs only the criterion that caused it: what ran beside it is looked at again', async () => {
    const app = subject();
    const victim = async ({ record }: CheckContext) => {
      await delay(20);
      if (app.crash()) throw new LearnerError('GET / was refused');
      record.assert('it holds', true);
    };
    const { evidence, events } = await runAll(
      app,
      criterion('culprit', async () => {
        void app.kill();
        throw new LearnerError('POST / was cut off');
      }),
      criterion('victim', victim),
      criterion('later', holds, { needs: ['victim'] }),
    );
    assert.deepEqual(
      evidence.map(({ status }) => status),
      ['failed', 'observed', 'observed'],
    );
    assert.equal(evidence[0]?.reason, 'the app ended with exit code 1');
    assert.deepEqual(evidence[0]?.logs, ['TypeError: boom']);
    assert.ok(app.restarts >= 2, 'before the second look at each, and before what follows');
    assert.deepEqual(events.toSorted(), ['culprit: 0', 'later: 1', 'victim: 1'], 'each criterion is told once');
  });

  test('a crash that becomes known after the connection was cut is a crash', async () => {
    const app = subject();
    const { evidence } = await runAll(
      app,
      criterion('culprit', async () => {
        void app.kill(delay(20));
        throw new LearnerError('POST / was cut off', { cause: new Error('ECONNRESET') });
      }),
    );
    assert.equal(evidence[0]?.reason, 'the app ended with exit code 1');
  });

  test('what is looked at again draws other values, and is not blamed for the end of the one before', async () => {
    const app = subject();
    const drawn: string[] = [];
    let looks = 0;
    const { evidence } = await runAll(
      app,
      criterion('culprit', async ({ record }) => {
        record.assert('it holds', false);
        void app.kill();
      }),
      criterion('victim', async ({ record, values }) => {
        drawn.push(values.token());
        looks++;
        if (looks === 1) await app.ended();
        // The second look still meets the end of what the culprit did in its own.
        if (looks === 2) await app.kill();
        if (app.crash()) throw new LearnerError('GET / was refused');
        record.assert('it holds', true);
      }),
    );
    assert.deepEqual(
      evidence.map(({ status, observation }) => [status, observation.assertions[0]?.ok]),
      [
        ['observed', false],
        ['observed', true],
      ],
    );
    assert.equal(new Set(drawn).size, 3);
  });

  test('the app is started anew after a disruptive criterion', async () => {
    const app = subject();
    await runAll(app, criterion('burst', holds, { disruptive: true }));
    assert.equal(app.restarts, 1);
  });

  test('nobody has to listen', async () => {
    const evidence = await run({
      criteria: [criterion('a', breaks), criterion('b', holds, { needs: ['a'] })],
      rubric: { accounts: undefined, dir: '/nowhere' },
      subject: subject(),
      reference: undefined,
      seed: 'seed',
      signal: new AbortController().signal,
      now: () => 0,
      trace: new Trace(),
      events: {},
    });
    assert.deepEqual(
      evidence.map(({ status }) => status),
      ['observed', 'skipped'],
    );
  });

  test('Ctrl-C ends the run with its reason', async () => {
    const interrupt = new AbortController();
    const app = subject();
    const running = run({
      criteria: [criterion('waits', ({ signal }) => delay(60_000, undefined, { signal }))],
      rubric: { accounts: undefined, dir: '/nowhere' },
      subject: app,
      reference: undefined,
      seed: 'seed',
      signal: interrupt.signal,
      now: () => 0,
      trace: new Trace(),
      events: { criterionStart: () => interrupt.abort(new Error('interrupted')) },
    });
    await assert.rejects(running, /interrupted/);
  });
});
