import type { CallSite } from './call-site.ts';
import { defined, partsIn, type Parts } from './connection-options.ts';
import type { Flow } from './flow.ts';
import { texts, UNKNOWN, type Place, type Value } from './value.ts';

/** `(url, options)` or `(options)`. */
export function mongo(call: CallSite, flow: Flow): Parts {
  const more = partsIn(call.argument(1), flow, new Set());
  const first = call.argument(0);
  return first.kind === 'object' ? partsIn(first, flow, new Set()) : { ...more, url: first };
}

/** `new Sequelize(url)`, `new Sequelize(database, user, password, options)` and `new Sequelize(options)`. */
export function sequelize(call: CallSite, flow: Flow): Parts {
  const given = call.given.map((_, index) => call.argument(index));
  const isOptions = (value: Value | undefined) =>
    value === undefined || value.kind === 'object' || value.kind === 'json';
  const here: Parts = { host: text('localhost', call.at) };
  if (isOptions(given[0])) return defined({ ...here, ...partsIn(given[0] ?? UNKNOWN, flow, new Set()) });
  if (given.length <= 2 && isOptions(given[1])) return { url: given[0] ?? UNKNOWN };
  const more = partsIn(given.find((value, index) => index > 1 && isOptions(value)) ?? UNKNOWN, flow, new Set());
  return defined({
    ...here,
    ...more,
    database: given[0],
    user: given[1],
    password: isOptions(given[2]) ? UNKNOWN : given[2],
  });
}

/** `(url)`, `(port, host)`, `(path)`, `(options)` or nothing. */
export function redis(call: CallSite, flow: Flow): Parts {
  const given = call.given.map((_, index) => call.argument(index));
  const list = given[0]?.kind === 'array' ? flow.property(given[0], '0') : given[0];
  if (list === undefined || list.kind === 'object' || list.kind === 'unknown')
    return partsIn(list ?? UNKNOWN, flow, new Set());
  const more = given.length > 1 ? partsIn(given.at(-1) ?? UNKNOWN, flow, new Set()) : {};
  const [first] = texts(list)[0] ?? [];
  const second = given[1];
  const isPort = first?.kind === 'text' ? /^\d+$/.test(first.text) : second !== undefined && second.kind !== 'object';
  if (!isPort) return { ...more, url: list };
  return { ...more, port: list, ...(second === undefined || second.kind === 'object' ? {} : { host: second }) };
}

/** `(name, url)`, `(name, options)`, or the worker's `(name, work, options)`. */
export function queue(call: CallSite, flow: Flow): Parts {
  const given = call.given.slice(1).map((_, index) => call.argument(index + 1));
  const url = given.find((value) => ['text', 'read', 'joined', 'choice'].includes(value.kind));
  return url === undefined ? partsIn(given.find(({ kind }) => kind === 'object') ?? UNKNOWN, flow, new Set()) : { url };
}

function text(value: string, at: Place): Value {
  return { kind: 'text', text: value, at };
}
