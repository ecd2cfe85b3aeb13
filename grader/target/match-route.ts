import { mayVary, type Operation, splitRequest } from './contract.ts';
import type { FoundRoute } from './found-route.ts';
import {
  isAccountPlace,
  isAction,
  isApiPrefix,
  plainSegment,
  singular,
  withoutVerbs,
  wordDistance,
} from './place-words.ts';

/** A route that may be the one of an operation. */
export interface Match {
  route: FoundRoute;
  /** At most 100, for the contract's own method and path. */
  score: number;
  /** The app's path with the contract's names for its parameters. */
  path: string;
  method: string;
}

/**
 * Compares an operation with a route of an app by method, nouns, parameters and guards.
 *
 * @param name of the operation: a description that calls a route so has said it
 * @returns undefined when the route is for something else
 */
export function matchRoute(name: string, operation: Operation, route: FoundRoute): Match | undefined {
  const [method, path] = splitRequest(operation);
  const verb = verbDistance(operation, method, route.method);
  if (verb === undefined || /[*?]/.test(route.path)) return undefined;
  const found = segmentsOf(route.path);
  const wanted = segmentsOf(path);
  const named = route.operationId !== undefined && plainSegment(route.operationId) === plainSegment(name);
  const sameParameters = wanted.filter(isParameter).length === found.filter(isParameter).length;
  const elsewhere = () => (named && sameParameters ? 1 : placeDistance(wanted, found, method));
  const place = samePath(wanted, found) ? 0 : mayVary(operation, 'place') ? elsewhere() : undefined;
  if (place === undefined) return undefined;
  return {
    route,
    score:
      100 - verb - place + (operation.auth && route.guards.length > 0 ? 0.5 : 0) + (route.from === 'openapi' ? 0.1 : 0),
    path: place === 0 ? path : withParameters(route.path, path),
    method: route.method === 'ALL' ? method : route.method,
  };
}

function verbDistance(operation: Operation, wanted: string, found: string): number | undefined {
  if (wanted === found) return 0;
  if (found === 'ALL') return 5;
  const updates = ['PUT', 'PATCH'];
  return mayVary(operation, 'method') && updates.includes(wanted) && updates.includes(found) ? 10 : undefined;
}

function placeDistance(wanted: readonly string[], found: readonly string[], method: string): number | undefined {
  const last = wanted.at(-1);
  if (last !== undefined && isAction(last)) return actionDistance(wanted, last, found, method);
  return tailDistance(wanted, found) ?? verbPathDistance(wanted, found, method);
}

/** Compares from the end: what is before may be a prefix. */
function tailDistance(wanted: readonly string[], found: readonly string[]): number | undefined {
  const prefix = found.slice(0, found.length - wanted.length);
  if (found.length < wanted.length || prefix.some(isParameter)) return undefined;
  let distance = 0;
  for (const [index, word] of wanted.entries()) {
    const other = found[prefix.length + index] ?? '';
    if (isParameter(word) !== isParameter(other)) return undefined;
    if (isParameter(word)) continue;
    const step = wordDistance(word, other);
    if (step === undefined) return undefined;
    distance += step;
  }
  return distance + prefixDistance(prefix);
}

/** Paths that say again what the method says: `/todos/create`, `/getTodos`, `/todos/update/{id}`. */
function verbPathDistance(wanted: readonly string[], found: readonly string[], method: string): number | undefined {
  const bare = found.map((segment) => (isParameter(segment) ? segment : withoutVerbs(segment, method)));
  if (bare.every((segment, index) => segment === found[index])) return undefined;
  const distance = tailDistance(
    wanted,
    bare.filter((segment) => segment !== ''),
  );
  return distance === undefined ? undefined : distance + 25;
}

/** Accounts are made and let in at many places: `/auth/register`, `/users/signup`, `/register`, `POST /users`. */
function actionDistance(
  wanted: readonly string[],
  action: string,
  found: readonly string[],
  method: string,
): number | undefined {
  const last = found.at(-1);
  if (last === undefined || found.some(isParameter)) return undefined;
  const before = found.slice(0, -1);
  const places = before.filter((segment) => !isApiPrefix(segment));
  const moved = places.join('/') === wanted.slice(0, -1).join('/') ? 0 : 5;
  const step = wordDistance(action, last);
  if (step !== undefined && places.every(isAccountPlace))
    return step + moved + prefixDistance(before.filter(isApiPrefix));
  // REST without an action: a user is made where users are, a session where it is asked for.
  const collection = singular(plainSegment(last));
  if (method !== 'POST' || places.length > 0) return undefined;
  if (wordDistance('register', action) !== undefined && collection === 'user') return 55;
  return wordDistance('login', action) !== undefined && collection === 'auth' ? 60 : undefined;
}

function prefixDistance(prefix: readonly string[]): number {
  return prefix.reduce((sum, segment) => sum + (isApiPrefix(segment) ? 1 : 8), 0);
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return (
    a.length === b.length &&
    a.every((segment, index) => (isParameter(segment) ? isParameter(b[index] ?? '') : segment === b[index]))
  );
}

export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

export function isParameter(segment: string): boolean {
  return segment.startsWith('{');
}

/** A path of the app whose parameters bear the contract's names, in order. */
export function withParameters(path: string, contract: string): string {
  const names = contract.match(/\{\w+\}/g) ?? [];
  let index = 0;
  return path.replaceAll(/\{\w+\}/g, (own) => names[index++] ?? own);
}
