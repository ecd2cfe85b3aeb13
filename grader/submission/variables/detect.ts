import { SERVICE_KINDS, type ServiceKind } from '../../target/target.ts';
import type { Sources } from '../sources.ts';
import { addressOf } from './address.ts';
import { analyse, type Analysis } from './analysis.ts';
import { meaningByName } from './by-name.ts';
import { meaningByValue } from './by-value.ts';
import type { Connection } from './connections.ts';
import { localVariables } from './fixed-address.ts';
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
 * @param available the services that there are: DB_HOST is the host of one of them
 */
export function findVariables(
  sources: Sources,
  folder: string,
  available: readonly ServiceKind[] = SERVICE_KINDS.toReversed(),
): Variable[] {
  const analysis = analyse(sources, folder);
  const byUse = meaningsByUse(analysis);
  const services = likelyServices(analysis, available);
  const local = new Set(analysis.connections.flatMap(localVariables));
  const groups = Map.groupBy(analysis.reads, ({ name }) => name);
  return [...groups].slice(0, MAX_VARIABLES).map(([name, reads]): Variable => {
    const needed = reads.find(({ optional }) => !optional);
    const { file, line } = needed ?? reads[0] ?? { file: '', line: 1 };
    const fallback = reads.find((read) => read.fallback !== undefined)?.fallback;
    const values = [fallback, analysis.examples.get(name)];
    return {
      name,
      meaning: byUse.get(name) ?? guessed(name, reads, values, services),
      file,
      line,
      fallback,
      byUse: byUse.has(name),
      required: needed !== undefined && fallback === undefined,
      local: local.has(name),
    };
  });
}

/** By its own name, else by the value that stands beside it, else by the name that the source gives to it. */
function guessed(
  name: string,
  reads: readonly Read[],
  values: readonly (string | undefined)[],
  services: readonly ServiceKind[],
): Meaning {
  const own = meaningByName(name, services);
  const others = [
    ...values.map((value) => meaningByValue(value ?? '')),
    // `host` and `port` alone may be anybody's.
    ...reads
      .flatMap(({ alias }) => (alias === undefined ? [] : [meaningByName(alias, services)]))
      .filter(({ kind }) => kind === 'service' || kind === 'secret'),
  ];
  return [own, ...others].find(({ kind }) => kind !== 'unknown') ?? own;
}

/** The services that are there, those that the source connects to first. */
function likelyServices({ connections }: Analysis, available: readonly ServiceKind[]): ServiceKind[] {
  const used = connections.map(({ service }) => service).filter((service) => available.includes(service));
  return [...new Set([...used, ...available])];
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
