import { probe } from './probe.ts';
import type { AppProcess } from './submission.ts';

/**
 * Which of an app's ports speak HTTP. Each is asked on its own, so that one that stays silent (a TCP service, a
 * debugger) holds up no other. Ends with its scope.
 */
export class PortProbes implements Disposable {
  readonly #app: Pick<AppProcess, 'origin'>;
  readonly #patienceMs: number;
  readonly #answering = new Set<number>();
  readonly #running = new Map<number, Promise<void>>();
  readonly #stop = new AbortController();

  /** @param patienceMs for one answer; long enough for an app that compiles something at its first request */
  constructor(app: Pick<AppProcess, 'origin'>, patienceMs: number) {
    this.#app = app;
    this.#patienceMs = patienceMs;
  }

  /** Asks those of the listening ports that have not answered, and forgets those that no longer listen. */
  look(listening: readonly number[]): void {
    const known = new Set(listening);
    for (const port of this.#answering) if (!known.has(port)) this.#answering.delete(port);
    for (const port of listening) {
      if (this.#answering.has(port) || this.#running.has(port)) continue;
      const asked = this.#ask(port).finally(() => this.#running.delete(port));
      this.#running.set(port, asked);
    }
  }

  /** Ports that have answered, lowest first. */
  get answering(): number[] {
    return [...this.#answering].toSorted((a, b) => a - b);
  }

  /** Resolves when any question that is open now has its answer; never when there is none. */
  async news(): Promise<void> {
    await (this.#running.size === 0 ? new Promise<never>(() => {}) : Promise.race(this.#running.values()));
  }

  async #ask(port: number): Promise<void> {
    const result = await probe(this.#app.origin(port), this.#patienceMs, this.#stop.signal);
    if (result === 'answers') this.#answering.add(port);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
