import type { CallSite } from './call-site.ts';
import type { Flow } from './flow.ts';
import { UNKNOWN, type Place, type Value } from './value.ts';

/** A call that makes the app listen. */
export interface Listening {
  port: Value;
  host: Value;
  at: Place;
}

/** Functions that take where to listen among their options. */
const SERVE = new Set([
  'serve',
  'Deno.serve',
  'Bun.serve',
  'server',
  'Hapi.server',
  'Hapi.Server',
  'startStandaloneServer',
]);

/** Where the source tells the app to listen: `listen(…)` of any framework, `serve({ port })`. */
export function listenings(calls: readonly CallSite[], flow: Flow): Listening[] {
  return calls.flatMap((call) => {
    if (call.name === 'listen' && call.given.length > 0) return [listen(call, flow)];
    if (!SERVE.has(call.way) && !SERVE.has(call.name)) return [];
    const all = call.given.map((_, index) => call.argument(index)).filter((value) => value.kind === 'object');
    return all.flatMap((options) => {
      const inner = flow.property(options, 'listen');
      const found = fromOptions(inner.kind === 'object' ? inner : options, call, flow);
      return found.port.kind === 'unknown' && found.host.kind === 'unknown' ? [] : [found];
    });
  });
}

function listen(call: CallSite, flow: Flow): Listening {
  const first = call.argument(0);
  if (first.kind === 'object' || (first.kind === 'choice' && first.options.some(({ kind }) => kind === 'object')))
    return fromOptions(first, call, flow);
  const second = call.argument(1);
  const isHost = second.kind !== 'function' && second.kind !== 'object';
  return { port: first, host: isHost ? second : UNKNOWN, at: call.at };
}

function fromOptions(options: Value, call: CallSite, flow: Flow): Listening {
  const [host, hostname] = [flow.property(options, 'host'), flow.property(options, 'hostname')];
  return { port: flow.property(options, 'port'), host: host.kind === 'unknown' ? hostname : host, at: call.at };
}
