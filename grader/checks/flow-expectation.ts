import type { Answer, ContractClient } from '../target/client.ts';
import { inWords as durationInWords } from './duration.ts';
import type { Expectation, Step } from './flow-schema.ts';
import { splitRequest } from './flow-request.ts';
import { type Matcher, match, type Mismatch } from './matcher.ts';
import { inWords, preview } from './matcher-words.ts';
import { statusHolds, statusInWords } from './params.ts';

/** One side of an answer that a step looks at; each is an assertion. */
export type Facet = 'status' | 'statuses' | 'headers' | 'body' | 'text' | 'time';

/** What one facet of one answer was and should have been. */
export interface Judgement {
  ok: boolean;
  expected: string;
  received: string;
}

/** The facets that a step looks at, in the order told. A step that names no status expects success. */
export function facetsOf(step: Step): Facet[] {
  if (step.let !== undefined || step.wait !== undefined) return [];
  const expect = step.expect ?? {};
  const facets: Facet[] =
    expect.status === 'any' || (expect.status === undefined && expect.statuses !== undefined) ? [] : ['status'];
  for (const facet of ['statuses', 'headers', 'body', 'text', 'time'] as const) {
    if (expect[facet] !== undefined) facets.push(facet);
  }
  return facets;
}

/** What should be true, in a learner's words. */
export function titleOf(step: Step, facet: Facet, http: ContractClient): string {
  const facets = facetsOf(step);
  if (step.title !== undefined) return facets[0] === facet ? step.title : `${step.title}: ${SHORT[facet]}`;
  const [method, path] =
    step.call === undefined
      ? splitRequest(step.request ?? 'GET /')
      : [http.route(step.call).method, http.route(step.call).path];
  const who = step.as === undefined ? '' : ` as ${step.as}`;
  const times = step.together
    ? `, ${step.together} at once${step.repeat ? ` ${step.repeat} times` : ''},`
    : step.repeat
      ? `, ${step.repeat} times,`
      : '';
  return `${method} ${path}${who}${times} ${verb(facet, step.expect ?? {})}`;
}

/** Looks at one facet of one answer. `expect` has its templates filled. */
export function judge(facet: Exclude<Facet, 'statuses'>, expect: Expectation, answer: Answer): Judgement {
  switch (facet) {
    case 'status': {
      const wanted = expect.status ?? '2xx';
      return {
        ok: statusHolds(wanted, answer.status),
        expected: statusInWords(wanted),
        received: String(answer.status),
      };
    }
    case 'headers':
      return compare(expect.headers ?? {}, answer.headers, 'headers');
    case 'body': {
      const judgement = compare(expect.body, answer.json, 'body');
      if (judgement.ok || answer.json !== undefined) return judgement;
      return {
        ...judgement,
        received: answer.text === '' ? 'an empty body' : `a body that is not JSON: ${preview(answer.text)}`,
      };
    }
    case 'text':
      return compare(expect.text, answer.text, 'text');
    case 'time': {
      const limit = expect.time ?? Infinity;
      const took = answer.exchange.durationMs;
      return { ok: took <= limit, expected: `at most ${durationInWords(limit)}`, received: durationInWords(took) };
    }
  }
}

/** Counts how many of the answers have each status. `wanted` holds matchers by status or class. */
export function judgeStatuses(wanted: Readonly<Record<string, Matcher>>, answers: readonly Answer[]): Judgement {
  const tally = new Map<number, number>();
  for (const { status } of answers) tally.set(status, (tally.get(status) ?? 0) + 1);
  const count = (status: string) =>
    answers.filter((answer) => statusHolds(status.endsWith('xx') ? status : Number(status), answer.status)).length;
  const mismatches = Object.entries(wanted).flatMap(([status, matcher]) => match(matcher, count(status), status));
  return {
    ok: mismatches.length === 0,
    expected: Object.entries(wanted)
      .map(([status, matcher]) => `${status}: ${inWords(matcher)}`)
      .join(', '),
    received: [...tally]
      .toSorted(([a], [b]) => a - b)
      .map(([status, times]) => `${status}: ${times}`)
      .join(', '),
  };
}

/** A matcher's verdict on a value, as text. */
export function compare(matcher: Matcher, value: unknown, path: string): Judgement {
  const mismatches = match(matcher, value, path);
  if (mismatches.length === 0) return { ok: true, expected: inWords(matcher), received: preview(value) };
  const lines = (part: (mismatch: Mismatch) => string) =>
    mismatches.map((mismatch) => `${mismatch.path}: ${part(mismatch)}`).join('\n');
  return { ok: false, expected: lines(({ expected }) => expected), received: lines(({ received }) => received) };
}

const SHORT: Record<Facet, string> = {
  status: 'the status',
  statuses: 'how many answers have which status',
  headers: 'the headers',
  body: 'the body',
  text: 'the text of the body',
  time: 'the time it takes',
};

function verb(facet: Facet, expect: Expectation): string {
  switch (facet) {
    case 'status':
      return expect.status === undefined ? 'succeeds (2xx)' : `answers ${statusInWords(expect.status)}`;
    case 'statuses':
      return `answers ${Object.entries(expect.statuses ?? {})
        .map(
          ([status, matcher]) => `${status} ${typeof matcher === 'number' ? `${matcher}×` : `(${inWords(matcher)})`}`,
        )
        .join(', ')}`;
    case 'headers':
      return `has the right ${Object.keys(expect.headers ?? {}).join(', ')} header${Object.keys(expect.headers ?? {}).length === 1 ? '' : 's'}`;
    case 'body':
      return 'has the right body';
    case 'text':
      return 'has the right text';
    case 'time':
      return `answers within ${durationInWords(expect.time ?? 0)}`;
  }
}
