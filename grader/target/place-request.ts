import type { BoundOperation } from './binding.ts';
import { isParameter, segmentsOf } from './match-route.ts';

/** A request as it is sent to one app. */
export interface PlacedRequest {
  method: string;
  path: string;
  /** Whose shape it has, when it is one of the contract's requests. */
  operation?: string;
}

/**
 * Where an app has a request that is written out with the contract's path: under its prefix and noun. What is no
 * path of the contract stays.
 *
 * @param path with its query, parameters filled and escaped
 */
export function placeRequest(
  routes: Readonly<Record<string, BoundOperation>>,
  method: string,
  path: string,
): PlacedRequest {
  const [pathname = '', ...query] = path.split('?');
  const segments = segmentsOf(pathname);
  const fitting = Object.entries(routes).flatMap(([operation, route]) => {
    const [own = '', literal = ''] = route.contract?.split(' ') ?? [];
    const params = literal === '' ? undefined : parametersOf(segmentsOf(literal), segments);
    return params === undefined ? [] : [{ operation, route, own, params }];
  });
  // `/todos/stats` is nobody's id where the contract has a path of that name.
  const [best] = fitting.toSorted(
    (a, b) =>
      Number(b.own === method) - Number(a.own === method) ||
      Object.keys(a.params).length - Object.keys(b.params).length,
  );
  if (best === undefined) return { method, path };
  const placed = best.route.path.replace(/\{(\w+)\}/g, (whole, name: string) => best.params[name] ?? whole);
  const same = best.own === method;
  return {
    method: same ? best.route.method : method,
    path: [placed, ...query].join('?'),
    ...(same ? { operation: best.operation } : {}),
  };
}

/** The parameters of a contract's path in one that is written out; undefined where it is another path. */
function parametersOf(literal: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (literal.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of literal.entries()) {
    const found = segments[index] ?? '';
    if (isParameter(segment)) params[segment.slice(1, -1)] = found;
    else if (segment !== found) return undefined;
  }
  return params;
}
