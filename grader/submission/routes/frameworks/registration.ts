import { child, children, nameOf, type SyntaxNode } from '../../../platform/syntax.ts';
import {
  defaultOf,
  native,
  textsOf,
  type Argument,
  type Interpreter,
  type Native,
  type Site,
  type Value,
} from '../interpreter/value.ts';
import { newRouter, type Router } from '../router.ts';

/** HTTP methods as frameworks name the functions for them, with the method that each means. */
export const METHODS: ReadonlyMap<string, string> = new Map([
  ...['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'all'].map((name): [string, string] => [
    name,
    name.toUpperCase(),
  ]),
  ['del', 'DELETE'],
  ['any', 'ALL'],
]);

/** What a framework's method does to the router that it is called on. */
export type Action = (router: Router, args: readonly Argument[], site: Site, interpreter: Interpreter) => Value | void;

/** An app or router whose methods are given by name; each gives the router again unless it gives something else. */
export function makeRouter(
  interpreter: Interpreter,
  actions: (name: string) => Action | undefined,
  options: { root: boolean; prefix?: string },
): Value & { kind: 'router' } {
  const router = newRouter(options.root, options.prefix);
  interpreter.noteRouter(router);
  return routerValue(router, actions);
}

export function routerValue(router: Router, actions: (name: string) => Action | undefined): Value & { kind: 'router' } {
  const value: Value & { kind: 'router' } = {
    kind: 'router',
    router,
    properties: new Map(),
    member(name): Native | undefined {
      const action = actions(name);
      if (action === undefined) return undefined;
      return native(name, (args, site, interpreter) => {
        take(args);
        return action(router, args, site, interpreter) ?? value;
      });
    },
  };
  return value;
}

/** Adds a route for each path; the last argument is the handler, those before it are guards. */
export function addRoute(
  router: Router,
  method: string,
  patterns: readonly string[],
  handlers: readonly Argument[],
  site: Site,
): void {
  const guards = guardNames(handlers.slice(0, -1));
  for (const pattern of patterns) {
    if (method === 'ALL' && pattern.includes('*'))
      router.entries.push({ kind: 'guard', pattern, guards: guardNames(handlers) });
    else router.entries.push({ kind: 'route', method, pattern, guards, ...site });
  }
}

/** Mounts the routers among the arguments at each path; what stands before one guards it, or else what comes after. */
export function addMounts(router: Router, patterns: readonly string[], args: readonly Argument[]): void {
  const guards: string[] = [];
  let mounted = false;
  for (const argument of args) {
    const inner = routersOf(argument.value);
    if (inner.length === 0) guards.push(...guardNames([argument]));
    mounted ||= inner.length > 0;
    for (const pattern of patterns)
      for (const one of inner) router.entries.push({ kind: 'mount', pattern, guards: [...guards], child: one });
  }
  if (mounted || guards.length === 0) return;
  for (const pattern of patterns) router.entries.push({ kind: 'guard', pattern, guards });
}

/** Leading paths of a call, and the rest of its arguments; `fallback` where it starts with none. */
export function pathsFirst(
  args: readonly Argument[],
  fallback: readonly string[],
): { patterns: readonly string[]; rest: readonly Argument[] } {
  const patterns = textsOf(args[0]?.value);
  return patterns.length === 0 ? { patterns: fallback, rest: args } : { patterns, rest: args.slice(1) };
}

/** The routers that a value is: one, a list of them, or a module that exports one. */
export function routersOf(value: Value, depth = 0): Router[] {
  if (value.kind === 'router') return [value.router];
  if (depth > 5) return [];
  if (value.kind === 'list') return value.items.flatMap((item) => routersOf(item, depth + 1));
  const inner = defaultOf(value);
  return inner === value ? [] : routersOf(inner, depth + 1);
}

/** Names of middlewares as the source has them: `authenticate`, `tokens.verify`, `validate` for `validate(schema)`. */
export function guardNames(args: readonly Argument[]): string[] {
  return args.flatMap(({ node, value }) => {
    if (node?.type === 'ArrayExpression' && value.kind === 'list') {
      const nodes = children(node, 'elements');
      return guardNames(value.items.map((item, index) => ({ node: nodes[index], value: item })));
    }
    if (value.kind === 'list' && node?.type !== 'CallExpression')
      return value.items.flatMap((item) => nameOfValue(item) ?? []);
    const name = (node === undefined ? undefined : dotted(node)) ?? nameOfValue(value) ?? 'anonymous';
    return name.endsWith('allowedMethods') ? [] : [name];
  });
}

/** The name of a function or of something unknown. */
export function nameOfValue(value: Value): string | undefined {
  return value.kind === 'closure' || value.kind === 'unknown' || value.kind === 'native' ? value.name : undefined;
}

function dotted(node: SyntaxNode, depth = 0): string | undefined {
  if (depth > 4) return undefined;
  switch (node.type) {
    case 'Identifier':
      return String(node['name']).slice(0, 80);
    case 'ThisExpression':
      return 'this';
    case 'MemberExpression': {
      const object = child(node, 'object');
      const owner = object === undefined ? undefined : dotted(object, depth + 1);
      const name = nameOf(node)?.slice(0, 80);
      return owner === undefined || owner === 'this' ? name : `${owner}.${name}`;
    }
    case 'CallExpression':
    case 'NewExpression': {
      const callee = child(node, 'callee');
      return callee === undefined ? undefined : dotted(callee, depth + 1);
    }
    default:
      return nameOf(child(node, 'id'));
  }
}

/** A function that a framework took is called for requests, not while the app is put together. */
function take(args: readonly Argument[]): void {
  for (const { value } of args) if (value.kind === 'closure') value.used = true;
}
