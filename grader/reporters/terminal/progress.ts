import type { RunEvents } from '../../report/events.ts';
import type { CriterionResult } from '../../report/schema.ts';

/** A phase of the run, such as installing dependencies. Times in milliseconds of the clock that was given. */
export interface PhaseProgress {
  id: string;
  title: string;
  state: 'started' | 'done' | 'failed';
  detail: string | undefined;
  startedAt: number;
  endedAt: number | undefined;
}

/** A criterion whose check has started. */
export interface CriterionProgress {
  id: string;
  title: string;
  startedAt: number;
  endedAt: number | undefined;
  result: CriterionResult | undefined;
}

/** Where a run stands, from the events that it has sent so far. */
export class Progress implements RunEvents {
  readonly startedAt: number;
  run: Parameters<NonNullable<RunEvents['begin']>>[0] | undefined;
  readonly phases = new Map<string, PhaseProgress>();
  readonly criteria = new Map<string, CriterionProgress>();
  /** Downloads and the like that have not come to their end, by name; from 0 to 1. */
  readonly transfers = new Map<string, number>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds that never goes back, such as `performance.now` */
  constructor(now: () => number) {
    this.#now = now;
    this.startedAt = now();
  }

  now(): number {
    return this.#now();
  }

  begin(run: NonNullable<Progress['run']>): void {
    this.run = run;
  }

  phase({ id, title, state, detail }: Parameters<NonNullable<RunEvents['phase']>>[0]): PhaseProgress {
    const known = this.phases.get(id);
    const phase: PhaseProgress = {
      id,
      title,
      state,
      detail: detail ?? known?.detail,
      startedAt: known?.startedAt ?? this.#now(),
      endedAt: state === 'started' ? undefined : this.#now(),
    };
    this.phases.set(id, phase);
    return phase;
  }

  progress({ what, fraction }: { what: string; fraction: number }): void {
    if (fraction < 1) this.transfers.set(what, Math.max(0, fraction));
    else this.transfers.delete(what);
  }

  criterionStart({ id, title }: { id: string; title: string }): void {
    this.criteria.set(id, { id, title, startedAt: this.#now(), endedAt: undefined, result: undefined });
  }

  /** Also for a criterion that never started because what it needs had failed. */
  criterionEnd(result: CriterionResult): CriterionProgress {
    const known = this.criteria.get(result.id);
    const ended = {
      id: result.id,
      title: result.title,
      startedAt: known?.startedAt ?? this.#now(),
      endedAt: this.#now(),
      result,
    };
    // Put last, so that the map's order is the order of ending.
    this.criteria.delete(result.id);
    this.criteria.set(result.id, ended);
    return ended;
  }
}
