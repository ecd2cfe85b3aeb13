import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** A request as a test's handler sees it. */
export interface TestRequest {
  method: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** Parsed where it is JSON, else undefined. Of any shape, as tests send it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- handlers in tests look into it freely
  body: any;
  raw: string;
  response: ServerResponse;
}

/** What a handler answers: a body alone means 200. Give nothing to have written to `response` yourself. */
export type TestAnswer =
  { status?: number; headers?: Record<string, string>; body?: unknown; text?: string } | undefined | void;
export type TestRoutes = Record<string, (request: TestRequest) => TestAnswer | Promise<TestAnswer>>;

/**
 * A small app for tests of checks, on bare node:http.
 *
 * @param routes handlers by `"GET /todos/{id}"`; a `fallback` answers what no route matches (default: 404 as JSON)
 */
export function testApp(routes: TestRoutes): RequestListener {
  return (incoming, response) => {
    void answer(routes, incoming, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ error: String(error) }));
    });
  };
}

async function answer(routes: TestRoutes, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks).toString('utf8');
  const url = new URL(incoming.url ?? '/', 'http://app');
  const method = incoming.method ?? 'GET';
  const { handler, params } = find(routes, method, url.pathname);
  const reply = await handler({
    method,
    path: url.pathname,
    params,
    query: url.searchParams,
    headers: incoming.headers,
    body: parse(raw),
    raw,
    response,
  });
  if (response.writableEnded || reply === undefined) return;
  response.statusCode = reply.status ?? 200;
  if (reply.body !== undefined) response.setHeader('content-type', 'application/json; charset=utf-8');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.end(reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body)));
}

function find(
  routes: TestRoutes,
  method: string,
  path: string,
): { handler: TestRoutes[string]; params: Record<string, string> } {
  for (const [route, handler] of Object.entries(routes)) {
    const [routeMethod, routePath = ''] = route.split(' ');
    if (routeMethod !== method) continue;
    const names: string[] = [];
    const pattern = routePath.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
      names.push(name);
      return '([^/]+)';
    });
    const found = new RegExp(`^${pattern}$`).exec(path);
    if (found)
      return {
        handler,
        params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1] ?? '')])),
      };
  }
  return { handler: routes['fallback'] ?? (() => ({ status: 404, body: { error: 'not found' } })), params: {} };
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
