import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';

/** What a span was spent on; the grader's own time is that in which nothing else was going on. */
export type SpanCategory = 'grader' | 'checkout' | 'install' | 'boot' | 'services' | 'check' | 'teardown';

/** One timed piece of work. Times are milliseconds since the trace began. */
export interface Span {
  name: string;
  category: SpanCategory;
  startMs: number;
  durationMs: number;
  /** A nested span lies on its parent's lane; what runs side by side lies on lanes of its own. */
  lane: number;
}

/** The span that surrounds the current work. */
interface Surrounding {
  lane: number;
  /** Whether a nested span is on the lane at the moment. */
  occupied: boolean;
}

/** Records where the time of one grading goes. Spans may run side by side and nest. */
export class Trace {
  readonly #epoch: number;
  readonly #spans: Span[] = [];
  readonly #surrounding = new AsyncLocalStorage<Surrounding>();
  readonly #busyLanes = new Set<number>();

  /** @param epoch when the trace begins, by `performance.now()`; 0 is when the process started */
  constructor(epoch = performance.now()) {
    this.#epoch = epoch;
  }

  /** Times `work` under `name`; the span is kept also when `work` throws. */
  async span<T>(name: string, category: SpanCategory, work: () => Promise<T>): Promise<T> {
    const parent = this.#surrounding.getStore();
    const nested = parent !== undefined && !parent.occupied;
    const lane = nested ? parent.lane : this.#freeLane();
    if (nested) parent.occupied = true;
    else this.#busyLanes.add(lane);
    const startMs = performance.now() - this.#epoch;
    try {
      return await this.#surrounding.run({ lane, occupied: false }, work);
    } finally {
      this.#spans.push({ name, category, startMs, durationMs: performance.now() - this.#epoch - startMs, lane });
      if (nested) parent.occupied = false;
      else this.#busyLanes.delete(lane);
    }
  }

  #freeLane(): number {
    let lane = 0;
    while (this.#busyLanes.has(lane)) lane++;
    return lane;
  }

  /** All finished spans, by start. */
  spans(): Span[] {
    return this.#spans.toSorted((a, b) => a.startMs - b.startMs || b.durationMs - a.durationMs);
  }
}

/** Categories whose time is not the grader's own: the submission's, the servers', and the checks'. */
const NOT_OWN: readonly string[] = ['install', 'boot', 'services', 'check'];

/**
 * What the grader itself added: the time of a run in which no install, boot, service or check went on.
 *
 * @param spans as a report holds them
 * @param totalMs the whole run
 */
export function ownMs(
  spans: readonly { category: string; startMs: number; durationMs: number }[],
  totalMs: number,
): number {
  let covered = 0;
  let end = 0;
  for (const { startMs, durationMs } of spans
    .filter(({ category }) => NOT_OWN.includes(category))
    .toSorted((a, b) => a.startMs - b.startMs)) {
    const from = Math.max(startMs, end);
    const to = Math.min(startMs + durationMs, totalMs);
    if (to > from) covered += to - from;
    end = Math.max(end, to);
  }
  return totalMs - covered;
}
