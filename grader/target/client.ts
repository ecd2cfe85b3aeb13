import { Agent, type Dispatcher, errors, request } from 'undici';
import { LearnerError, messageOf, UsageError } from '../platform/errors.ts';
import type { Exchange } from '../report/schema.ts';
import { adaptAnswer, adaptQuery, adaptRequest } from './adapter.ts';
import type { Binding, BoundOperation, TokenWay } from './binding.ts';
import { placeRequest } from './place-request.ts';

/** Most bytes of one answer that are read; what is longer is cut and said so. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Most characters of a body that stand in a transcript. */
const MAX_RECORDED_CHARS = 8 * 1024;
const MAX_RECORDED_HEADERS = 60;
const DEFAULT_TIMEOUT_MS = 10_000;

/** What to send, beyond what the contract's operation says. */
export interface CallOptions {
  /** Fill `{name}` in the path; escaped. */
  params?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | readonly string[]>;
  /** Sent as JSON, unless `rawBody` is given. */
  body?: unknown;
  rawBody?: string | Buffer;
  headers?: Record<string, string>;
  /** A logged-in user's token, sent the way the app takes it. */
  token?: string | undefined;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** An answer, with its body parsed where it is JSON. */
export interface Answer {
  status: number;
  /** Lower-case names; repeated headers joined by ", " (set-cookie by newlines). */
  headers: Record<string, string>;
  text: string;
  /** In the contract's words where the request was an operation; undefined when the body is not JSON. */
  json: unknown;
  /** What was really sent and received. */
  exchange: Exchange;
}

/**
 * An HTTP client bound to the contract: requests are made by operation name, and each one is taken down.
 * Follows no redirects, asks for no compression, bounds time and size, and says nothing that tells it
 * from any other client.
 */
export class ContractClient implements AsyncDisposable {
  readonly origin: string;
  readonly binding: Binding;
  readonly #agent: Agent;
  readonly #onExchange: ((exchange: Exchange) => void) | undefined;
  readonly #timeoutMs: number;

