import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { probe } from './probe.ts';
import type { AppExit, AppProcess } from './submission.ts';

/** How waiting for an app ended. */
export type Readiness =
  | { state: 'ready'; port: number; origin: string }
  | { state: 'exited'; exit: AppExit }
  /** `ports`: what it listens on without answering HTTP; empty when it never listened. */
  | { state: 'timeout'; ports: number[] }
  /** It printed more than an app prints while it starts. */
  | { state: 'flooded' };

export interface ReadinessOptions {
  /** Looked at first; another port counts once it answers. */
  preferred: number | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

/** What an app may print before it answers. */
const START_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Waits between two looks: short at first, for apps that are up in a tenth of a second. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 250;
/** One probe; long enough for an app that compiles something on its first request. */
const PROBE_MS = 2000;
/** A process that listens on PORT as well as on another port (a debugger, metrics) gets this long to open PORT. */
const OTHER_PORT_AFTER_MS = 400;

/** Waits until an app answers HTTP, ends, floods its log, or time is up. */
export async function waitUntilReady(app: AppProcess, options: ReadinessOptions): Promise<Readiness> {
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const exit = app.exited.then((ended): Readiness => ({ state: 'exited', exit: ended }));
  let ports: number[] = [];
  let otherSince: number | undefined;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    options.signal.throwIfAborted();
    const patience = Math.max(FIRST_WAIT_MS, Math.min(PROBE_MS, (options.timeoutMs - elapsed()) / 2));
    const looked = await Promise.race([look(app, options, patience), exit]);
    if ('state' in looked) return looked;
    ports = looked.ports;
    if (looked.answering !== undefined) {
      otherSince ??= elapsed();
      const ready =
        looked.answering === options.preferred ||
        options.preferred === undefined ||
        elapsed() - otherSince >= OTHER_PORT_AFTER_MS;
      if (ready) return { state: 'ready', port: looked.answering, origin: app.origin(looked.answering) };
    }
    if (app.outputBytes() > START_OUTPUT_BYTES) return { state: 'flooded' };
    const left = options.timeoutMs - elapsed();
    if (left <= 0) return { state: 'timeout', ports };
    const ended = await Promise.race([delay(Math.min(wait, left), undefined, { signal: options.signal }), exit]);
    if (ended !== undefined) return ended;
  }
}

/** One look: the ports of the app, and one that answers, the preferred one first. */
async function look(
  app: AppProcess,
  { preferred, signal }: ReadinessOptions,
  patienceMs: number,
): Promise<{ ports: number[]; answering: number | undefined }> {
  const ports = (await app.listening()).toSorted((a, b) => Number(b === preferred) - Number(a === preferred) || a - b);
  for (const port of ports) {
    if ((await probe(app.origin(port), patienceMs, signal)) === 'answers') return { ports, answering: port };
  }
  return { ports, answering: undefined };
}
