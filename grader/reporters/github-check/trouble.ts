import { RequestError } from 'octokit';
import { KnownError, messageOf } from '../../platform/errors.ts';
import { printableLine } from '../../platform/printable.ts';

/** Why GitHub did not take something. */
export type TroubleKind =
  /** The token may not write checks: a fork's pull request, a read-only token, an App without the permission. */
  | 'forbidden'
  /** The token is not valid, and could not be renewed. */
  | 'unauthorized'
  /** The repository or the commit is not there, or the token may not see it. */
  | 'not-found'
  /** GitHub asks to wait for longer than we are willing to. */
  | 'rate-limited'
  /** GitHub says that the request is wrong. */
  | 'invalid'
  /** No answer, half an answer, or an error of GitHub's own. */
  | 'unreachable';

/** A failure of GitHub's API in words. */
export interface Trouble {
  kind: TroubleKind;
  /** One line: what GitHub said. */
  message: string;
  /** What to do about it. */
  mend: string;
  /** The same may succeed later: the caller can try again. */
  passing: boolean;
}

const MENDS: Record<TroubleKind, string> = {
  forbidden:
    'Give the job `permissions: { checks: write }`, or the App the permission “Checks: write”. A pull request from a fork never has it.',
  unauthorized: 'Give a token that is valid; an installation token lasts for an hour.',
  'not-found': 'Check the repository’s name and the commit, and that the token belongs to this repository.',
  'rate-limited': 'Run it again later.',
  invalid: 'This is a mistake of grade: please report it with the message above.',
  unreachable: 'Run it again; https://www.githubstatus.com tells whether GitHub has an outage.',
};

/** What a failed request means. */
export function troubleOf(error: unknown): Trouble {
  const kind = kindOf(error);
  return {
    kind,
    message: describe(error),
    mend: (error instanceof KnownError ? error.mend : undefined) ?? MENDS[kind],
    passing: kind === 'rate-limited' || kind === 'unreachable',
  };
}

/**
 * True when GitHub may have done what was asked though no usable answer came: to ask again could do it twice.
 * An answer of 4xx says that it was not done.
 */
export function mayHaveHappened(error: unknown): boolean {
  return kindOf(error) === 'unreachable';
}

/** GitHub wants fewer requests: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function isRateLimit({ status, response, message }: RequestError): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  const headers = response?.headers ?? {};
  return (
    headers['retry-after'] !== undefined ||
    headers['x-ratelimit-remaining'] === '0' ||
    /\bsecondary rate\b/i.test(message)
  );
}

function kindOf(error: unknown): TroubleKind {
  // A source of tokens says in its own words what GitHub told it.
  if (error instanceof KnownError && error.cause !== undefined) return kindOf(error.cause);
  // Without a response the status is octokit's own: the connection failed.
  if (!(error instanceof RequestError) || error.response === undefined) return 'unreachable';
  if (isRateLimit(error)) return 'rate-limited';
  if (error.status === 401) return 'unauthorized';
  if (error.status === 403) return 'forbidden';
  if (error.status === 404 || error.status === 410) return 'not-found';
  return error.status >= 400 && error.status < 500 ? 'invalid' : 'unreachable';
}

function describe(error: unknown): string {
  const message = printableLine(messageOf(error)).slice(0, 300).replace(/\.$/, '');
  if (!(error instanceof RequestError)) return message;
  const what = `${error.request.method} ${new URL(error.request.url).pathname}`;
  return error.response === undefined ? `${what}: ${message}` : `${what} answered ${error.status}: ${message}`;
}
