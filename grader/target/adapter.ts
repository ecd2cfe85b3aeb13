import type { Added, Gives, Outside, Takes } from './shape.ts';
import { at } from './template.ts';

type Fields = Record<string, unknown>;

/** What says how a request went, and is no part of what was asked for. */
const FURNITURE = new Set(['success', 'ok', 'status', 'statusCode', 'code', 'message', 'msg', 'timestamp', 'error']);

/** The body that this app takes for the contract's; what is no object goes as it is. */
export function adaptRequest({ names, adds }: Takes, body: unknown): unknown {
  if (!isFields(body)) return body;
  const renamed = Object.entries(body).map(([name, value]) => [own(names, name) ?? name, value] as const);
  const added = Object.entries(adds).flatMap(([name, how]) => {
    const value = valueOf(how, body);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries([...added, ...renamed]);
}

/** The query in the app's names. */
export function adaptQuery<T>({ names }: Takes, query: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [own(names, name) ?? name, value]));
}

function valueOf(added: Added, body: Fields): unknown {
  if ('value' in added) return added.value;
  if ('copy' in added) return own(body, added.copy);
  const text = own(body, 'local' in added ? added.local : added.of);
  if (typeof text !== 'string') return undefined;
  if ('local' in added) return text.split('@', 1)[0]?.replaceAll(/[^A-Za-z0-9]/g, '');
  const words = text.trim().split(/\s+/);
  return added.word === 'first' ? words[0] : words.at(-1);
}

/** One answer as it came. */
export interface RawAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  /** undefined when the body is not JSON. */
  json: unknown;
}

/**
 * The JSON of an answer in the contract's words. Nothing is hidden: what stood beside the resource stands in it now,
 * and a field that no name of the contract is for keeps its own.
 */
export function adaptAnswer(gives: Gives | undefined, answer: RawAnswer, errorField?: string): unknown {
  if (answer.status >= 400) return errorField === undefined ? answer.json : withError(answer.json, errorField);
  if (gives === undefined) return answer.json;
  const outside = Object.entries(gives.outside ?? {}).flatMap(([name, where]) => {
    const found = outsideOf(where, answer);
    return found === undefined ? [] : [[name, found] as const];
  });
  const inside = adaptBody(gives, answer.json);
  if (outside.length === 0) return inside;
  return { ...(isFields(inside) ? inside : {}), ...Object.fromEntries(outside) };
}

/** A body of an answer in the contract's words. */
export function adaptBody(gives: Gives, json: unknown): unknown {
  const found = gives.envelope === '' ? json : at(json, gives.envelope);
  // One answer of an app may come bare where another is wrapped.
  const wrapped = found !== undefined && found !== null;
  const resource = wrapped ? found : json;
  const items = (value: unknown) =>
    Array.isArray(value) && gives.items ? value.map((item) => rename(item, gives.items ?? {}, item)) : value;
  if (Array.isArray(resource) && !Object.hasOwn(gives.names, 'items')) return items(resource);
  const base = isFields(resource) ? resource : Array.isArray(resource) ? {} : undefined;
  if (base === undefined) return resource;
  const named = rename(base, gives.names, json) as Fields;
  for (const [name, parts] of Object.entries(gives.joins ?? {})) {
    const words = parts.map((part) => own(named, part));
    if (!Object.hasOwn(named, name) && words.every((word) => typeof word === 'string'))
      define(named, name, words.join(' '));
  }
  const whole: Fields = wrapped && gives.envelope !== '' ? { ...beside(json, gives.envelope), ...named } : named;
  return Object.hasOwn(whole, 'items') && gives.items ? { ...whole, items: items(whole['items']) } : whole;
}

/** An object whose fields have the contract's names. @param root where paths that begin with `^` start */
function rename(value: unknown, names: Readonly<Record<string, string>>, root: unknown): unknown {
  if (!isFields(value)) return value;
  const moved = new Set<string>();
  const named: [string, unknown][] = [];
  for (const [name, path] of Object.entries(names)) {
    // A field that the answer has under the contract's name is that field.
    if (Object.hasOwn(value, name)) continue;
    const found = path.startsWith('^') ? at(root, path.slice(1)) : at(value, path);
    if (found === undefined) continue;
    named.push([name, found]);
    moved.add(path.replace(/^\^/, ''));
  }
  const kept = Object.entries(value).filter(([name]) => !moved.has(name));
  return Object.fromEntries([...kept, ...named]);
}

/** What stands around a resource in its envelope, without what only says how the request went. */
function beside(json: unknown, envelope: string): Fields {
  let level = json;
  const found: Fields = {};
  for (const part of envelope.split('.')) {
    if (!isFields(level)) break;
    for (const [name, value] of Object.entries(level))
      if (name !== part && !FURNITURE.has(name)) define(found, name, value);
    level = own(level, part);
  }
  return found;
}

function withError(json: unknown, field: string): unknown {
  if (!isFields(json) || Object.hasOwn(json, 'error')) return json;
  const error = at(json, field);
  return error === undefined ? json : { ...json, error };
}

function outsideOf(where: Outside, { headers, text }: RawAnswer): string | undefined {
  if (where.in === 'text') return text.trim() === '' ? undefined : text.trim().replaceAll(/^"|"$/g, '');
  if (where.in === 'header') return own(headers, where.name)?.replace(/^Bearer\s+/i, '');
  return cookieIn(own(headers, 'set-cookie'), where.name);
}

/** @param header all set-cookie headers, by lines */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const line of (header ?? '').split('\n')) {
    const [pair = ''] = line.split(';', 1);
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return decode(pair.slice(equals + 1).trim());
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Sets a field whatever its name: `__proto__` of an answer is a field like any other. */
function define(fields: Fields, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, enumerable: true, writable: true, configurable: true });
}
