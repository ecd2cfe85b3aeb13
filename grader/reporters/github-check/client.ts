import { Octokit, RequestError } from 'octokit';
import { isRateLimit } from './trouble.ts';

/** Where tokens come from. They expire: an installation token after an hour. */
export interface TokenSource {
  /** The token to use now. */
  token(): Promise<string>;
  /**
   * Another token, when GitHub said that `rejected` is not valid (any more). Without it, such an answer is final.
   *
   * @throws when there is none to be had
   */
  renew?(rejected: string): Promise<string>;
}

/** A token that nobody can renew, such as that of a job. */
export function fixedToken(token: string): TokenSource {
  return { token: async () => token };
}

/** How time passes between requests; tests make it short. */
export interface Pace {
  /** Milliseconds that a second of waiting takes. */
  secondMs: number;
  /** GitHub asks for a second between requests that write. */
  spaceWrites: boolean;
}

export const REAL_PACE: Pace = { secondMs: 1000, spaceWrites: true };

export interface ClientOptions {
  tokens: TokenSource;
  /** Default: https://api.github.com */
  apiUrl?: string | undefined;
  /** Requests with the same key keep distance from each other; GitHub counts by installation. */
  limitKey: string;
  /** How long one request may take, in milliseconds. GitHub itself gives up after 10 s. */
  requestTimeoutMs?: number | undefined;
  /** The longest wait, in seconds, that GitHub may ask for; longer ones are an error at once. */
  patienceSeconds?: number | undefined;
  pace?: Pace | undefined;
  signal?: AbortSignal | undefined;
}

/** How a request may be repeated; goes into its `request` option. */
export interface Repeats {
  /** How often it is sent again after no answer or a 5xx. Default: 3. Rate limits are waited out apart from this. */
  retries?: number;
  /** True: nobody waits for it, so that it is given up at a rate limit. */
  optional?: boolean;
}

const REQUEST_TIMEOUT_MS = 15_000;
const PATIENCE_SECONDS = 120;
const MOST_LIMIT_WAITS = 2;
/** Answers that say no; a rate limit (403, 429) is the throttling's matter. */
const FINAL_STATUSES = [400, 401, 403, 404, 409, 410, 413, 422, 429, 451];

/**
 * A client of GitHub's API that waits out rate limits for as long as it is willing to, sends a request again
 * after no answer or a 5xx (see `Repeats`), ends a request that stalls, and renews its token once a request.
 */
export function createClient(options: ClientOptions): Octokit {
  const { tokens, apiUrl, limitKey, pace = REAL_PACE, patienceSeconds = PATIENCE_SECONDS } = options;
  const mayWait = (seconds: number, request: { request?: Repeats }, _octokit: unknown, waits: number): boolean =>
    request.request?.optional !== true && seconds <= patienceSeconds && waits < MOST_LIMIT_WAITS;
  return new Octokit({
    userAgent: 'grade',
    ...(apiUrl === undefined ? {} : { baseUrl: apiUrl.replace(/\/+$/, '') }),
    authStrategy: () => ({ hook: authenticated(tokens) }),
    request: { fetch: boundedFetch(options) },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    retry: { doNotRetry: FINAL_STATUSES, retryAfterBaseValue: pace.secondMs },
    throttle: {
      id: limitKey,
      retryAfterBaseValue: pace.secondMs,
      onRateLimit: mayWait,
      onSecondaryRateLimit: mayWait,
      ...(pace.spaceWrites ? {} : { write: UNSPACED }),
    },
  });
}

/** A group of queues, as the throttling plugin takes it, that holds nothing back. */
const UNSPACED = { key: () => ({ schedule: (_options: unknown, task: () => Promise<unknown>) => task() }) };

interface Endpoint {
  headers: Record<string, unknown>;
}
type SendRequest = ((endpoint: Endpoint) => Promise<unknown>) & {
  endpoint: { merge(route: unknown, parameters?: unknown): Endpoint };
};

/** Sends each request with the current token, and once more with a renewed one. It is the innermost hook. */
function authenticated(tokens: TokenSource) {
  return async (send: SendRequest, route: unknown, parameters?: unknown): Promise<unknown> => {
    const endpoint = send.endpoint.merge(route, parameters);
    const sendWith = (secret: string): Promise<unknown> => {
      endpoint.headers = {
        ...endpoint.headers,
        authorization: `token ${secret}`,
        'x-github-api-version': '2022-11-28',
      };
      return send(endpoint);
    };
    const first = await tokens.token();
    try {
      return await sendWith(first).catch(async (error: unknown) => {
        if (!(error instanceof RequestError) || error.status !== 401 || !tokens.renew) throw error;
        return await sendWith(await tokens.renew(first));
      });
    } catch (error) {
      throw asSecondaryLimit(error);
    }
  };
}

/**
 * GitHub announces a secondary rate limit by `Retry-After` or a plain 429 as well; the throttling plugin goes
 * by the words alone.
 */
function asSecondaryLimit(error: unknown): unknown {
  if (
    error instanceof RequestError &&
    isRateLimit(error) &&
    error.response?.headers['x-ratelimit-remaining'] !== '0' &&
    !/\bsecondary rate\b/i.test(error.message)
  ) {
    error.message += ' (secondary rate limit)';
  }
  return error;
}

/** `fetch` that ends a request when it takes too long or when the caller stops. */
function boundedFetch({ requestTimeoutMs = REQUEST_TIMEOUT_MS, signal }: ClientOptions): typeof fetch {
  return async (input, init) => {
    const signals = [AbortSignal.timeout(requestTimeoutMs), signal, init?.signal].filter((one) => one != null);
    try {
      return await fetch(input, { ...init, signal: AbortSignal.any(signals) });
    } catch (error) {
      // Under this name octokit does not send it again.
      if (signal?.aborted) throw new DOMException('stopped by the caller', 'AbortError');
      throw error;
    }
  };
}
