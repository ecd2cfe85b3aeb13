import { native, object, property, textOf, textsOf, UNKNOWN, type Value } from '../interpreter/value.ts';
import { addRoute, makeRouter, type Action } from './registration.ts';

function hapiActions(name: string): Action | undefined {
  if (name === 'route')
    return (router, args, site) => {
      const routes = args[0]?.value;
      for (const route of routes?.kind === 'list' ? routes.items : [routes]) {
        if (route?.kind !== 'object') continue;
        const paths = textsOf(property(route.properties, 'path')).map(pattern);
        for (const verb of textsOf(property(route.properties, 'method')))
          addRoute(router, verb === '*' ? 'ALL' : verb.toUpperCase(), paths, [], site);
      }
    };
  if (name !== 'register') return undefined;
  return (router, args, site, interpreter) => {
    const given = args[0]?.value;
    for (const entry of given?.kind === 'list' ? given.items : [given]) {
      if (entry?.kind !== 'object') continue;
      const plugin = property(entry.properties, 'plugin') ?? entry;
      const routes = property(entry.properties, 'routes') ?? args[1]?.value ?? UNKNOWN;
      const child = makeRouter(interpreter, hapiActions, { root: false });
      const prefix = routes.kind === 'object' ? textOf(property(routes.properties, 'prefix')) : undefined;
      router.entries.push({ kind: 'mount', pattern: prefix ?? '', guards: [], child: child.router });
      interpreter.call(interpreter.member(plugin, 'register'), [{ value: child, node: undefined }], site);
    }
  };
}

/** Hapi writes `{id}`, `{id?}` and `{rest*}`. */
function pattern(path: string): string {
  return path.replaceAll(/\{(\w+)\?\}/g, ':$1?').replaceAll(/\{\w+\*\d*\}/g, '*');
}

const SERVER = native('server', (_args, _site, interpreter) => makeRouter(interpreter, hapiActions, { root: true }));

export const HAPI_PACKAGES: Readonly<Record<string, Value>> = {
  '@hapi/hapi': object({ server: SERVER, Server: SERVER }),
};
