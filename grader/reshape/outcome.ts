import { KnownError } from '../platform/errors.ts';
import type { FixtureOutcome } from '../rubric/verify.ts';
import type { Combination } from './combinations.ts';
import { describeShape } from './shape.ts';

/** How a combination came out beside what it must, or why it could not be graded. */
export type ShapeOutcome = { combination: Combination } & ({ outcome: FixtureOutcome } | { error: Error });

/** Whether it was graded as it is unshaped. */
export function isKept(shaped: ShapeOutcome): boolean {
  return 'outcome' in shaped && shaped.outcome.ok;
}

/** A line for what kept its grade, more where the cause must be told. */
export function describeOutcome(shaped: ShapeOutcome): string {
  const { rubric, fixture, shape, criteria } = shaped.combination;
  const mark = isKept(shaped) ? '✓' : '✗';
  const head = (seconds: string) =>
    `${mark} ${rubric.rubric} ${fixture.id} (${criteria.length} criteria${seconds}): ${describeShape(shape)}`;
  if ('error' in shaped) return `${head('')}\n    not graded: ${explained(shaped.error)}`;
  const { ok, failed, expected, notGraded, report } = shaped.outcome;
  const told = head(`, ${Math.round(report.durationMs / 1000)} s`);
  if (ok) return told;
  const reasons = report.criteria
    .filter(({ id }) => failed.includes(id) && !expected.includes(id))
    .map(({ id, verdict }) => `    fails ${id}: ${verdict.reason}`);
  const missed = expected.filter((id) => !failed.includes(id)).map((id) => `    does not fail ${id}`);
  return [told, ...reasons, ...missed, ...notGraded.map((line) => `    not graded: ${line}`)].join('\n');
}

/** An unknown error keeps its stack. */
function explained(error: Error): string {
  return error instanceof KnownError ? error.message : (error.stack ?? error.message);
}
