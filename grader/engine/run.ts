import pMap from 'p-map';
import type { RunEvents } from '../report/events.ts';
import type { Evidence, Verdict } from '../report/schema.ts';
import type { Trace } from '../platform/trace.ts';
import { judge, type ScaleCriterion, result } from '../scoring/score.ts';
import { type ObserveOptions, observe, type PreparedCriterion } from './observe.ts';
import { type Plannable, plan } from './plan.ts';

/** How many functional and security checks run side by side. */
const SIDE_BY_SIDE = 4;

/** A criterion with everything that running and judging it takes. */
export interface RunCriterion extends PreparedCriterion, ScaleCriterion, Plannable {}

export interface RunOptions extends ObserveOptions {
  criteria: readonly RunCriterion[];
  events: RunEvents;
  trace: Trace;
}

/**
 * Runs all criteria: in the order of their needs, side by side where they may, each isolated from the
 * others' failures. A criterion whose need failed is skipped.
 *
 * @returns evidence in the order of `criteria`
 * @throws the reason of `signal` when the run is aborted, nothing else
 */
export async function run(options: RunOptions): Promise<Evidence[]> {
  const evidence = new Map<string, Evidence>();
  const verdicts = new Map<string, Verdict>();

  const settle = (criterion: RunCriterion, item: Evidence): void => {
    const needs = criterion.needs.map((id) => ({ title: titleOf(options.criteria, id), verdict: known(verdicts, id) }));
    const verdict = judge(criterion, item, needs);
    evidence.set(criterion.id, item);
    verdicts.set(criterion.id, verdict);
    options.events.criterionEnd?.(result(criterion, item, verdict));
  };
  const runOne = (criterion: RunCriterion, seed = options.seed) =>
    options.trace.span(criterion.id, 'check', () => observe(criterion, { ...options, seed }));
  /** The database keeps what was stored before, so that values which have to be unique are drawn anew. */
  const runAgain = async (criterion: RunCriterion, attempt: number) => {
    await ensureUp(options);
    return runOne(criterion, `${options.seed} ${attempt}`);
  };

  for (const stage of plan(options.criteria)) {
    options.signal.throwIfAborted();
    const runnable = stage.filter((criterion) => {
      const needs = criterion.needs.map((id) => known(verdicts, id));
      if (needs.every((verdict) => verdict.fraction !== null && verdict.fraction > 0)) return true;
      settle(criterion, skipped(criterion, options.now()));
      return false;
    });
    await ensureUp(options);
    const suspects: RunCriterion[] = [];
    await pMap(
      runnable,
      async (criterion) => {
        options.events.criterionStart?.(criterion);
        const seen = await runOne(criterion);
        // A crash takes down whatever ran beside it: those are looked at again one by one, so that only
        // the criterion whose request crashed the app pays for it.
        if (runnable.length > 1 && options.subject.crash() && isBroken(seen)) suspects.push(criterion);
        else settle(criterion, seen);
      },
      { concurrency: SIDE_BY_SIDE },
    );
    for (const criterion of suspects) {
      let seen = await runAgain(criterion, 2);
      // The app may have been going down still, by what the one before did last.
      if (isBroken(seen) && options.subject.crash()) seen = await runAgain(criterion, 3);
      settle(criterion, seen);
    }
    if (stage.some((criterion) => criterion.disruptive) && !options.subject.bootFailure)
      await options.subject.restart();
  }
  return options.criteria.flatMap((criterion) => evidence.get(criterion.id) ?? []);
}

async function ensureUp({ subject }: RunOptions): Promise<void> {
  if (subject.crash() && !subject.bootFailure) await subject.restart();
}

function isBroken(evidence: Evidence): boolean {
  return evidence.status !== 'observed' || evidence.observation.assertions.some((assertion) => !assertion.ok);
}

function skipped(criterion: RunCriterion, startMs: number): Evidence {
  return {
    criterion: criterion.id,
    check: criterion.check.id,
    status: 'skipped',
    fault: 'dependency',
    reason: 'a criterion that it needs failed first',
    observation: { assertions: [], measurements: {}, exchanges: [], commands: [], positions: [], plots: [], notes: [] },
    logs: [],
    startMs,
    durationMs: 0,
  };
}

function titleOf(criteria: readonly RunCriterion[], id: string): string {
  return criteria.find((criterion) => criterion.id === id)?.title ?? id;
}

function known(verdicts: ReadonlyMap<string, Verdict>, id: string): Verdict {
  const verdict = verdicts.get(id);
  if (!verdict) throw new RangeError(`criterion ${id} was planned before what it needs`);
  return verdict;
}
