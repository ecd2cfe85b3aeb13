import { setTimeout as delay } from 'node:timers/promises';
import { type Diagnosis, explainExit, explainWatched } from './diagnosis.ts';
import type { AppExit, AppProcess } from './submission.ts';
import { watcherIn, WatcherWatch } from './watcher.ts';

/** How often it is looked whether a running app still listens, while somebody waits for its end. */
const LOOK_EVERY_MS = 100;
/** How often in a row it must not listen. */
const LOOKS = 3;

/** How a running app comes to its end: its process ends, or its watcher lives on without it. */
export class AppEnd {
  readonly #app: AppProcess;
  readonly #port: number;
  readonly #logLines: number;
  readonly #watch: WatcherWatch;
  #watcher: string | undefined;
  #exit: AppExit | undefined;
  #silent = false;

  /** @param port on which the app listens now @param logLines of the log that go with its end */
  constructor(app: AppProcess, port: number, logLines: number) {
    this.#app = app;
    this.#port = port;
    this.#logLines = logLines;
    this.#watch = new WatcherWatch(app);
    void app.exited.then((exit) => (this.#exit = exit));
    void app
      .processes()
      .catch(() => undefined)
      .then((tree) => (this.#watcher = watcherIn(tree ?? [])));
  }

  /** How it ended; undefined while it runs, as far as is known. */
  ended(): (Diagnosis & { logs: string[] }) | undefined {
    // What a watcher says for good needs no look at the ports.
    if (this.#watcher !== undefined && this.#watch.said()?.final) this.#silent = true;
    if (this.#exit === undefined && !this.#silent) return undefined;
    const logs = this.#app.logs.tail(this.#logLines);
    const what = 'The app ended while it was graded';
    const diagnosis =
      this.#exit === undefined ? explainWatched(this.#watcher, logs, what) : explainExit(this.#exit, logs, what);
    return { ...diagnosis, logs };
  }

  /** Resolves when it has ended, or has not listened for some looks in a row; when `signal` aborts, as well. */
  async gone(signal: AbortSignal): Promise<void> {
    for (let missed = 0; missed < LOOKS;) {
      // The engine that is asked may be away for a moment: that says nothing about the app.
      const looked = await Promise.race([this.#app.listening().catch(() => undefined), this.#app.exited]);
      if (signal.aborted || (looked !== undefined && 'outOfMemory' in looked)) return;
      if (looked !== undefined) missed = looked.includes(this.#port) ? 0 : missed + 1;
      await Promise.race([delay(LOOK_EVERY_MS, undefined, { ref: false }), this.#app.exited]);
    }
    this.#silent = true;
  }
}
