import { children, child, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import type { Flow } from './flow.ts';
import { texts, type Value } from './value.ts';

/** What an address is made of. */
type Part = 'url' | 'host' | 'port' | 'user' | 'password' | 'database';
/** The parts that the source gives. */
export type Parts = Partial<Record<Part, Value>>;

/** The names of options, by what they mean, in the libraries of all three services. */
const OPTIONS: Readonly<Record<Part, readonly string[]>> = {
  url: ['connectionString', 'url', 'uri', 'clientUrl', 'mongoUrl', 'conString', 'connectionURL', 'datasourceUrl'],
  host: ['host', 'hostname', 'server'],
  port: ['port'],
  user: ['user', 'username'],
  password: ['password', 'pass', 'auth_pass'],
  database: ['database', 'db', 'dbName', 'dbname'],
};
const PARTS = Object.keys(OPTIONS) as Part[];
/** Options that hold further ones. */
const NESTED = [
  'connection',
  'socket',
  'redis',
  'auth',
  'dbCredentials',
  'replication',
  'master',
  'write',
  'conObject',
  'datasource',
  'db',
];
/**
 * The parts of a connection that options give; a text or a variable is a URL.
 *
 * @param seen is given the objects that were looked into
 */
export function partsIn(value: Value, flow: Flow, seen: Set<SyntaxNode>, depth = 0): Parts {
  if (value.kind === 'object') seen.add(value.node);
  if (['text', 'read', 'joined', 'decoded'].includes(value.kind))
    return depth === 0 || isUrl(value) ? { url: value } : {};
  if (value.kind === 'choice' && !value.options.some((one) => ['object', 'json'].includes(one.kind)))
    return { url: value };
  if (!['object', 'json', 'choice', 'instance', 'exports'].includes(value.kind)) return {};
  const own: Parts = {};
  for (const part of PARTS) {
    const found = OPTIONS[part].map((name) => flow.property(value, name)).find((one) => isText(one));
    if (found !== undefined) own[part] = found;
  }
  if (depth > 2) return own;
  for (const name of NESTED) {
    const inner = flow.property(value, name);
    if (inner.kind === 'unknown') continue;
    if (name === 'connection' && isText(inner)) own.url ??= inner;
    else if (!isText(inner)) Object.assign(own, { ...partsIn(inner, flow, seen, depth + 1), ...own });
  }
  return own;
}

function isText(value: Value): boolean {
  return (
    ['text', 'read', 'joined', 'decoded'].includes(value.kind) ||
    (value.kind === 'json' && typeof value.json !== 'object') ||
    (value.kind === 'choice' && value.options.some(isText))
  );
}

function isUrl(value: Value): boolean {
  return texts(value).some(([first]) => first?.kind === 'text' && first.text.includes('://'));
}

/** Without the parts that are not there. */
export function defined(parts: { [Key in Part]?: Value | undefined }): Parts {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** Notes that an object, and those in it, belong to a connection. */
export function consume(value: Value, flow: Flow, seen: Set<SyntaxNode>, depth = 0): void {
  if (value.kind !== 'object' || depth > 3) return;
  seen.add(value.node);
  for (const property of children(value.node, 'properties')) {
    const name = nameOf(child(property, 'key'));
    if (name !== undefined && child(property, 'value')?.type !== 'StringLiteral')
      consume(flow.property(value, name), flow, seen, depth + 1);
  }
}
