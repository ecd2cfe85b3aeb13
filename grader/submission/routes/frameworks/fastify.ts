import { posix } from 'node:path';
import {
  defaultOf,
  native,
  object,
  property,
  textOf,
  textsOf,
  UNKNOWN,
  type Interpreter,
  type Properties,
  type Site,
  type Value,
} from '../interpreter/value.ts';
import type { Router } from '../router.ts';
import { addRoute, makeRouter, METHODS, nameOfValue, routerValue, type Action } from './registration.ts';

/** Hooks that may refuse a request before its handler sees it. */
const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'];
/** The property of a plugin that `fastify-plugin` made: it adds to the app itself, and knows no prefix. */
const UNWRAPPED = '(plugin)';
const MAX_AUTOLOADED = 200;

export function fastifyActions(name: string): Action | undefined {
  const method = METHODS.get(name);
  if (method !== undefined)
    return (router, args, site) => {
      const options = args.length > 2 ? args[1]?.value : undefined;
      route(router, method, textsOf(args[0]?.value), options, site);
    };
  switch (name) {
    case 'route':
      return (router, args, site) => {
        const options = args[0]?.value;
        const paths = textsOf(option(options, 'url') ?? option(options, 'path'));
        for (const verb of textsOf(option(options, 'method'))) route(router, verb.toUpperCase(), paths, options, site);
      };
    case 'register':
      return (router, args, site, interpreter) =>
        register(router, args[0]?.value ?? UNKNOWN, args[1]?.value, site, interpreter);
    case 'addHook':
      return (router, args) => {
        const guard = nameOfValue(args[1]?.value ?? UNKNOWN) ?? 'anonymous';
        if (HOOKS.includes(textOf(args[0]?.value) ?? ''))
          router.entries.push({ kind: 'guard', pattern: '', guards: [guard] });
      };
    case 'withTypeProvider':
      return () => {};
    default:
      return undefined;
  }
}

function route(router: Router, method: string, paths: readonly string[], options: Value | undefined, site: Site): void {
  const guards = HOOKS.flatMap((hook) => {
    const value = option(options, hook);
    return value === undefined ? [] : value.kind === 'list' ? value.items : [value];
  });
  const handlers = [...guards, UNKNOWN].map((value) => ({ value, node: undefined }));
  addRoute(router, method, paths, handlers, site);
}

function register(
  router: Router,
  plugin: Value,
  options: Value | undefined,
  site: Site,
  interpreter: Interpreter,
): void {
  const prefix = textOf(option(options, 'prefix')) ?? '';
  if (plugin.kind === 'native' && plugin.name === 'autoload') return autoload(router, options, site, interpreter);
  const inner = defaultOf(plugin);
  const unwrapped = 'properties' in inner ? property(inner.properties, UNWRAPPED) : undefined;
  const given = [routerValue(router, fastifyActions), options ?? UNKNOWN];
  if (unwrapped === undefined) {
    const child = makeRouter(interpreter, fastifyActions, { root: false });
    router.entries.push({ kind: 'mount', pattern: prefix, guards: [], child: child.router });
    given[0] = child;
  }
  if (inner.kind !== 'unknown' || inner !== plugin)
    interpreter.call(
      unwrapped ?? inner,
      given.map((value) => ({ value, node: undefined })),
      site,
    );
}

/** `@fastify/autoload`: each folder below `dir` is a prefix. */
function autoload(router: Router, options: Value | undefined, site: Site, interpreter: Interpreter): void {
  const dir = textOf(option(options, 'dir'));
  const base = textOf(option(option(options, 'options'), 'prefix')) ?? '';
  let left = MAX_AUTOLOADED;
  const load = (folder: string, prefix: string) => {
    for (const name of interpreter.list(folder)) {
      if (--left < 0) return;
      const path = posix.join(folder, name);
      if (!/\.[cm]?[jt]s$/.test(name)) {
        if (!name.includes('.')) load(path, `${prefix}/${name.replace(/^_/, ':')}`);
        continue;
      }
      const module = interpreter.require(path, site.file);
      const own = textOf('properties' in module ? property(module.properties, 'autoPrefix') : undefined);
      register(router, module, object({ prefix: { kind: 'text', text: own ?? prefix } }), site, interpreter);
    }
  };
  if (dir !== undefined) load(posix.normalize(dir), base);
}

function option(options: Value | undefined, name: string): Value | undefined {
  return options?.kind === 'object' ? property(options.properties, name) : undefined;
}

const APP = native('fastify', (_args, _site, interpreter) => makeRouter(interpreter, fastifyActions, { root: true }));
APP.properties.set('fastify', APP);

const PLUGIN = native('fastify-plugin', ([plugin]) => {
  const properties: Properties = new Map([[UNWRAPPED, plugin?.value ?? UNKNOWN]]);
  return { kind: 'object', properties, class: undefined };
});

export const FASTIFY_PACKAGES: Readonly<Record<string, Value>> = {
  fastify: APP,
  'fastify-plugin': PLUGIN,
  '@fastify/autoload': native('autoload', () => UNKNOWN),
};
