import type { CriterionResult, Evidence, Exchange, Observation, Verdict } from '../../report/schema.ts';

export const ORIGIN = 'http://127.0.0.1:41837';

type Parts = Partial<Observation> &
  Partial<Pick<Evidence, 'check' | 'status' | 'fault' | 'reason' | 'mend' | 'logs' | 'durationMs'>> &
  Partial<Pick<CriterionResult, 'needs' | 'policy' | 'hint'>>;

export function criterion(id: string, title: string, points: number, verdict: Verdict, parts: Parts): CriterionResult {
  const {
    check = 'http-flow',
    status = 'observed',
    fault,
    reason,
    mend,
    logs = [],
    durationMs = 120,
    needs = [],
    policy = { kind: 'pass' },
    hint = 'Compare with the contract in the brief.',
    ...observed
  } = parts;
  const empty: Observation = {
    assertions: [],
    measurements: {},
    exchanges: [],
    commands: [],
    positions: [],
    plots: [],
    notes: [],
  };
  return {
    id,
    title,
    points,
    needs,
    policy,
    hint,
    verdict,
    evidence: {
      criterion: id,
      check,
      status,
      ...(fault === undefined ? {} : { fault }),
      ...(reason === undefined ? {} : { reason }),
      ...(mend === undefined ? {} : { mend }),
      observation: { ...empty, ...observed },
      logs,
      startMs: 6000,
      durationMs,
    },
  };
}

export function exchange(
  method: string,
  path: string,
  status: number,
  answer: string,
  durationMs: number,
  body?: string,
): Exchange {
  return {
    request: {
      method,
      url: ORIGIN + path,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    },
    response: {
      status,
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-powered-by': 'Express' },
      body: answer,
      bytes: Buffer.byteLength(answer),
      truncated: false,
    },
    durationMs,
  };
}

export function full(points: number): Verdict {
  return { fraction: 1, earned: points, fault: null, reason: '' };
}

export function partial(points: number, fraction: number, reason: string): Verdict {
  return { fraction, earned: Math.round(points * fraction * 100) / 100, fault: 'learner', reason };
}

export function none(fault: NonNullable<Verdict['fault']>, reason: string): Verdict {
  return { fraction: 0, earned: 0, fault, reason };
}
