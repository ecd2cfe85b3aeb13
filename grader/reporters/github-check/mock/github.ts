import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AppApi, type MockApp } from './app-api.ts';
import { type Answer, type Call, ChecksApi, type MockRun } from './checks-api.ts';
import { type Description, description } from './description.ts';
import { wordedLimits } from './worded-limits.ts';

/** How a request goes wrong. */
export type Fault =
  /** Answered so; nothing is done. */
  | { status: number; message?: string; headers?: Record<string, string> }
  /** The connection is cut before anything is done, or after it was done and before the answer. */
  | 'cut before'
  | 'cut after'
  /** Done; half of the answer arrives. */
  | 'half an answer'
  /** No answer ever comes; the request is or is not done. */
  | 'stall before'
  | 'stall after'
  /** Done, and answered by a gateway that had lost patience. */
  | '502 after'
  /** Nothing is done before it resolves; then all is well. */
  | Promise<void>
  /** Nothing goes wrong. */
  | 'fine';

/** A request that came in. */
export interface Seen extends Pick<Call, 'operation' | 'body'> {
  /** Milliseconds, on the clock of `performance.now`. */
  at: number;
}

export interface MockOptions {
  /** The repository's files; an annotation elsewhere is wrong. Default: any path may be one. */
  files?: readonly string[];
  /** The App that the tokens belong to. With its key and installations, it can ask for tokens. */
  app?: MockApp | { id: number };
  /** Answers what is no request to the API, such as those of git. @returns whether it did */
  elsewhere?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const CREATE_TOKEN = 'apps/create-installation-access-token';

/**
 * GitHub's API on loopback, as far as the reporter and the App use it. Each request is held against GitHub's OpenAPI
 * description and the limits that it states in words; what is wrong is answered with 422, and fails the test
 * when the mock is disposed of. It can be told to misbehave.
 */
export class MockGitHub implements AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[] = [];
  /** What was wrong with requests; a test that means them to be wrong empties it. */
  readonly violations: string[] = [];
  /** Tokens that are taken. */
  readonly tokens = new Set(['token-1']);
  readonly #server: Server;
  readonly #description: Description;
  readonly #api: ChecksApi;
  readonly #app: AppApi | undefined;
  readonly #options: MockOptions;
  readonly #faults = new Map<string, Fault[]>();
  readonly #lasting = new Map<string, Fault>();
  readonly #watchers: (() => void)[] = [];

  private constructor(server: Server, known: Description, options: MockOptions) {
    this.#server = server;
    this.#description = known;
    this.#options = options;
    this.#api = new ChecksApi(known.example('check-run-example-of-completed-conclusion'));
    const { app } = options;
    this.#app = app && 'publicKey' in app ? new AppApi(app, known.example('installation-token')) : undefined;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        this.violations.push(`the mock failed: ${String(error)}`);
        response.destroy();
      });
    });
  }

  static async start(options: MockOptions = {}): Promise<MockGitHub> {
    const known = await description();
    const server = createServer();
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    return new MockGitHub(server, known, options);
  }

  get runs(): MockRun[] {
    return this.#api.runs;
  }

  /** The next requests of an operation, such as `checks/create`, go wrong in these ways, one after the other. */
  misbehave(operation: string, ...faults: Fault[]): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), ...faults]);
  }

  /** Every request of an operation goes wrong from now on. */
  breakDown(operation: string, fault: Fault): void {
    this.#lasting.set(operation, fault);
  }

  count(operation: string): number {
    return this.seen.filter((one) => one.operation === operation).length;
  }

  /** Resolves when an operation was requested so many times. */
  async reached(operation: string, times: number): Promise<void> {
    while (this.count(operation) < times) {
      await new Promise<void>((seen) => {
        this.#watchers.push(seen);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => {
      this.#server.close(closed);
    });
    assert.deepEqual(this.violations, [], 'requests that GitHub would not take');
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#options.elsewhere?.(message, response)) return;
    const url = new URL(message.url ?? '/', this.url);
    const method = message.method ?? 'GET';
    const sent = method === 'GET' ? '' : await text(message);
    const body = sent === '' ? undefined : (JSON.parse(sent) as Seen['body']);
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
    const request = { method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers, body };
    const found = this.#description.operationOf(request);
    if (found === undefined) {
      this.violations.push(`GitHub has no ${method} ${url.pathname}`);
      return send(response, 404, { message: 'Not Found' });
    }
    const { id: operation, params } = found;
    this.#note({ operation, body: body ?? {}, at: performance.now() });
    const described = this.#description.requestErrors(operation, request);
    const wrong = described.length > 0 ? described : wordedLimits(body ?? {}, this.#options.files);
    if (wrong.length > 0) {
      this.violations.push(...wrong.map((line) => `${operation}: ${line}`));
      return send(response, 422, { message: 'Invalid request.', errors: wrong });
    }
    const fault = this.#faults.get(operation)?.shift() ?? this.#lasting.get(operation) ?? 'fine';
    if (fault instanceof Promise) await fault;
    else if (typeof fault === 'object') {
      return send(response, fault.status, { message: fault.message ?? 'No' }, fault.headers);
    }
    if (fault === 'stall before') return;
    if (fault === 'cut before') return void response.destroy();
    const answer = await this.#answer({ operation, params, url, body: body ?? {} }, headers['authorization']);
    if (answer.status < 300) {
      const untrue = this.#description.responseErrors(operation, answer.status, answer.data);
      this.violations.push(...untrue.map((line) => `the mock’s own answer to ${operation}: ${line}`));
    }
    if (fault === 'stall after') return;
    if (fault === 'cut after') return void response.destroy();
    if (fault === '502 after') return send(response, 502, { message: 'Server Error' });
    if (fault === 'half an answer') return sendHalf(response, answer.status, answer.data);
    send(response, answer.status, answer.data, answer.headers);
  }

  async #answer(call: Omit<Call, 'app'>, authorization: string | undefined): Promise<Answer> {
    if (call.operation === CREATE_TOKEN && this.#app !== undefined) {
      return this.#app.createToken(call.params['installation_id'], authorization);
    }
    if (!this.tokens.has(authorization?.replace(/^token /, '') ?? '')) {
      return { status: 401, data: { message: 'Bad credentials' } };
    }
    return this.#api.perform({ ...call, app: this.#options.app?.id ?? 1 });
  }

  #note(seen: Seen): void {
    this.seen.push(seen);
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

function sendHalf(response: ServerResponse, status: number, body: unknown): void {
  const whole = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': whole.length });
  response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
}
