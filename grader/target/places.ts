import type { BoundOperation } from './binding.ts';
import { type Contract, splitRequest } from './contract.ts';
import type { FoundRoute } from './found-route.ts';
import { type Match, matchRoute, segmentsOf, withParameters } from './match-route.ts';

/** Where the operations of a contract are in one app. */
export interface Places {
  routes: Record<string, BoundOperation>;
  /** Operations that no file speaks of, each with the routes that come near. */
  missing: { operation: string; near: FoundRoute[] }[];
}

/** Routes that are named where an operation is not found. */
const MAX_NEAR = 3;

/**
 * Finds each operation among an app's routes: the one that `grade.yaml` names, else the likest; no route stands for two
 * operations. One that is not found stays where the contract has it. Pure.
 *
 * @param named by operation, a path with or without a method: `PATCH /api/todos/{id}`
 */
export function findPlaces(
  contract: Contract,
  found: readonly FoundRoute[],
  named: Readonly<Record<string, string>> = {},
): Places {
  const routes: Record<string, BoundOperation> = {};
  for (const [operation, line] of Object.entries(named)) {
    if (!Object.hasOwn(contract, operation)) continue;
    const [method, literal] = splitRequest(contract[operation] ?? { request: '' });
    const space = line.indexOf(' ');
    routes[operation] = {
      method: space < 0 ? method : line.slice(0, space),
      path: withParameters(line.slice(space + 1), literal),
      from: 'grade.yaml',
    };
  }
  const matches = Object.entries(contract)
    .filter(([operation]) => !Object.hasOwn(routes, operation))
    .flatMap(([operation, wanted]) => {
      const own = found.flatMap((route) => matchRoute(operation, wanted, route) ?? []);
      return own.map((match) => ({ operation, match }));
    });
  const prefixes = countPrefixes(matches.map(({ match }) => match));
  const rank = ({ match }: { match: Match }) => match.score + (prefixes.get(prefixOf(match.path)) ?? 0) / 1000;
  const taken = new Set<FoundRoute>(found.filter((route) => Object.values(routes).some((one) => isSame(one, route))));
  for (const { operation, match } of matches.toSorted((a, b) => rank(b) - rank(a))) {
    if (Object.hasOwn(routes, operation) || taken.has(match.route)) continue;
    if (match.route.method !== 'ALL') taken.add(match.route);
    const { file, line, from } = match.route;
    routes[operation] = { method: match.method, path: match.path, from, at: `${file}:${line}` };
  }
  const missing: Places['missing'] = [];
  for (const [operation, route] of Object.entries(routes)) {
    const wanted = contract[operation];
    if (wanted) routes[operation] = { ...route, contract: splitRequest(wanted).join(' ') };
  }
  for (const [operation, wanted] of Object.entries(contract)) {
    if (Object.hasOwn(routes, operation)) continue;
    const [method, path] = splitRequest(wanted);
    routes[operation] = { method, path, contract: `${method} ${path}`, from: 'contract' };
    missing.push({ operation, near: nearRoutes(path, method, found, taken) });
  }
  return { routes, missing };
}

function isSame({ method, path }: BoundOperation, route: FoundRoute): boolean {
  const bare = (text: string) => text.replaceAll(/\{\w+\}/g, '{}');
  return route.method === method && bare(route.path) === bare(path);
}

/** How many routes of the app live under each first segment: of two that fit, the one among its like is meant. */
function countPrefixes(matches: readonly Match[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of matches) counts.set(prefixOf(path), (counts.get(prefixOf(path)) ?? 0) + 1);
  return counts;
}

function prefixOf(path: string): string {
  return segmentsOf(path)[0] ?? '';
}

function nearRoutes(
  path: string,
  method: string,
  found: readonly FoundRoute[],
  taken: ReadonlySet<FoundRoute>,
): FoundRoute[] {
  const words = new Set(segmentsOf(path));
  const likeness = (route: FoundRoute) =>
    segmentsOf(route.path).filter((segment) => words.has(segment)).length * 2 + (route.method === method ? 1 : 0);
  return found
    .filter((route) => !taken.has(route) && likeness(route) > 1)
    .toSorted((a, b) => likeness(b) - likeness(a))
    .slice(0, MAX_NEAR);
}
