import { performance } from 'node:perf_hooks';
import { LearnerError } from '../platform/errors.ts';
import type { Assumption } from '../report/schema.ts';
import { explainExit, explainStart, type Diagnosis } from './diagnosis.ts';
import { waitUntilReady } from './readiness.ts';
import type { AppExit, AppProcess, Sandbox, StartPlan } from './submission.ts';

export interface BootOptions {
  /** The app's variables, without PORT and HOST: see environment.ts. */
  env: Readonly<Record<string, string>>;
  /** How long it may take from its start to its first answer. Default 30,000. */
  timeoutMs?: number;
  signal: AbortSignal;
  /** False when the sandbox was built already: for a restart. Default true. */
  build?: boolean;
}

/** An app that answers HTTP. Ends with its scope. */
export interface BootedApp extends AsyncDisposable {
  process: AppProcess;
  /** Where the grader reaches it: `http://127.0.0.1:49152`. */
  origin: string;
  /** The port that it listens on, as itself sees it. */
  port: number;
  /** All variables that it was given. */
  env: Record<string, string>;
  assumptions: Assumption[];
  /** From its start to its first answer. */
  durationMs: number;
  /** How it ended and why, once it has; undefined while it runs. */
  ended(): (Diagnosis & { exit: AppExit; logs: string[] }) | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** Lines of the log that go with an error. */
const LOG_LINES = 40;

/**
 * Builds and starts an app, and waits until it answers HTTP.
 *
 * @throws {LearnerError} that names the cause, with the last lines of the log
 */
export async function boot(sandbox: Sandbox, plan: StartPlan, options: BootOptions): Promise<BootedApp> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const address = await sandbox.address();
  const port = plan.port ?? address.port;
  const env = { ...plan.env, ...options.env, PORT: String(port), HOST: address.host };
  if (plan.build !== undefined && options.build !== false) await sandbox.build(plan.build, env);

  await using stack = new AsyncDisposableStack();
  const startedAt = performance.now();
  const app = stack.use(await sandbox.startApp(plan.start, env));
  const readiness = await waitUntilReady(app, { preferred: port, timeoutMs, signal: options.signal });
  if (readiness.state !== 'ready') {
    const logs = app.logs.tail(LOG_LINES);
    const { reason, mend, fault } = explainStart(readiness, logs, {
      what: `The app (${plan.start.join(' ')})`,
      timeoutMs,
      preferred: port,
    });
    throw new LearnerError(reason, { fault, logs, ...(mend === undefined ? {} : { mend }) });
  }
  let exit: AppExit | undefined;
  void app.exited.then((ended) => (exit = ended));
  const assumptions: Assumption[] = [];
  if (readiness.port !== port)
    assumptions.push({
      what: `The app is reached on port ${readiness.port}`,
      because: `it answers there, not on PORT (${port})`,
    });
  const owned = stack.move();
  return {
    process: app,
    origin: readiness.origin,
    port: readiness.port,
    env,
    assumptions,
    durationMs: performance.now() - startedAt,
    ended() {
      if (exit === undefined) return undefined;
      const logs = app.logs.tail(LOG_LINES);
      return { ...explainExit(exit, logs, 'The app ended while it was graded'), exit, logs };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
