import { SERVICE_KINDS, type ServiceKind } from '../../target/target.ts';
import type { Sources } from '../sources.ts';
import { addressOf } from './address.ts';
import { analyse, type Analysis } from './analysis.ts';
import { meaningByName } from './by-name.ts';
import type { Connection } from './connections.ts';
import type { Read } from './reads.ts';
import { readsOf, texts, type Value } from './value.ts';
import type { Meaning, ServicePart, Variable } from './variable.ts';

/** Most variables that one app is given values for. */
const MAX_VARIABLES = 300;

/**
 * Every environment variable that an app reads, once, with what it is taken for: by its use where the
 * source shows it (a PORT that feeds a pool is the database's), else by its name.
 *
 * @param folder the app's, relative to the repository; '' for its root
 */
export function findVariables(sources: Sources, folder: string): Variable[] {
  const analysis = analyse(sources, folder);
  const byUse = meaningsByUse(analysis);
  const services = likelyServices(analysis);
  const groups = Map.groupBy(analysis.reads, ({ name }) => name);
  return [...groups].slice(0, MAX_VARIABLES).map(([name, reads]) => {
    const meaning = byUse.get(name) ?? named(name, reads, services);
    const first = reads.find(({ optional }) => !optional) ?? reads[0];
    return {
      name,
      meaning,
      file: first?.file ?? '',
      line: first?.line ?? 1,
      fallback: reads.find(({ fallback }) => fallback !== undefined)?.fallback,
    };
  });
}

/** By its own name, else by the name that the source gives to it. */
function named(name: string, reads: readonly Read[], services: readonly ServiceKind[]): Meaning {
  const own = meaningByName(name, services);
  if (own.kind !== 'unknown') return own;
  const aliases = reads.flatMap(({ alias }) => alias ?? []).map((alias) => meaningByName(alias, services));
  // `host` and `port` alone may be anybody's.
  return aliases.find(({ kind }) => kind === 'service' || kind === 'secret') ?? own;
}

/** The services that the source connects to, the ones it mentions most first. */
function likelyServices({ connections }: Analysis): ServiceKind[] {
  const used = connections.map(({ service }) => service);
  return [...new Set([...used, ...SERVICE_KINDS.toReversed()])];
}

function meaningsByUse({ connections, listenings, keys }: Analysis): Map<string, Meaning> {
  const found = new Map<string, Meaning>();
  const note = (value: Value, meaning: Meaning) => {
    for (const { name } of readsOf(value)) if (!found.has(name)) found.set(name, meaning);
  };
  for (const { port, host } of listenings) {
    note(port, { kind: 'listen', part: 'port' });
    note(host, { kind: 'listen', part: 'host' });
  }
  for (const connection of connections) noteConnection(connection, found);
  for (const { value, meaning } of keys) note(value, meaning);
  return found;
}

const PARTS = ['host', 'port', 'user', 'password', 'database'] as const;

function noteConnection(connection: Connection, found: Map<string, Meaning>): void {
  const { service } = connection;
  const note = (name: string, part: ServicePart) => {
    if (!found.has(name)) found.set(name, { kind: 'service', service, part });
  };
  for (const part of PARTS) for (const { name } of readsOf(connection[part])) note(name, part);
  for (const atoms of texts(connection.url)) {
    for (const [part, pieces] of Object.entries(addressOf(atoms))) {
      if (typeof pieces === 'string') continue;
      for (const piece of pieces) if (piece.kind === 'read') note(piece.name, part as ServicePart);
    }
  }
}