  /**
   * @param origin such as `http://127.0.0.1:49152`
   * @param onExchange called with every exchange, also failed ones
   * @param timeoutMs how long an answer may take where the call does not say (default 10,000)
   */
  constructor(
    origin: string,
    binding: Binding,
    options: { agent?: Agent; onExchange?: (exchange: Exchange) => void; timeoutMs?: number } = {},
  ) {
    this.origin = origin;
    this.binding = binding;
    this.#agent = options.agent ?? new Agent({ connections: 256, keepAliveTimeout: 1000, maxHeaderSize: 64 * 1024 });
    this.#onExchange = options.onExchange;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** The same client (and its connections), reporting exchanges to another listener, and with another patience if one is given. */
  observedBy(onExchange: (exchange: Exchange) => void, timeoutMs = this.#timeoutMs): ContractClient {
    return new ContractClient(this.origin, this.binding, { agent: this.#agent, onExchange, timeoutMs });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Where an operation is found in this app. @throws {UsageError} for an operation that the contract does not have */
  route(operation: string): BoundOperation {
    const route = this.binding.routes[operation];
    if (!route) throw new UsageError(`operation "${operation}" is not in the contract`);
    return route;
  }

  /**
   * Calls an operation.
   *
   * @throws {LearnerError} when no valid HTTP answer comes back: refused, reset, timed out, malformed
   */
  async call(operation: string, options: CallOptions = {}): Promise<Answer> {
    const { method, path } = this.route(operation);
    return this.#sendOperation(operation, method, fillPath(path, options.params ?? {}), options);
  }

  /**
   * Sends a request that a rubric writes out with the contract's path: it goes where the app has that operation.
   * Throws as `call` does.
   */
  async request(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const placed = placeRequest(this.binding.routes, method, path);
    return placed.operation === undefined
      ? this.send(placed.method, placed.path, options)
      : this.#sendOperation(placed.operation, placed.method, placed.path, options);
  }

  async #sendOperation(operation: string, method: string, path: string, options: CallOptions): Promise<Answer> {
    const { takes, gives } = this.route(operation);
    const answer = await this.send(
      method,
      path,
      {
        ...options,
        ...(takes && options.body !== undefined ? { body: adaptRequest(takes, options.body) } : {}),
        ...(takes && options.query ? { query: adaptQuery(takes, options.query) } : {}),
      },
      operation,
    );
    return { ...answer, json: adaptAnswer(gives, answer, this.binding.errorField) };
  }

  /** Sends any request; `path` starts with a slash. Throws as `call` does. */
  async send(method: string, path: string, options: CallOptions = {}, operation?: string): Promise<Answer> {
    const url = new URL(this.origin + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item));
    }
    const headers: Record<string, string> = { accept: 'application/json, text/plain, */*' };
    const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (options.token !== undefined) Object.assign(headers, tokenHeaders(this.binding.token, options.token));
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;

    const started = performance.now();
    const sent = {
      ...(operation === undefined ? {} : { operation }),
      request: {
        method,
        url: url.href,
        headers,
        ...(body === undefined ? {} : { body: body.toString().slice(0, MAX_RECORDED_CHARS) }),
      },
    };
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
      const response = await request(url, {
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body ?? null,
        dispatcher: this.#agent,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const { bytes, truncated, buffer } = await readBounded(response.body, MAX_BODY_BYTES);
      const text = buffer.toString('utf8');
      const received = flattenHeaders(response.headers);
      const exchange: Exchange = {
        ...sent,
        response: {
          status: response.statusCode,
          headers: Object.fromEntries(Object.entries(received).slice(0, MAX_RECORDED_HEADERS)),
          body: text.slice(0, MAX_RECORDED_CHARS),
          bytes,
          truncated: truncated || text.length > MAX_RECORDED_CHARS,
        },
        durationMs: performance.now() - started,
      };
      this.#onExchange?.(exchange);
      return { status: response.statusCode, headers: received, text, json: parseJson(text), exchange };
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      const timedOut = timeout.aborted;
      const what = `${method} ${url.pathname}`;
      const why = timedOut ? `did not answer within ${timeoutMs / 1000} s` : describeNetworkError(error);
      this.#onExchange?.({ ...sent, error: why, durationMs: performance.now() - started });
      throw new LearnerError(`${what} ${why}`, { fault: timedOut ? 'timeout' : 'learner', cause: error });
    }
  }
}

/** Fills `{id}` in a route's path. @throws {UsageError} when a parameter is missing */
export function fillPath(path: string, params: Record<string, string | number>): string {
  return path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = params[name];
    if (value === undefined) throw new UsageError(`the path ${path} needs the parameter "${name}"`);
    // A lone surrogate, as an app may send for an id, can't be encoded.
    return encodeURIComponent(String(value).toWellFormed());
  });
}

/** The header that carries a token, the way this app takes it. */
export function tokenHeaders({ header, prefix }: TokenWay, token: string): Record<string, string> {
  return { [header]: prefix + token };
}

async function readBounded(
  stream: AsyncIterable<Buffer> & { destroy(): void },
  limit: number,
): Promise<{ buffer: Buffer; bytes: number; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > limit) {
      stream.destroy();
      return { buffer: Buffer.concat(chunks).subarray(0, limit), bytes, truncated: true };
    }
  }
  return { buffer: Buffer.concat(chunks), bytes, truncated: false };
}

function flattenHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    flat[name] = Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : value;
  }
  return flat;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a network failure means, in a learner's words. */
export function describeNetworkError(error: unknown): string {
  if (error instanceof errors.HTTPParserError) return `answered with something that is not HTTP (${messageOf(error)})`;
  const code = (error as { code?: string }).code ?? (error as { cause?: { code?: string } }).cause?.code;
  switch (code) {
    case 'ECONNREFUSED':
      return 'was refused: nothing listens on that port any more (did the app crash?)';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
    case 'EPIPE':
      return 'was cut off: the app closed the connection before it answered (did it crash?)';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'answered with more than 64 KB of headers';
    default:
      return `failed: ${messageOf(error)}`;
  }
}
