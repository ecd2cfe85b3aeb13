import type { Report } from '../report/schema.ts';
import type { CheckRegistry } from '../rubric/load.ts';
import type { Rubric } from '../rubric/schema.ts';

/** What of an http-load criterion decides how long apps are under load; times in milliseconds. */
interface LoadTimes {
  operation: string;
  compare: boolean;
  warmup: number;
  rounds: number;
  duration: number;
  latency: { rounds: number; duration: number };
}

/**
 * How long a rubric's http-load criteria keep apps under load, in seconds by operation: warm-up, rounds and
 * latency rounds, of the submission and of the reference that it is compared with.
 *
 * @param report of a grading: on a noisy machine the check goes on for more rounds than the rubric asks for
 */
export function loadSeconds(
  { criteria }: Pick<Rubric, 'criteria'>,
  checks: CheckRegistry,
  report?: Pick<Report, 'criteria'>,
): Map<string, number> {
  const seconds = new Map<string, number>();
  const check = checks.get('http-load');
  for (const criterion of criteria) {
    if (check === undefined || criterion.check !== check.id) continue;
    const times = check.params.parse(criterion.with) as LoadTimes;
    const seen = report?.criteria.find(({ id }) => id === criterion.id)?.evidence.observation.measurements;
    const rounds = seen?.['throughput']?.samples.length ?? times.rounds;
    seconds.set(times.operation, (seconds.get(times.operation) ?? 0) + loadMs({ ...times, rounds }) / 1000);
  }
  return seconds;
}

/** The sum over operations. */
export function totalSeconds(seconds: ReadonlyMap<string, number>): number {
  return [...seconds.values()].reduce((sum, value) => sum + value, 0);
}

function loadMs({ compare, warmup, rounds, duration, latency }: LoadTimes): number {
  return (compare ? 2 : 1) * (warmup + rounds * duration + latency.rounds * latency.duration);
}
