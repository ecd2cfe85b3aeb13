import { adaptBody } from '../../target/adapter.ts';
import type { Gives } from '../../target/shape.ts';
import { match } from '../matcher.ts';

/** What an answer under load must be to count. Plain data: it crosses into the generator's thread. */
export interface Expectation {
  status: readonly number[];
  /** A matcher for the JSON body; undefined where any body that is not empty will do. */
  body?: unknown;
  /** How the app's answer differs from the contract's, in whose words the matcher is. */
  gives?: Gives | undefined;
  /** Whether an empty body is right, as for 204. */
  mayBeEmpty: boolean;
}

/** Says what is wrong with an answer, in a few words; undefined when it is right. */
export type Judge = (status: number, body: string) => string | undefined;

/** Bodies that were found right are remembered up to this many, and up to this size each. */
const MAX_REMEMBERED = 64;
const MAX_REMEMBERED_CHARS = 256 * 1024;

/**
 * Judges every answer by status and whole body. A body that was found right once is found right again by
 * comparing strings, so that validation costs next to nothing where an app answers the same thing a
 * thousand times; a body not seen before is parsed and matched. A fast 429, an empty 200, a cached error or
 * another operation's answer is thus never throughput.
 */
export function judgeOf({ status: statuses, body: matcher, gives, mayBeEmpty }: Expectation): Judge {
  const right = new Set<string>();
  return (status, body) => {
    if (!statuses.includes(status)) return `status ${status}`;
    if (body === '') return mayBeEmpty ? undefined : `an empty body with status ${status}`;
    if (matcher === undefined || right.has(body)) return undefined;
    const json = parse(body);
    if (json === undefined) return 'a body that is not JSON';
    const [mismatch] = match(matcher, gives ? adaptBody(gives, json) : json);
    if (mismatch) return `${mismatch.path}: expected ${mismatch.expected}, received ${mismatch.received}`;
    if (right.size < MAX_REMEMBERED && body.length <= MAX_REMEMBERED_CHARS) right.add(body);
    return undefined;
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
