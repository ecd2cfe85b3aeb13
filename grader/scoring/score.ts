import type { CriterionResult, Evidence, Policy, Score, Verdict } from '../report/schema.ts';
import { fractionOf } from './policy.ts';

/** What scoring needs to know of a rubric. */
export interface Scale {
  points: number;
  passMark: number;
  criteria: readonly ScaleCriterion[];
}

export interface ScaleCriterion {
  id: string;
  title: string;
  points: number;
  needs: readonly string[];
  score: Policy;
  hint: string;
}

/**
 * Turns evidence into verdicts and a score. Pure: the same rubric and evidence give the same marks.
 * A criterion without evidence is not graded.
 */
export function score(scale: Scale, evidence: readonly Evidence[]): { criteria: CriterionResult[]; score: Score } {
  const byId = new Map(evidence.map((item) => [item.criterion, item]));
  const verdicts = new Map<string, Verdict>();
  const visit = (criterion: ScaleCriterion): Verdict => {
    const known = verdicts.get(criterion.id);
    if (known) return known;
    const needed = scale.criteria.filter((other) => criterion.needs.includes(other.id));
    const verdict = judge(
      criterion,
      byId.get(criterion.id),
      needed.map((need) => ({ title: need.title, verdict: visit(need) })),
    );
    verdicts.set(criterion.id, verdict);
    return verdict;
  };
  const criteria = scale.criteria.map((criterion): CriterionResult => {
    return result(criterion, byId.get(criterion.id) ?? notRun(criterion), visit(criterion));
  });
  return { criteria, score: total(scale, criteria) };
}

/** A criterion, its evidence and its verdict as they stand in a report. */
export function result(criterion: ScaleCriterion, evidence: Evidence, verdict: Verdict): CriterionResult {
  const { id, title, points, needs, score: policy, hint } = criterion;
  return { id, title, points, needs: [...needs], policy, hint, verdict, evidence };
}

/** One criterion's verdict from its evidence and the verdicts of what it needs. */
export function judge(
  criterion: ScaleCriterion,
  evidence: Evidence | undefined,
  needs: readonly { title: string; verdict: Verdict }[],
): Verdict {
  const unknownNeed = needs.find(({ verdict }) => verdict.fraction === null);
  if (unknownNeed) return notGraded(`“${unknownNeed.title}” comes first and was not graded`);
  const failedNeed = needs.find(({ verdict }) => verdict.fraction === 0);
  if (failedNeed) return lost('dependency', `“${failedNeed.title}” comes first and failed`);
  if (!evidence) return notGraded('it was not run');
  switch (evidence.status) {
    case 'errored':
      return notGraded(evidence.reason ?? 'the grader could not run the check');
    case 'skipped':
      return notGraded('it was not run');
    case 'failed':
      return lost(evidence.fault ?? 'learner', evidence.reason ?? 'the check could not be finished');
    case 'observed': {
      const fraction = fractionOf(criterion.score, evidence.observation);
      if (fraction === null) return notGraded('the measurement that it is scored by is missing');
      return {
        fraction,
        earned: round(fraction * criterion.points),
        fault: fraction < 1 ? 'learner' : null,
        reason: fraction < 1 ? whyNotAll(criterion.score, evidence) : '',
      };
    }
  }
}

function whyNotAll(policy: Policy, evidence: Evidence): string {
  const broken = evidence.observation.assertions.filter((assertion) => !assertion.ok);
  const first = broken[0];
  if (first)
    return broken.length === 1 ? `not so: ${first.title}` : `not so: ${first.title} (and ${broken.length - 1} more)`;
  if (policy.kind !== 'curve') return '';
  const measurement = evidence.observation.measurements[policy.metric];
  const full = policy.points.find(([, fraction]) => fraction === Math.max(...policy.points.map(([, y]) => y)));
  return measurement && full
    ? `${policy.metric} is ${round(measurement.value)} ${measurement.unit}; full marks at ${full[0]}`.replace('  ', ' ')
    : '';
}

function total(scale: Scale, criteria: readonly CriterionResult[]): Score {
  const earned = round(criteria.reduce((sum, { verdict }) => sum + (verdict.earned ?? 0), 0));
  const open = round(criteria.reduce((sum, { points, verdict }) => sum + (verdict.fraction === null ? points : 0), 0));
  const passed = earned >= scale.passMark ? true : earned + open < scale.passMark ? false : null;
  return { earned, max: scale.points, notGraded: open, passMark: scale.passMark, passed };
}

function lost(fault: 'dependency' | NonNullable<Evidence['fault']>, reason: string): Verdict {
  return { fraction: 0, earned: 0, fault, reason };
}

function notGraded(reason: string): Verdict {
  return { fraction: null, earned: null, fault: 'infrastructure', reason };
}

function notRun(criterion: ScaleCriterion): Evidence {
  return {
    criterion: criterion.id,
    check: '',
    status: 'errored',
    fault: 'infrastructure',
    reason: 'it was not run',
    observation: { assertions: [], measurements: {}, exchanges: [], commands: [], positions: [], plots: [], notes: [] },
    logs: [],
    startMs: 0,
    durationMs: 0,
  };
}

function round(value: number): number {
  return Math.round((value + Number.EPSILON) * 100) / 100;
}
