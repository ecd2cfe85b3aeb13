import { median } from '../checks/load/statistics.ts';

/** One timed run of a contestant, in milliseconds. */
export interface Run {
  totalMs: number;
  /** Of the total, how long apps were under load. */
  loadMs: number;
  /** Of the total, what the grader itself added; undefined for the baseline, where there is none. */
  ownMs?: number;
  /** How long each part took, by its name, in order. */
  parts: ReadonlyMap<string, number>;
}

/** The middle of several runs, with how far they lie apart; milliseconds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** What must hold for a grader to be called fast. */
export interface Bounds {
  /** A grading's time over the baseline's. */
  ratio: number;
  ownMs: number;
}

export interface Comparison {
  total: Spread;
  own: Spread | undefined;
  /** Over the baseline, round by round; undefined without a baseline. */
  ratio: Spread | undefined;
  parts: Map<string, number>;
  /** What was missed, in words; empty when every bound was kept. */
  missed: string[];
}

/**
 * Compares the runs of one contestant with those of the baseline that were made in the same rounds: what else the
 * machine did in a round met both, so the ratio is taken round by round and its median judged. A baseline that
 * was under load for longer or shorter counts as if it had been so for the same time.
 */
export function compare(runs: readonly Run[], baseline: readonly Run[] | undefined, bounds: Bounds): Comparison {
  const owns = runs.flatMap(({ ownMs }) => ownMs ?? []);
  const own = owns.length > 0 ? spread(owns) : undefined;
  const ratio =
    baseline === undefined
      ? undefined
      : spread(runs.map((run, round) => run.totalMs / withLoadOf(run, baseline[round])));
  const missed = [
    ...(ratio !== undefined && !(ratio.median <= bounds.ratio)
      ? [`it takes ${ratio.median.toFixed(2)} of the baseline's time, more than ${bounds.ratio}`]
      : []),
    ...(own !== undefined && !(own.median <= bounds.ownMs)
      ? [`it adds ${inSeconds(own.median)} of its own, more than ${inSeconds(bounds.ownMs)}`]
      : []),
  ];
  return { total: spread(runs.map(({ totalMs }) => totalMs)), own, ratio, parts: medianParts(runs), missed };
}

/** `1.23 s` */
export function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function withLoadOf(run: Run, baseline: Run | undefined): number {
  return baseline === undefined ? Number.NaN : baseline.totalMs - baseline.loadMs + run.loadMs;
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The median of each part over the runs; a part that a run did not have took no time in it. */
function medianParts(runs: readonly Run[]): Map<string, number> {
  const names = new Set(runs.flatMap(({ parts }) => [...parts.keys()]));
  return new Map([...names].map((name) => [name, median(runs.map(({ parts }) => parts.get(name) ?? 0))]));
}
