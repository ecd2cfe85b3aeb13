import type { SyntaxNode } from '../../platform/syntax.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { CallSite } from './call-site.ts';
import { consume, defined, partsIn, type Parts } from './connection-options.ts';
import { dialect } from './dialect.ts';
import type { Flow } from './flow.ts';
import { libraryOf, pluginService } from './libraries.ts';
import { UNKNOWN, type Place, type Value } from './value.ts';

/** Where the source connects to a service. A part is unknown where the source does not give it. */
export interface Connection {
  service: ServiceKind;
  url: Value;
  host: Value;
  port: Value;
  user: Value;
  password: Value;
  database: Value;
  /** The library takes what is missing from the environment (PGHOST), not this machine. */
  fromEnvironment: boolean;
  at: Place;
}

/** Every place where the source connects to a service. */
export function connections(calls: readonly CallSite[], flow: Flow): Connection[] {
  const seen = new Set<SyntaxNode>();
  const byCall = calls.flatMap((call) => fromCall(call, flow, seen));
  const byObject = flow.program.modules.flatMap((module) =>
    module.objects.flatMap(({ node }) => {
      if (seen.has(node)) return [];
      const value = flow.evaluate(node, module);
      const service = dialect(value, flow);
      if (service === undefined || service === 'other') return [];
      const parts = partsIn(value, flow, seen);
      const at = { file: module.file, line: node.loc.start.line };
      return Object.keys(parts).length === 0 ? [] : [connection(service, parts, true, at)];
    }),
  );
  return [...byCall, ...byObject];
}

function fromCall(call: CallSite, flow: Flow, seen: Set<SyntaxNode>): Connection[] {
  const library = libraryOf(call);
  if (library === undefined) return call.name === 'register' ? plugin(call, flow, seen) : [];
  if (call.package?.called === true && library.afterCall !== true) return [];
  const given = call.given.map((_, index) => call.argument(index));
  const spoken = given.map((value) => dialect(value, flow)).find((one) => one !== undefined) ?? library.service;
  if (spoken === 'other') return [];
  const parts = library.read?.(call, flow) ?? partsIn(given[0] ?? UNKNOWN, flow, seen);
  // Options that nobody can read may say anything.
  if (given.length > 0 && given.every(({ kind }) => kind === 'unknown')) return [];
  // Somebody else's connection is used.
  if (
    given.some((value) =>
      ['connection', 'client', 'pool'].some((name) => flow.property(value, name).kind === 'package'),
    )
  )
    return [];
  for (const value of given) consume(value, flow, seen);
  return [connection(spoken, parts, library.fromEnvironment ?? false, call.at)];
}

function plugin(call: CallSite, flow: Flow, seen: Set<SyntaxNode>): Connection[] {
  const service = pluginService(call.argument(0));
  return service === undefined
    ? []
    : [connection(service, partsIn(call.argument(1), flow, seen), service === 'postgres', call.at)];
}

function connection(service: ServiceKind, parts: Parts, fromEnvironment: boolean, at: Place): Connection {
  const none = { url: UNKNOWN, host: UNKNOWN, port: UNKNOWN, user: UNKNOWN, password: UNKNOWN, database: UNKNOWN };
  return { service, ...none, ...defined(parts), fromEnvironment: fromEnvironment && service === 'postgres', at };
}
