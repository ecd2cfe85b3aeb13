import type { Variable } from './variable.ts';

/** The variables by which an app is told where to listen. */
export interface ListenNames {
  /** All are given the same port. */
  ports: string[];
  /** For further servers of the app: each is given a port of its own. */
  otherPorts: string[];
  hosts: string[];
}

/** What apps are told when nothing is known about them. */
export const USUAL_LISTEN_NAMES: ListenNames = { ports: ['PORT'], otherPorts: [], hosts: ['HOST'] };

/** Their values where the app is to listen at `port` of `host`. */
export function listenValues(
  { ports, otherPorts, hosts }: ListenNames,
  { port, host }: { port: number; host: string },
): Record<string, string> {
  return Object.fromEntries([
    ...ports.map((name) => [name, String(port)]),
    ...otherPorts.map((name, index) => [name, String(port < 60_000 ? port + index + 1 : port - index - 1)]),
    ...hosts.map((name) => [name, host]),
  ]) as Record<string, string>;
}

/**
 * PORT and HOST, unless they are the database's, and the names that the source itself listens by.
 *
 * @param taken what has a value already
 */
export function listenNames(variables: readonly Variable[], taken: Readonly<Record<string, string>>): ListenNames {
  const free = (name: string) => !Object.hasOwn(taken, name);
  const names = (part: 'port' | 'host') =>
    variables.filter(({ name, meaning }) => meaning.kind === 'listen' && meaning.part === part && free(name));
  const usual = variables.some(({ name, meaning }) => name === 'PORT' && meaning.kind === 'listen');
  const used = names('port').filter(({ byUse, name }) => byUse && name !== 'PORT');
  const [first] = used;
  // Names that one call listens by are one server. PORT goes first, as briefs have it.
  const same = used.filter((one) => !usual && one.file === first?.file && one.line === first.line);
  const others = used.filter((one) => !same.includes(one));
  // Several servers call each other at the ports that they have by default.
  const main = others.length === 0 ? same : same.filter(({ required }) => required);
  const guessed = names('port').filter(({ byUse, name }) => !byUse && name !== 'PORT');
  return {
    ports: [...['PORT'].filter(free), ...[...main, ...guessed].map(({ name }) => name)],
    otherPorts: others.filter(({ required }) => required).map(({ name }) => name),
    hosts: [...new Set([...['HOST'].filter(free), ...names('host').map(({ name }) => name)])],
  };
}
