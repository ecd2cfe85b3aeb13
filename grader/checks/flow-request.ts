import type { Answer, CallOptions, ContractClient } from '../target/client.ts';
import { asText, fill, type Variables } from '../target/template.ts';
import type { Values } from '../target/values.ts';
import type { Step } from './flow-schema.ts';

/** A request whose templates are filled, ready to be sent. */
export interface PreparedRequest {
  /** What was put in, for `{{sent.body.title}}`. */
  sent: { params: Record<string, unknown>; query: Record<string, unknown>; body: unknown };
  send(signal: AbortSignal): Promise<Answer>;
}

/** Fills the templates of one step's request. @throws {TemplateError} where one names nothing */
export function prepareRequest(
  step: Step,
  options: { http: ContractClient; token: string | undefined; variables: Variables; values: Values },
): PreparedRequest {
  const { http, variables, values } = options;
  const filled = <T>(value: T): T => fill(value, variables, values);
  const sent = { params: filled(step.params ?? {}), query: filled(step.query ?? {}), body: filled(step.body) };
  const token = step.token === undefined ? options.token : asText(filled(step.token));
  const call: CallOptions = {
    params: mapValues(sent.params, asText),
    query: mapValues(sent.query, (value) => (Array.isArray(value) ? value.map(asText) : asText(value))),
    headers: mapValues(filled(step.headers ?? {}), asText),
    ...(token === undefined ? {} : { token }),
    ...(sent.body === undefined ? {} : { body: sent.body }),
    ...(step.raw === undefined ? {} : { rawBody: asText(filled(step.raw)) }),
  };
  if (step.call !== undefined) {
    const operation = step.call;
    return { sent, send: (signal) => http.call(operation, { ...call, signal }) };
  }
  const [method = 'GET', path = '/'] = splitRequest(step.request ?? 'GET /');
  const target = fillPath(path, http.origin, variables, values);
  // What an app says itself, such as where a new thing is, is asked for as it says.
  if (path.startsWith('{{')) return { sent, send: (signal) => http.send(method, target, { ...call, signal }) };
  return { sent, send: (signal) => http.request(method, target, { ...call, signal }) };
}

/** Method and path of "GET /nope". */
export function splitRequest(line: string): [method: string, path: string] {
  const space = line.indexOf(' ');
  return [line.slice(0, space), line.slice(space + 1)];
}

/**
 * Templates inside a path are escaped as one segment; one that begins it may be a whole path or URL (a
 * Location header), of which only path and query count: the grader talks to nobody but the app.
 */
function fillPath(path: string, origin: string, variables: Variables, values: Values): string {
  const filled = path.replaceAll(/\{\{[^{}]*\}\}/g, (template, offset: number) => {
    const text = asText(fill<unknown>(template, variables, values));
    return offset === 0 ? pathOf(text, origin) : encodeURIComponent(text.toWellFormed());
  });
  return filled.startsWith('/') ? filled : `/${filled}`;
}

function pathOf(location: string, origin: string): string {
  const base = URL.canParse(location, origin) ? new URL(location, origin) : new URL(origin);
  return base.pathname + base.search;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
