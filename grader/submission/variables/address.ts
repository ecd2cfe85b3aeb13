import type { ServicePart } from './variable.ts';
import type { Atom } from './value.ts';

/** The pieces of one connection, by what they are in it. */
export type Address = Partial<Record<ServicePart, Atom[]>> & { scheme?: string };

/** Stand for the variables of a text while it is taken apart. */
const FIRST_MARK = 0xe000;
const MARKS = /([\uE000-\uE0FF])/;

/**
 * Takes a URL apart that may be put together of variables: `mongodb://${HOST}:${PORT}/${NAME}`.
 * A variable alone is the whole URL; one to which a path is appended is the URL of a server.
 */
export function addressOf(atoms: readonly Atom[]): Address {
  const [first, ...rest] = atoms;
  if (first?.kind === 'read') {
    const next = rest[0];
    if (next === undefined) return { url: [first] };
    if (next.kind === 'text' && next.text.startsWith('?')) return { 'open-url': [first] };
    if (next.kind === 'text' && next.text.startsWith('/'))
      return { 'server-url': [first], database: split(/^\/([^?]*)/.exec(marked(rest))?.[1], rest) };
  }
  const text = marked(atoms);
  const match = /^([^:/?]*):\/\/([^/?]*(?:\/(?=[^@?]*@)[^/?]*)*)(?:\/([^?]*))?/.exec(text);
  if (match === null)
    return first?.kind === 'text' && rest.length === 0 && !text.includes('://') ? { host: [first] } : {};
  const [, scheme = '', authority = '', path = ''] = match;
  const at = authority.lastIndexOf('@');
  const [, user, password] = /^([^:]*)(?::(.*))?$/.exec(at === -1 ? '' : authority.slice(0, at)) ?? [];
  const [, host, port] = /^(\[[^\]]*\]|[^:,]*)(?::([^,]*))?/.exec(authority.slice(at + 1)) ?? [];
  const parts = { user, password, host, port, database: path };
  return {
    scheme,
    ...Object.fromEntries(
      Object.entries(parts).flatMap(([part, piece]) => (piece ? [[part, split(piece, atoms)]] : [])),
    ),
  };
}

/** One text, with a mark for each piece that is not known. */
function marked(atoms: readonly Atom[]): string {
  return atoms
    .map((atom, index) => (atom.kind === 'text' ? atom.text : String.fromCharCode(FIRST_MARK + (index % 256))))
    .join('');
}

/** The pieces behind the marks. */
function split(text: string | undefined, atoms: readonly Atom[]): Atom[] {
  const place = atoms.find((atom) => atom.kind === 'text');
  const at = place?.kind === 'text' ? place.at : { file: '', line: 1 };
  return (text ?? '').split(MARKS).flatMap((piece): Atom[] => {
    if (piece === '') return [];
    const atom = MARKS.test(piece) ? atoms[piece.charCodeAt(0) - FIRST_MARK] : undefined;
    return [atom ?? { kind: 'text', text: piece, at }];
  });
}
