import type { ServiceKind } from '../../target/target.ts';
import { addressOf, type Address } from './address.ts';
import type { Connection } from './connections.ts';
import type { Habit } from './habits.ts';
import { takenTexts, type Atom, type Value } from './value.ts';

const PORTS: Readonly<Record<ServiceKind, number>> = { mongo: 27017, postgres: 5432, redis: 6379 };
const SCHEMES: Readonly<Record<string, ServiceKind>> = {
  mongodb: 'mongo',
  'mongodb+srv': 'mongo',
  postgres: 'postgres',
  postgresql: 'postgres',
  redis: 'redis',
  rediss: 'redis',
};
const PARTS = ['host', 'port', 'user', 'password', 'database'] as const;
type Part = (typeof PARTS)[number];

/** One way in which a connection may be made: each part with its pieces. */
interface Alternative {
  service: ServiceKind;
  parts: Partial<Record<Part, readonly Atom[]>>;
  /** The library takes what is missing from the environment. */
  fromEnvironment: boolean;
  /** A URL of a server, to which a database's name is appended. */
  server: readonly Atom[] | undefined;
}

/** The address that a connection fixes, in whole or in part; none where variables say everything. */
export function habitOf(connection: Connection): Habit[] {
  return alternatives(connection).flatMap((alternative) => {
    const { service, parts } = alternative;
    const host = fixedText(parts.host);
    const isHere = host === undefined && isLocal(alternative);
    if (host === undefined && !isHere) return [];
    const [user, password, database] = (['user', 'password', 'database'] as const).map((part) =>
      fixedText(parts[part]),
    );
    const port = Number(fixedText(parts.port) ?? PORTS[service]);
    return [
      {
        service,
        host: host ?? 'localhost',
        port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : PORTS[service],
        ...(user === undefined ? {} : { user: decoded(user) }),
        ...(password === undefined ? {} : { password: decoded(password) }),
        ...(database === undefined || service === 'redis' ? {} : { database: decoded(database) }),
        ...connection.at,
      },
    ];
  });
}

/** The variables that must name this machine, because other parts of their connection are fixed. */
export function localVariables(connection: Connection): string[] {
  return alternatives(connection).flatMap((alternative) => {
    if (!isLocal(alternative)) return [];
    const { parts, server } = alternative;
    return [...(server ?? []), ...(parts.host ?? []), ...(parts.port ?? [])].flatMap((atom) =>
      atom.kind === 'read' ? [atom.name] : [],
    );
  });
}

/** Whether the host is a variable, or nobody's, and yet the given credentials, names or ports would not fit. */
function isLocal({ service, parts, fromEnvironment, server }: Alternative): boolean {
  if (server !== undefined) return true;
  if (fixedText(parts.host) !== undefined) return false;
  const isFixed = (['user', 'password', 'database'] as const).some(
    (part) => fixedText(parts[part]) !== undefined && !(part === 'database' && service === 'redis'),
  );
  if (isFixed) return true;
  if (fromEnvironment) return false;
  return parts.host === undefined ? service !== 'mongo' : parts.password === undefined || parts.port === undefined;
}

function alternatives(connection: Connection): Alternative[] {
  const { service, fromEnvironment } = connection;
  const urls = connection.url.kind === 'unknown' ? [] : takenTexts(connection.url, () => true);
  if (urls.length > 0) return urls.flatMap((atoms) => fromUrl(addressOf(atoms), service));
  const parts = Object.fromEntries(
    PARTS.flatMap((part) => {
      const atoms = taken(connection[part]);
      return atoms === undefined ? [] : [[part, atoms]];
    }),
  );
  // Without any part: the library's default, unless the connection is made elsewhere.
  return [{ service, parts, fromEnvironment, server: undefined }];
}

function fromUrl(address: Address, service: ServiceKind): Alternative[] {
  if (address.url !== undefined || address['open-url'] !== undefined) return [];
  const { scheme = '', 'server-url': server, ...parts } = address;
  const named = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (server === undefined && parts.host === undefined) return [];
  return [{ service: named ?? service, parts, fromEnvironment: false, server }];
}

function taken(value: Value): readonly Atom[] | undefined {
  return value.kind === 'unknown' ? undefined : takenTexts(value, () => true)[0];
}

/** The text of a part that is nothing but text. */
function fixedText(atoms: readonly Atom[] | undefined): string | undefined {
  if (atoms === undefined || atoms.length === 0) return undefined;
  return atoms.every((atom) => atom.kind === 'text') ? atoms.map(({ text }) => text).join('') : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
