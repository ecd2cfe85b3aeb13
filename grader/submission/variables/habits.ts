import type { ServiceKind } from '../../target/target.ts';
import type { Sources } from '../sources.ts';
import { addressOf, type Address } from './address.ts';
import { analyse } from './analysis.ts';
import type { Connection } from './connections.ts';
import { takenTexts, type Atom, type Value } from './value.ts';

/**
 * An address of a service that the source itself names, so that no variable can change it. A part that
 * is missing is not fixed: the app takes it from a variable, or does without.
 */
export interface Habit {
  service: ServiceKind;
  host: string;
  port: number;
  user?: string;
  password?: string;
  database?: string;
  file: string;
  line: number;
}

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
type Fixed = Partial<Record<(typeof PARTS)[number], Atom[]>>;

/** Addresses of services that are written into the source, or are a library's default. */
export function findHabits(sources: Sources, folder: string): Habit[] {
  const habits = analyse(sources, folder).connections.flatMap(habitsOf);
  return [
    ...new Map(habits.map(({ file, line, ...what }) => [JSON.stringify(what), { ...what, file, line }])).values(),
  ];
}

function habitsOf(connection: Connection): Habit[] {
  const urls = connection.url.kind === 'unknown' ? [] : takenTexts(connection.url, () => true);
  if (urls.length > 0) return urls.flatMap((atoms) => fromUrl(atoms, connection));
  const parts = Object.fromEntries(PARTS.map((part) => [part, taken(connection[part])]));
  const isGiven = PARTS.some((part) => connection[part].kind !== 'unknown');
  // The default of the library, unless that comes from the environment; Mongo's has none.
  if (!isGiven && (connection.fromEnvironment || connection.service === 'mongo')) return [];
  return habit(connection, parts, !connection.fromEnvironment);
}

function fromUrl(atoms: readonly Atom[], connection: Connection): Habit[] {
  const address: Address = addressOf(atoms);
  if (address['server-url'] !== undefined || address.url !== undefined) return [];
  const service = Object.hasOwn(SCHEMES, address.scheme ?? '') ? SCHEMES[address.scheme ?? ''] : connection.service;
  return habit({ ...connection, service: service ?? connection.service }, address, true);
}

/** A habit, when any part is fixed; `local`: a host or port that is missing is this machine's. */
function habit({ service, at }: Pick<Connection, 'service' | 'at'>, parts: Fixed, local: boolean): Habit[] {
  const fixed = Object.fromEntries(PARTS.map((part) => [part, fixedText(parts[part])]));
  const missing = (part: 'host' | 'port') => local && parts[part] === undefined;
  const isFixed = PARTS.some((part) => fixed[part] !== undefined) || missing('host');
  if (!isFixed) return [];
  const port = Number(fixed['port'] ?? PORTS[service]);
  const { user, password, database } = fixed;
  const credentials = Object.fromEntries(
    Object.entries({ user, password, database }).flatMap(([part, value]) =>
      value === undefined ? [] : [[part, decoded(value)]],
    ),
  );
  return [
    {
      service,
      host: fixed['host'] ?? 'localhost',
      port: Number.isInteger(port) ? port : PORTS[service],
      ...credentials,
      ...at,
    },
  ];
}

function taken(value: Value): Atom[] | undefined {
  return value.kind === 'unknown' ? undefined : takenTexts(value, () => true)[0];
}

/** The text of a part that is nothing but text. */
function fixedText(atoms: readonly Atom[] | undefined): string | undefined {
  if (atoms === undefined || atoms.length === 0) return undefined;
  const pieces = atoms.map((atom) => (atom.kind === 'text' ? atom.text : undefined));
  return pieces.includes(undefined) ? undefined : pieces.join('');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
