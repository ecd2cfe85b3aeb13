import { native, object, property, textOf, textsOf, UNKNOWN, type Value } from '../interpreter/value.ts';
import { addMounts, addRoute, makeRouter, METHODS, pathsFirst, type Action } from './registration.ts';

function honoActions(name: string): Action | undefined {
  const method = METHODS.get(name);
  if (method !== undefined)
    return (router, args, site) => {
      const { patterns, rest } = pathsFirst(args, ['']);
      addRoute(router, method, patterns, rest, site);
    };
  switch (name) {
    case 'use':
      return (router, args) => {
        const { patterns, rest } = pathsFirst(args, ['']);
        addMounts(router, patterns, rest);
      };
    case 'route':
      return (router, args) => addMounts(router, textsOf(args[0]?.value), args.slice(1));
    case 'basePath':
      return (router, args, _site, interpreter) => {
        const base = makeRouter(interpreter, honoActions, { root: false });
        addMounts(router, textsOf(args[0]?.value), [{ value: base, node: undefined }]);
        return base;
      };
    case 'on':
      return (router, args, site) => {
        for (const verb of textsOf(args[0]?.value))
          addRoute(router, verb.toUpperCase(), textsOf(args[1]?.value), args.slice(2), site);
      };
    case 'openapi':
      return (router, args, site) => {
        const route = args[0]?.value;
        if (route?.kind !== 'object') return;
        const verb = textOf(property(route.properties, 'method'))?.toUpperCase();
        // OpenAPI writes parameters as we do.
        const paths = textsOf(property(route.properties, 'path'));
        if (verb !== undefined) addRoute(router, verb, paths, args.slice(1), site);
      };
    default:
      return undefined;
  }
}

const APP = native('Hono', (_args, _site, interpreter) => makeRouter(interpreter, honoActions, { root: true }));

const EXPORTS = object({
  Hono: APP,
  OpenAPIHono: APP,
  createRoute: native('createRoute', ([route]) => route?.value ?? UNKNOWN),
});

export const HONO_PACKAGES: Readonly<Record<string, Value>> = {
  hono: EXPORTS,
  'hono/tiny': EXPORTS,
  'hono/quick': EXPORTS,
  '@hono/zod-openapi': EXPORTS,
};
