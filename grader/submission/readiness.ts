import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { choosePort } from './port-choice.ts';
import { PortProbes } from './port-probes.ts';
import type { AppExit, AppProcess } from './submission.ts';
import { WatcherWatch } from './watcher.ts';

/** How waiting for an app ended. */
export type Readiness =
  | {
      state: 'ready';
      port: number;
      origin: string;
      /** Why this port, where others answer HTTP as well. */
      because: string | undefined;
    }
  | { state: 'exited'; exit: AppExit }
  /** The app ended, and a watcher waits for its files to change. `watcher`: its name, where that is known. */
  | { state: 'watched'; watcher: string | undefined }
  /** `ports`: what it listens on without answering HTTP; empty when it never listened. */
  | { state: 'timeout'; ports: number[] }
  /** It printed more than an app prints while it starts. */
  | { state: 'flooded' };

export interface ReadinessOptions {
  /** Looked at first; another port counts once it answers. */
  preferred: number | undefined;
  timeoutMs: number;
  signal: AbortSignal;
  /** Paths that the app should know, for GET: they tell it from whatever else answers HTTP. Default: none. */
  paths?: readonly string[];
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
/** As long as nothing that answers knows any of the paths, other services of the same tree may still come up. */
const STRANGE_PORT_AFTER_MS = 5000;
/** Processes are looked at no more often than this. */
const PROCESSES_EVERY_MS = 200;

/** Waits until an app answers HTTP, ends, floods its log, or time is up. */
export async function waitUntilReady(app: AppProcess, options: ReadinessOptions): Promise<Readiness> {
  const { preferred, timeoutMs, signal, paths = [] } = options;
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const exit = app.exited.then((ended): Readiness => ({ state: 'exited', exit: ended }));
  using probes = new PortProbes(app, Math.max(FIRST_WAIT_MS, Math.min(PROBE_MS, timeoutMs / 2)));
  const watch = new WatcherWatch(app);
  let firstAnswer: number | undefined;
  let processesSeen = 0;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const looked = await Promise.race([app.listening(), exit]);
    if ('state' in looked) return looked;
    probes.look(looked);
    const ended = await Promise.race([
      delay(Math.max(0, Math.min(wait, timeoutMs - elapsed())), undefined, { signal }),
      probes.news(),
      exit,
    ]);
    if (ended !== undefined) return ended;

    const { answering } = probes;
    const ready = (port: number, because?: string): Readiness => ({
      state: 'ready',
      port,
      origin: app.origin(port),
      because,
    });
    if (answering.length > 0) {
      firstAnswer ??= elapsed();
      if (preferred !== undefined && answering.includes(preferred)) return ready(preferred);
      const waited = elapsed() - firstAnswer;
      if (preferred === undefined || waited >= OTHER_PORT_AFTER_MS) {
        const choice = await choosePort(app, answering, { paths, signal });
        const late = waited >= STRANGE_PORT_AFTER_MS || elapsed() >= timeoutMs;
        if (choice.known || paths.length === 0 || preferred === undefined) return ready(choice.port, choice.because);
        // What lives on beside an app that has ended may answer HTTP: a front end's dev server.
        if (late) return watch.said() ? { state: 'watched', watcher: undefined } : ready(choice.port, choice.because);
      }
    } else if (elapsed() - processesSeen >= PROCESSES_EVERY_MS) {
      processesSeen = elapsed();
      const watcher = looked.length > 0 ? undefined : await watch.look();
      if (watcher !== undefined) return { state: 'watched', watcher };
    }
    if (app.outputBytes() > START_OUTPUT_BYTES) return { state: 'flooded' };
    if (elapsed() >= timeoutMs) return { state: 'timeout', ports: looked };
  }
}
