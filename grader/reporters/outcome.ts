import type { Assertion, CriterionResult, Fault, Measurement, Report } from '../report/schema.ts';

/** How a criterion came out, as reports tell it. */
export type Outcome = 'full' | 'partial' | 'none' | 'not-graded';

export function outcomeOf({ points: most, verdict }: CriterionResult): Outcome {
  if (verdict.earned === null) return 'not-graded';
  if (verdict.earned >= most) return 'full';
  return verdict.earned > 0 ? 'partial' : 'none';
}

/** The outcome in words, for where no mark or colour is seen. */
export const OUTCOME_WORDS: Record<Outcome, string> = {
  full: 'full marks',
  partial: 'some marks',
  none: 'no marks',
  'not-graded': 'not graded',
};

export const FAULT_WORDS: Record<Fault, string> = {
  learner: 'your code',
  timeout: 'ran out of time',
  'out-of-memory': 'ran out of memory',
  dependency: 'not run',
  infrastructure: 'the grader’s own trouble',
};

/** `passed`, `not passed`, or that it can't be told yet. */
export function passedWords({ score }: Report): string {
  if (score.passed === null) return 'undecided';
  return score.passed ? 'passed' : 'not passed';
}

/** Points with at most two decimals: `15`, `9.75`. */
export function points(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** `10 points`, `1 point`. */
export function countOf(count: number, noun: string): string {
  return `${points(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A duration to read: `340 ms`, `4.2 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A measured number with three significant digits and its unit. */
export function quantity(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return `${digits.toLocaleString('en-GB')}${unit === '' ? '' : unit === '%' ? '%' : ` ${unit}`}`;
}

/** A measurement with the spread of its rounds. */
export function measured({ value, unit, samples }: Measurement): string {
  if (samples.length < 2) return quantity(value, unit);
  return `${quantity(value, unit)} (${samples.length} rounds: ${quantity(Math.min(...samples), '')} to ${quantity(Math.max(...samples), '')})`;
}

/** A metric's name as words: `throughputVsReference` → `throughput vs reference`. */
export function metricWords(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
}

/** The app could not be started, so whatever needed it was not looked at. */
export function failedByBoot(report: Report, { evidence }: CriterionResult): boolean {
  return report.boot?.ok === false && evidence.status === 'failed' && evidence.observation.assertions.length === 0;
}

/** The titles of criteria that were not run because `result` failed. */
export function dependents(report: Report, result: CriterionResult): CriterionResult[] {
  return report.criteria.filter(({ needs, verdict }) => verdict.fault === 'dependency' && needs.includes(result.id));
}

/** `http://127.0.0.1:3000` of a URL; undefined when it is none. */
export function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** A URL's path and query, as it was sent; the whole text when it is no URL. */
export function pathOf(url: string): string {
  const origin = originOf(url);
  return origin === undefined || !url.startsWith(origin) ? url : url.slice(origin.length) || '/';
}

/** An assertion with nothing to look at, such as a step that was not tried because an earlier one failed. */
export function isBare({ expected, exchange, command }: Assertion): boolean {
  return expected === undefined && exchange === undefined && command === undefined;
}
