import type { Route } from './binding.ts';
import { mayVary, type Operation, splitRequest } from './contract.ts';
import { isAccountPlace, isAction, isApiPrefix, otherNouns } from './place-words.ts';
import { isParameter, segmentsOf } from './match-route.ts';

const PREFIXES = ['', '/api', '/api/v1', '/v1'];
const ACCOUNT_PLACES = ['/auth', '/users', '/user', '', '/account'];
/** Nouns that are tried for one of the contract's. */
const MAX_NOUNS = 4;
const MAX_ROUTES = 80;

/** An operation that was found: where the contract has it, and where the app does. */
export interface Placed {
  literal: string;
  path: string;
}

/**
 * Where apps usually have an operation, the likeliest first, the contract's own place before all. What was found of the
 * same app goes before conventions: its prefix, and its word for the thing.
 */
export function conventionalRoutes(operation: Operation, placed: readonly Placed[]): Route[] {
  const [method, literal] = splitRequest(operation);
  const methods = method === 'PUT' && mayVary(operation, 'method') ? ['PUT', 'PATCH'] : [method];
  if (!mayVary(operation, 'place')) return methods.map((one) => ({ method: one, path: literal }));
  const segments = segmentsOf(literal);
  const prefixes = [...new Set([...placed.flatMap(prefixOf), ...PREFIXES])];
  const last = segments.at(-1) ?? '';
  const places =
    isAction(last) && segments.slice(0, -1).every(isAccountPlace)
      ? actionPlaces(segments, last, method)
      : resourcePlaces(segments);
  const paths = [
    literal,
    ...besideOthers(literal, placed),
    ...places.flatMap((place) => prefixes.map((prefix) => prefix + place)),
  ];
  return [...new Set(paths)].slice(0, MAX_ROUTES).flatMap((path) => methods.map((one) => ({ method: one, path })));
}

/** `/todos/{id}` where `/todos` is at `/api/tasks`. */
function besideOthers(literal: string, placed: readonly Placed[]): string[] {
  return placed
    .filter((other) => other.literal !== other.path)
    .flatMap((other) => {
      if (literal === other.literal) return [other.path];
      if (literal.startsWith(`${other.literal}/`)) return [other.path + literal.slice(other.literal.length)];
      if (other.literal.startsWith(`${literal}/`)) {
        const rest = other.literal.slice(literal.length);
        return other.path.endsWith(rest) ? [other.path.slice(0, -rest.length)] : [];
      }
      return [];
    });
}

/** What stands before the contract's path in the app's. */
function prefixOf({ literal, path }: Placed): string[] {
  if (path === literal) return [''];
  if (path.endsWith(literal)) return [path.slice(0, -literal.length)];
  const segments = segmentsOf(path);
  const rest = segments.findIndex((segment) => !isApiPrefix(segment));
  return rest > 0 ? [`/${segments.slice(0, rest).join('/')}`] : [];
}

function actionPlaces(segments: readonly string[], action: string, method: string): string[] {
  const own = segments.length > 1 ? `/${segments.slice(0, -1).join('/')}` : '';
  const words = otherNouns(action).filter((word) => !word.endsWith('s') || word === 'sessions');
  const hyphened = words.flatMap((word) =>
    /^sign(up|in)$/.test(word) ? [word, word.replace('sign', 'sign-')] : [word],
  );
  const places = [own, ...ACCOUNT_PLACES.filter((place) => place !== own)];
  // The usual words at unusual places, and unusual words at usual places, come before what is unusual in both.
  const paths = places
    .flatMap((place, i) => hyphened.map((word, j) => ({ path: `${place}/${word}`, rank: i + j })))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ path }) => path);
  return method === 'POST' && words.includes('signup')
    ? [...paths.slice(0, 3), '/users', '/user', ...paths.slice(3)]
    : paths;
}

function resourcePlaces([first = '', ...rest]: readonly string[]): string[] {
  if (first === '' || isParameter(first)) return [];
  return otherNouns(first)
    .slice(0, MAX_NOUNS)
    .map((noun) => `/${[noun, ...rest].join('/')}`);
}
