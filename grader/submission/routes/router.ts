import type { FoundRoute } from '../../target/found-route.ts';
import { contractPaths, joinPaths } from './path.ts';

/** What was seen to be registered at an app or a router, in the order of the source. */
export interface Router {
  /** An app, which serves requests even though it is not mounted anywhere. */
  root: boolean;
  /** Before all of its paths. */
  prefix: string;
  entries: Entry[];
}

export type Entry =
  | { kind: 'route'; method: string; pattern: string; guards: string[]; file: string; line: number }
  | { kind: 'mount'; pattern: string; guards: string[]; child: Router }
  /** A middleware for what comes after it below `pattern`. */
  | { kind: 'guard'; pattern: string; guards: string[] };

interface Guard {
  path: string;
  names: string[];
}

/** Routes that are looked at, in sum; a submission that makes more of them is not read to its end. */
const MAX_ROUTES = 2000;
const MAX_DEPTH = 20;
const MAX_GUARDS = 30;

export function newRouter(root: boolean, prefix = ''): Router {
  return { root, prefix, entries: [] };
}

/** The routes of all routers: those that a client can reach first, then those of routers that nothing mounts. */
export function routesOf(routers: readonly Router[]): FoundRoute[] {
  const mounted = new Set(routers.flatMap(({ entries }) => entries.flatMap((entry) => childOf(entry) ?? [])));
  const tops = routers.filter((router) => !mounted.has(router));
  const found: FoundRoute[] = [];
  const seen = new Set<string>();
  const reached = new Set<Router>();
  const places = new Set<string>();
  for (const root of [true, false]) {
    for (const router of tops.filter((top) => top.root === root)) {
      for (const route of flatten(router, '', [], [], reached)) {
        const place = `${route.method} ${route.file}:${route.line}`;
        const key = `${place} ${route.path}`;
        if (seen.has(key) || (!root && places.has(place)) || found.length >= MAX_ROUTES) continue;
        seen.add(key);
        if (root) places.add(place);
        found.push(route);
      }
    }
  }
  return withoutCatchAlls(found);
}

function childOf(entry: Entry): Router | undefined {
  return entry.kind === 'mount' ? entry.child : undefined;
}

function flatten(
  router: Router,
  prefix: string,
  outer: readonly Guard[],
  above: readonly Router[],
  reached: Set<Router>,
): FoundRoute[] {
  if (above.includes(router) || above.length >= MAX_DEPTH) return [];
  reached.add(router);
  const base = joinPaths(prefix, router.prefix);
  const guards = [...outer];
  const found: FoundRoute[] = [];
  for (const entry of router.entries) {
    if (found.length >= MAX_ROUTES) break;
    const paths = contractPaths(joinPaths(base, entry.pattern));
    if (entry.kind === 'guard') {
      guards.push(...paths.map((path) => ({ path: path.replace(/\/?\*$/, ''), names: entry.guards })));
    } else if (entry.kind === 'mount') {
      for (const path of paths) {
        const own = [...guards, { path, names: entry.guards }].slice(0, MAX_GUARDS);
        found.push(...flatten(entry.child, path, own, [...above, router], reached));
      }
    } else {
      for (const path of paths) {
        const before = guards.filter((guard) => isBelow(path, guard.path)).flatMap(({ names }) => names);
        const { method, file, line } = entry;
        found.push({
          method,
          path,
          file,
          line,
          guards: [...before, ...entry.guards].slice(0, MAX_GUARDS),
          from: 'source',
        });
      }
    }
  }
  return found;
}

function isBelow(path: string, prefix: string): boolean {
  return prefix === '' || prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

/** Without what answers the rest: every path, or the methods that a path does not have. */
function withoutCatchAlls(routes: FoundRoute[]): FoundRoute[] {
  const specific = new Set(routes.filter(({ method }) => method !== 'ALL').map(({ path }) => path));
  return routes.filter(({ method, path }) => path !== '/*' && !(method === 'ALL' && specific.has(path)));
}
