import type { Binding } from '../target/binding.ts';
import { namesOf } from './round-trip.ts';
import type { Shape } from './shape.ts';

/** Where a binding is not what the shape says it should be, in words; nothing when it is. */
export function differences(shape: Shape, { routes, token }: Binding): string[] {
  const seen: Record<string, string> = Object.fromEntries(
    Object.entries(routes).map(([operation, { method, path }]) => [operation, `${method} ${path}`]),
  );
  const wanted: Record<string, string> = { ...shape.operations };
  const create = namesOf(shape.rubric.contract).create;
  seen['envelope'] = routes[create]?.gives?.envelope ?? '';
  wanted['envelope'] = shape.envelope;
  for (const [field, own] of Object.entries(shape.fields)) {
    wanted[`sent as ${field}`] = own;
    seen[`sent as ${field}`] = Object.values(routes).flatMap(({ takes }) => takes?.names[field] ?? [])[0] ?? field;
  }
  if (shape.token) {
    wanted['token sent'] = shape.token.sent;
    seen['token sent'] = `${token.header}: ${token.prefix.replace(/[ =]$/, '')}`.trim();
    wanted['token received'] = shape.token.received;
    seen['token received'] = receivedIn(routes['login']?.gives);
  }
  return Object.keys(wanted).flatMap((key) =>
    seen[key] === wanted[key] ? [] : [`${key} is bound to "${seen[key]}", not to "${wanted[key]}"`],
  );
}

/** Where login's answer has the token: a dotted path from the body, `text`, or the name of a header or cookie. */
function receivedIn(gives: Binding['routes'][string]['gives']): string {
  const outside = gives?.outside?.['token'];
  if (outside?.in === 'text') return 'text';
  if (outside?.in === 'header') return `header: ${outside.name}`;
  if (outside?.in === 'cookie') return `set-cookie: ${outside.name}`;
  const path = gives?.names['token'] ?? 'token';
  if (path.startsWith('^')) return path.slice(1);
  return gives?.envelope ? `${gives.envelope}.${path}` : path;
}
