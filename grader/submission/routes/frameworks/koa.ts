import { native, property, textOf, textsOf, UNKNOWN, type Argument, type Value } from '../interpreter/value.ts';
import { addMounts, addRoute, makeRouter, METHODS, pathsFirst, type Action } from './registration.ts';

/** Koa and its routers, which know their own prefix. */
function koaActions(name: string): Action | undefined {
  const method = METHODS.get(name);
  if (method !== undefined)
    return (router, args, site) => {
      // A route may have a name before its path.
      const rest = textOf(args[0]?.value) !== undefined && textsOf(args[1]?.value).length > 0 ? args.slice(1) : args;
      addRoute(router, method, textsOf(rest[0]?.value), rest.slice(1), site);
    };
  switch (name) {
    case 'use':
      return (router, args) => {
        const { patterns, rest } = pathsFirst(args, ['']);
        addMounts(router, patterns, rest);
      };
    case 'routes':
    case 'middleware':
      return () => {};
    case 'prefix':
      return (router, args) => {
        router.prefix = textOf(args[0]?.value) ?? router.prefix;
      };
    case 'register':
      return (router, args, site) => {
        for (const verb of textsOf(args[1]?.value))
          addRoute(router, verb.toUpperCase(), textsOf(args[0]?.value), args.slice(2), site);
      };
    default:
      return undefined;
  }
}

const APP = native('Koa', (_args, _site, interpreter) => makeRouter(interpreter, koaActions, { root: true }));

const ROUTER = native('Router', (args, _site, interpreter) => {
  const options = args[0]?.value;
  const prefix = textOf(options?.kind === 'object' ? property(options.properties, 'prefix') : undefined);
  return makeRouter(interpreter, koaActions, { root: false, ...(prefix === undefined ? {} : { prefix }) });
});
ROUTER.properties.set('Router', ROUTER);

const MOUNT = native('mount', (args, _site, interpreter) => {
  const { patterns, rest } = pathsFirst(args, ['']);
  const place = makeRouter(interpreter, koaActions, { root: false });
  addMounts(place.router, patterns, rest);
  return place;
});

const COMBINE = native('combineRouters', (args) => native('combined', () => listed(args)));

function listed(args: readonly Argument[]): Value {
  return { kind: 'list', items: args.map(({ value }) => value) };
}

export const KOA_PACKAGES: Readonly<Record<string, Value>> = {
  koa: APP,
  '@koa/router': ROUTER,
  'koa-router': ROUTER,
  'koa-mount': MOUNT,
  'koa-compose': native('compose', (args) => args[0]?.value ?? UNKNOWN),
  'koa-combine-routers': COMBINE,
};
