import type { Expectation } from './answer-judge.ts';

/** One request as it goes over the wire. */
export interface LoadRequest {
  method: string;
  /** With the query; starts with a slash. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

interface RoundOptions {
  /** Such as `http://127.0.0.1:49152`. */
  origin: string;
  /** Sent one after the other, over and over; at least one. */
  requests: readonly LoadRequest[];
  expect: Expectation;
  connections: number;
  durationMs: number;
}

/** As many requests as the app takes: each connection sends the next one when it has its answer. */
export interface ClosedLoopRound extends RoundOptions {
  kind: 'closed';
}

/** Requests at fixed times, whether or not earlier ones were answered. */
export interface OpenLoopRound extends RoundOptions {
  kind: 'open';
  /** Requests a second. */
  rate: number;
  /** How long to wait for the last answers, in milliseconds. */
  graceMs: number;
}

export type Round = ClosedLoopRound | OpenLoopRound;

/** What one round saw of one app. */
export interface RoundResult extends RoundCounts {
  /** Whether the app was done with the round's work soon after it. */
  settled: boolean;
}

export interface RoundCounts {
  /** Answers that were right. */
  valid: number;
  /** Answers that came, but were wrong. */
  wrong: number;
  /** Requests that failed: refused, reset, malformed. */
  missing: number;
  /** Open loop only: requests that still waited when the round was over. Slowness, which their latency tells. */
  late: number;
  elapsedMs: number;
  /** Open loop only: milliseconds from when each request was due, in no order. */
  latencies: number[];
  /** The share of the round in which the generator's own thread was busy, from 0 to 1. */
  generatorBusy: number;
  /** The commonest reasons why answers did not count, with how many times. */
  reasons: [reason: string, count: number][];
}

/** Counts why answers did not count; distinct reasons are bounded, since they quote the app. */
export class Reasons {
  readonly #counts = new Map<string, number>();

  add(reason: string, times = 1): void {
    if (times === 0) return;
    const key = this.#counts.has(reason) || this.#counts.size < 50 ? reason : 'other reasons';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
  }

  top(): [string, number][] {
    return [...this.#counts].toSorted((a, b) => b[1] - a[1]).slice(0, 5);
  }
}
