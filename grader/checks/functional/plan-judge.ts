import type { StatementPlan } from '../../target/target.ts';
import type { Judgement } from '../flow-expectation.ts';

type Scan = StatementPlan['scans'][number];

const MAX_STATEMENT_CHARS = 300;

/** Whether no statement went through a large table from end to end. One that stops early, at a LIMIT, does not. */
export function readsNoLargeTable(plans: readonly StatementPlan[], minimumRows: number): Judgement {
  return judge(
    plans,
    ({ kind, examined }) => kind === 'sequential' && examined >= minimumRows,
    `no more than ${minimumRows} read without an index`,
  );
}

/**
 * Whether every scan threw away little of what it looked at. Small scans don't matter: reading a
 * twentieth of `minimumRows` is quick whatever comes of it.
 */
export function readsLittle(
  plans: readonly StatementPlan[],
  maxExaminedPerReturned: number,
  minimumRows: number,
): Judgement {
  const allowed = (returned: number) => Math.max(maxExaminedPerReturned * Math.max(returned, 1), minimumRows / 20);
  return judge(
    plans,
    ({ examined, returned }) => examined > allowed(returned),
    `at most ${maxExaminedPerReturned} looked at for each one returned`,
  );
}

function judge(plans: readonly StatementPlan[], isBad: (scan: Scan) => boolean, expected: string): Judgement {
  const bad = plans.flatMap((plan) => plan.scans.filter(isBad).map((scan) => ({ plan, scan })));
  const shown = bad.length > 0 ? bad : plans.flatMap((plan) => plan.scans.map((scan) => ({ plan, scan })));
  return {
    ok: bad.length === 0,
    expected,
    received: shown
      .slice(0, 5)
      .map(
        ({ plan, scan }) => `${inWords(scan)}: ${plan.statement.replaceAll(/\s+/g, ' ').slice(0, MAX_STATEMENT_CHARS)}`,
      )
      .join('\n'),
  };
}

function inWords({ relation, kind, examined, returned }: Scan): string {
  return `${relation} ${kind === 'index' ? 'by an index' : 'from end to end'}, ${examined} looked at, ${returned} of use`;
}
