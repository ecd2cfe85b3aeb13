import { InfrastructureError } from '../../platform/errors.ts';
import type { Recorder } from '../recorder.ts';
import type { RoundResult } from './round.ts';
import { median, percentile, relativeSpread } from './statistics.ts';

/** Latency percentiles that become measurements. */
const MEASURED = [50, 90, 97.5, 99] as const;
/** Latency percentiles that are drawn. */
const DRAWN = [1, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.9] as const;
/** A generator that is this busy may be what holds an app back. */
const BUSY = 0.95;

/** The rounds of one app. */
interface Rounds {
  throughput: RoundResult[];
  latency: RoundResult[];
}

/** Gathers rounds, and makes measurements of them. */
export class Results {
  readonly #submission: Rounds = { throughput: [], latency: [] };
  readonly #reference: Rounds | undefined;

  readonly #precision: number;

  /** @param precision the standard error that the compared throughput may have, as a share of it */
  constructor(withReference: boolean, precision: number) {
    this.#precision = precision;
    this.#reference = withReference ? { throughput: [], latency: [] } : undefined;
  }

  throughput(ofSubmission: boolean, round: RoundResult): void {
    (ofSubmission ? this.#submission : this.#reference)?.throughput.push(round);
  }

  latency(ofSubmission: boolean, round: RoundResult): void {
    (ofSubmission ? this.#submission : this.#reference)?.latency.push(round);
  }

  /** Requests a second that the reference took; of the submission itself where there is none. */
  yardstick(): number {
    return median((this.#reference ?? this.#submission).throughput.map(perSecond));
  }

  /** Whether the median of what is compared is as precise as it has to be. */
  steady(): boolean {
    const compared = this.#compared();
    // The standard error of a median is 1.25 standard deviations over √n; a standard deviation, 1.48 median absolute ones.
    return (1.25 * 1.48 * relativeSpread(compared)) / Math.sqrt(compared.length) <= this.#precision;
  }

  /** By round, what the submission took as a share of what the reference took; without one, its requests a second. */
  #compared(): number[] {
    const own = this.#submission.throughput.map(perSecond);
    const reference = this.#reference?.throughput.map(perSecond);
    return reference ? own.map((value, i) => ratio(value, reference[i] ?? 0)) : own;
  }

  /** @throws {InfrastructureError} when the reference itself answered wrongly */
  record(record: Recorder, { label, rate, errors }: { label: string; rate: number; errors: number }): void {
    const share = errorShare(this.#submission);
    record.assert(
      `${label}: at most ${percent(errors)} of the answers under load are wrong or missing`,
      share <= errors,
      {
        expected: `at most ${percent(errors)}`,
        received: [percent(share), ...reasonsOf(this.#submission)].join('; '),
      },
    );
    record.measure('errors', share, 'share');
    record.measure('rate', rate, 'req/s');
    this.#measureThroughput(record);
    this.#measureLatency(record);
    this.#draw(record, label, rate);
    if (!this.#reference) return;

    const wrong = errorShare(this.#reference);
    record.measure('errorsReference', wrong, 'share');
    if (wrong > errors) {
      throw new InfrastructureError(
        `the reference app answered ${percent(wrong)} wrongly or not at all under load (${reasonsOf(this.#reference).join('; ')}), so nothing can be compared with it`,
      );
    }
  }

  #measureThroughput(record: Recorder): void {
    const own = this.#submission.throughput.map(perSecond);
    record.measure('throughput', median(own), 'req/s', own);
    const reference = this.#reference?.throughput.map(perSecond);
    const compared = this.#compared();
    record.measure('throughputSpread', relativeSpread(compared), 'share');
    if (reference) {
      record.measure('throughputReference', median(reference), 'req/s', reference);
      record.measure('throughputVsReference', median(compared), 'ratio', compared);
    }
    if (!this.steady())
      record.note(
        'The machine was busy with other things while load was measured, so the numbers are rough. Grade again when it is calm.',
      );
    if (median(this.#submission.throughput.map(({ valid }) => valid)) === 0)
      record.note('In half of the rounds or more not one right answer came: they may be shorter than an answer takes.');
    const busy = this.#submission.throughput.map((round) => round.generatorBusy);
    if (median(busy) > BUSY)
      record.note(
        `The load generator itself was busy ${percent(median(busy))} of the time: the app may take more than was measured.`,
      );
  }

  #measureLatency(record: Recorder): void {
    for (const p of MEASURED) {
      const own = this.#submission.latency.map(({ latencies }) => percentile(latencies, p));
      record.measure(`p${p}`, median(own), 'ms', own);
      if (p === 99) record.measure('p99Spread', relativeSpread(own), 'share');
      if (!this.#reference) continue;
      const reference = this.#reference.latency.map(({ latencies }) => percentile(latencies, p));
      record.measure(`p${p}Reference`, median(reference), 'ms', reference);
      const compared = own.map((value, i) => ratio(value, reference[i] ?? 0));
      record.measure(`p${p}VsReference`, median(compared), 'ratio', compared);
    }
  }

  #draw(record: Recorder, label: string, rate: number): void {
    const apps: [string, Rounds][] = [
      ['submission', this.#submission],
      ...(this.#reference ? [['reference', this.#reference] as [string, Rounds]] : []),
    ];
    record.plot({
      title: `${label}: throughput by round`,
      x: { label: 'round', values: this.#submission.throughput.map((_round, i) => i + 1) },
      y: { label: 'right answers a second' },
      series: apps.map(([name, { throughput }]) => ({
        name,
        values: throughput.map((round) => Math.round(perSecond(round))),
      })),
    });
    record.plot({
      title: `${label}: latency at ${rate} requests a second`,
      x: { label: 'percentile', values: [...DRAWN] },
      y: { label: 'milliseconds' },
      series: apps.map(([name, { latency }]) => {
        const all = latency.flatMap(({ latencies }) => latencies);
        return { name, values: DRAWN.map((p) => Math.round(percentile(all, p) * 100) / 100) };
      }),
    });
  }
}

function perSecond({ valid, elapsedMs }: RoundResult): number {
  return (valid * 1000) / elapsedMs;
}

/** Of nothing, as much as one likes is infinitely more; a report takes finite numbers only. */
function ratio(value: number, of: number): number {
  return of === 0 ? 0 : value / of;
}

function errorShare({ throughput, latency }: Rounds): number {
  let bad = 0;
  let all = 0;
  for (const { valid, wrong, missing } of [...throughput, ...latency]) {
    bad += wrong + missing;
    all += valid + wrong + missing;
  }
  // Not one answer in the whole time is as bad as every answer wrong.
  return all === 0 ? 1 : bad / all;
}

/** Why answers did not count, the commonest first: `120 × status 429`. */
function reasonsOf({ throughput, latency }: Rounds): string[] {
  const counts = new Map<string, number>();
  for (const { reasons } of [...throughput, ...latency]) {
    for (const [reason, count] of reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 5)
    .map(([reason, count]) => `${count} × ${reason}`);
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
