import { native, textsOf, type Value } from '../interpreter/value.ts';
import { addMounts, addRoute, makeRouter, METHODS, pathsFirst, routerValue, type Action } from './registration.ts';

/** Express, and routers that work as its own. */
export function expressActions(name: string): Action | undefined {
  const method = METHODS.get(name);
  if (method !== undefined)
    return (router, args, site) => {
      // `app.get('name')` reads a setting.
      if (args.length > 1) addRoute(router, method, textsOf(args[0]?.value), args.slice(1), site);
    };
  if (name === 'use')
    return (router, args) => {
      const { patterns, rest } = pathsFirst(args, ['']);
      addMounts(router, patterns, rest);
    };
  if (name !== 'route') return undefined;
  return (router, args) => {
    const patterns = textsOf(args[0]?.value);
    return routerValue(router, (verb) => {
      const one = METHODS.get(verb);
      return one === undefined ? undefined : (on, handlers, site) => addRoute(on, one, patterns, handlers, site);
    });
  };
}

const ROUTER = native('Router', (_args, _site, interpreter) =>
  makeRouter(interpreter, expressActions, { root: false }),
);
const APP = native('express', (_args, _site, interpreter) => makeRouter(interpreter, expressActions, { root: true }), {
  Router: ROUTER,
});

export const EXPRESS_PACKAGES: Readonly<Record<string, Value>> = {
  express: APP,
  'ultimate-express': APP,
  'express-promise-router': ROUTER,
  router: ROUTER,
  polka: APP,
  restify: native('restify', () => APP, { createServer: APP }),
};
