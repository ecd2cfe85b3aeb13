import type { Route, TokenWay } from './binding.ts';
import { type Answer, type ContractClient, tokenHeaders } from './client.ts';
import { mayVary, type Operation } from './contract.ts';
import type { Outside } from './shape.ts';
import { waysToTry } from './token.ts';

const TIMEOUT_MS = 5000;

/** Sends requests as they are written, counts them, and finds out how an app takes tokens. */
export class RehearsalClient {
  readonly #http: ContractClient;
  readonly #signal: AbortSignal;
  readonly #shown: readonly TokenWay[];
  /** How tokens are sent; the app's own way once one was let in. */
  way: TokenWay;
  #wayIsKnown: boolean;
  token: string | undefined;
  /** Where the token came from, when it was not in the JSON. */
  outside: Outside | undefined;
  requests = 0;

  /** @param shown the ways that the source shows */
  constructor(http: ContractClient, way: TokenWay, shown: readonly TokenWay[], signal: AbortSignal) {
    this.#http = http;
    this.way = way;
    this.#shown = shown;
    this.#wayIsKnown = shown.length === 1;
    this.#signal = signal;
  }

  /** @throws {LearnerError} when no answer comes back */
  send({ method, path }: Route, options: { body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
    this.requests++;
    return this.#http.send(method, path, { ...options, timeoutMs: TIMEOUT_MS, signal: this.#signal });
  }

  /** Sends with a token where the contract asks for one; the first way of sending it that is let in is the app's. */
  async sendAs(
    route: Route,
    operation: Operation,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const token = operation.auth ? this.token : undefined;
    const content = { headers, ...(body === undefined ? {} : { body }) };
    if (token === undefined) return this.send(route, content);
    const send = (way: TokenWay) =>
      this.send(route, { ...content, headers: { ...headers, ...tokenHeaders(way, token) } });
    const answer = await send(this.way);
    if (answer.status < 300) this.#wayIsKnown = true;
    if (this.#wayIsKnown || !isLockedOut(answer) || !mayVary(operation, 'token')) return answer;
    for (const way of waysToTry(this.#shown, this.outside)) {
      const other = await send(way);
      if (isLockedOut(other)) continue;
      this.way = way;
      this.#wayIsKnown = true;
      return other;
    }
    return answer;
  }
}

function isLockedOut({ status, text }: Answer): boolean {
  return status === 401 || status === 403 || (status >= 400 && /token|jwt|unauthori[sz]ed|authenticat/i.test(text));
}
