import type { TokenWay } from './binding.ts';
import { BEARER } from './binding.ts';
import type { RawAnswer } from './adapter.ts';
import type { Outside } from './shape.ts';

/** How apps take tokens that do not take `Authorization: Bearer`, the most usual first. */
const USUAL_WAYS: readonly TokenWay[] = [
  BEARER,
  { header: 'authorization', prefix: '' },
  { header: 'x-auth-token', prefix: '' },
  { header: 'x-access-token', prefix: '' },
  { header: 'token', prefix: '' },
  { header: 'auth-token', prefix: '' },
];
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const TOKEN_HEADERS = ['authorization', 'x-auth-token', 'x-access-token', 'auth-token', 'token'];

/** Where else than in a JSON field an answer to a login has the token; undefined when it has none that can be told. */
export function tokenOutside({ headers, text, json }: RawAnswer): Outside | undefined {
  const header = TOKEN_HEADERS.find((name) => Object.hasOwn(headers, name) && headers[name] !== '');
  if (header !== undefined) return { in: 'header', name: header };
  const cookies = [...(headers['set-cookie'] ?? '').matchAll(/^([^=;\n]+)=([^;\n]+)/gm)];
  const cookie =
    cookies.find(([, name = '', value = '']) => JWT.test(value) || /token|jwt|auth/i.test(name)) ?? cookies[0];
  if (cookie?.[1] !== undefined) return { in: 'cookie', name: cookie[1].trim() };
  const bare = (typeof json === 'string' ? json : text).trim();
  return JWT.test(bare) ? { in: 'text' } : undefined;
}

/** The ways to try, those that the source shows first; a token that came in a cookie goes back in it. */
export function waysToTry(shown: readonly TokenWay[], outside: Outside | undefined): TokenWay[] {
  const cookie = outside?.in === 'cookie' ? [{ header: 'cookie', prefix: `${outside.name}=` }] : [];
  const header =
    outside?.in === 'header' && outside.name !== 'authorization' ? [{ header: outside.name, prefix: '' }] : [];
  const all = [...cookie, ...shown, ...header, ...USUAL_WAYS];
  return [...new Map(all.map((way) => [`${way.header} ${way.prefix}`, way])).values()];
}
