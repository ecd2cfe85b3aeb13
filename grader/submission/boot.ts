import { performance } from 'node:perf_hooks';
import { InfrastructureError } from '../platform/errors.ts';
import type { Assumption } from '../report/schema.ts';
import type { Facts } from './causes.ts';
import { AppEnd } from './app-end.ts';
import { explainStart, startError, type Diagnosis } from './diagnosis.ts';
import { runMigrations } from './migration.ts';
import { type Readiness, waitUntilReady } from './readiness.ts';
import type { AppProcess, OccupiedPort, Sandbox, StartPlan } from './submission.ts';
import { type ListenNames, listenValues, USUAL_LISTEN_NAMES } from './variables/listen-names.ts';

export interface BootOptions {
  /** The app's variables, without those that say where to listen: see environment.ts. */
  env: Readonly<Record<string, string>>;
  /** The variables that say where to listen. Default: PORT and HOST. */
  listen?: ListenNames;
  /** How long it may take from its start to its first answer. Default 35,000: drivers give up on a database after 30. */
  timeoutMs?: number;
  signal: AbortSignal;
  /** False when the sandbox was built already: for a restart. Default true. */
  build?: boolean;
  /** Paths that it should know, for GET: they tell the app from other servers in its tree. Default: none. */
  paths?: readonly string[];
  /** Reads what its source says, for the reason when it does not come up. Default: nothing is known. */
  facts?: (env: Readonly<Record<string, string>>) => Promise<Facts>;
}

/** An app that answers HTTP. Ends with its scope. */
export interface BootedApp extends AsyncDisposable {
  process: AppProcess;
  /** The command that started it. */
  command: string[];
  /** Where the grader reaches it: `http://127.0.0.1:49152`. */
  origin: string;
  /** The port that it listens on, as itself sees it. */
  port: number;
  /** All variables that it was given. */
  env: Record<string, string>;
  assumptions: Assumption[];
  /** From its start to its first answer. */
  durationMs: number;
  /** How it ended and why, once that is known; undefined while it runs. */
  ended(): (Diagnosis & { logs: string[] }) | undefined;
  /**
   * Resolves when it has ended, or no longer listens though its process tree lives (a watcher): from then on `ended`
   * tells how. When `signal` aborts it stops looking, and resolves as well.
   */
  gone(signal: AbortSignal): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 35_000;
/** Lines of the log that go with an error. */
const LOG_LINES = 40;

/**
 * Builds and starts an app, and waits until it answers HTTP.
 *
 * @throws {LearnerError} that names the cause, with the last lines of the log
 * @throws {InfrastructureError} when another program of this machine has the app's port
 */
export async function boot(sandbox: Sandbox, plan: StartPlan, options: BootOptions): Promise<BootedApp> {
  const address = await sandbox.address();
  const port = plan.port ?? address.port;
  const env = {
    ...plan.env,
    ...options.env,
    ...listenValues(options.listen ?? USUAL_LISTEN_NAMES, { port, host: address.host }),
  };
  const assumptions: Assumption[] = [];
  if (options.build !== false) {
    if (plan.build !== undefined) assumptions.push(...(await sandbox.build(plan.build, env, plan.produces)));
    assumptions.push(...(await runMigrations(sandbox, plan.migrate, { env, signal: options.signal })));
  }

  let first: Failure | undefined;
  for (const { command, because } of [{ command: plan.start, because: undefined }, ...plan.instead]) {
    if (first !== undefined)
      assumptions.push({
        what: `The app is started by "${command.join(' ')}"`,
        because: `${because}; "${plan.start.join(' ')}" ended at once with exit code 0 and never listened`,
      });
    const result = await startOnce(sandbox, command, { ...options, env, port });
    if (!('failure' in result)) return { ...result, assumptions: [...assumptions, ...result.assumptions] };
    first ??= result;
    if (!result.quiet) break;
  }
  throw first?.failure ?? new RangeError('a plan has a command');
}

interface Failure {
  failure: Error;
  /** It ended with exit code 0 and had never listened: another command may be the right one. */
  quiet: boolean;
}

async function startOnce(
  sandbox: Sandbox,
  command: string[],
  options: BootOptions & { env: Record<string, string>; port: number },
): Promise<BootedApp | Failure> {
  const { env, port, signal, paths = [], timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const occupied = await sandbox.occupied();
  await using stack = new AsyncDisposableStack();
  const startedAt = performance.now();
  const app = stack.use(await sandbox.startApp(command, env));
  const readiness = await waitUntilReady(app, { preferred: port, timeoutMs, signal, paths });
  if (readiness.state !== 'ready') {
    const logs = app.logs.tail(LOG_LINES);
    const facts = await options.facts?.(env);
    const taken = await takenPort(logs, occupied, facts);
    const what = `The app (${command.join(' ')})`;
    const diagnosis = explainStart(readiness, logs, { what, timeoutMs, preferred: port, facts });
    return { failure: taken ?? startError(diagnosis, logs), quiet: isQuiet(readiness) };
  }
  const durationMs = performance.now() - startedAt;
  const end = new AppEnd(app, readiness.port, LOG_LINES);
  const owned = stack.move();
  return {
    process: app,
    command,
    origin: readiness.origin,
    port: readiness.port,
    env,
    assumptions: reachedElsewhere(readiness, port),
    durationMs,
    ended: () => end.ended(),
    gone: (waiting) => end.gone(waiting),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function isQuiet(readiness: Readiness): boolean {
  return readiness.state === 'exited' && readiness.exit.exitCode === 0 && !readiness.exit.outOfMemory;
}

function reachedElsewhere(readiness: Extract<Readiness, { state: 'ready' }>, port: number): Assumption[] {
  if (readiness.port === port) return [];
  const because = `it answers there, not on PORT (${port})`;
  return [
    {
      what: `The app is reached on port ${readiness.port}`,
      because: readiness.because === undefined ? because : `${because}; ${readiness.because}`,
    },
  ];
}

/** The error of an app whose port another program had before it started: no fault of the learner's. */
async function takenPort(
  logs: readonly string[],
  occupied: ReadonlyMap<number, OccupiedPort>,
  facts: Facts | undefined,
): Promise<InfrastructureError | undefined> {
  const refused = logs.flatMap((line) => Number(/EADDRINUSE.*?:(\d{1,5})\b/.exec(line)?.[1] ?? NaN));
  // Some apps say it in words of their own.
  const port = [...refused, ...(facts?.ports ?? []).map((one) => one.port)].find((one) => occupied.has(one));
  if (port === undefined) return undefined;
  const holder = await occupied.get(port)?.holder();
  const written = facts?.ports.find((one) => one.port === port);
  return new InfrastructureError(
    `Port ${port}, on which the app listens${written === undefined ? '' : ` (${written.file}:${written.line})`}, was taken on this machine before it started${holder === undefined ? '' : `: by process ${holder.pid}, ${holder.command.slice(0, 100)}`}.`,
    { mend: 'End that program, or grade in a container, which has all ports to itself (--runtime docker).' },
  );
}
