import type { FoundRoute } from '../../target/found-route.ts';

/** An operation of the contract, and where the source has it. */
export interface FoundOperation {
  name: string;
  /** As the contract has it: `GET /todos/{id}`. */
  request: string;
  /** As grade.yaml or the source has it; undefined when nothing looks like it. */
  route: string | undefined;
  /** The route's place. */
  at: string | undefined;
  /** Whether more than one route looks like it. */
  doubtful: boolean;
}

/** Looks for each operation among the routes of the source: the same method, and the same path behind some prefix. */
export function findOperations(
  contract: Readonly<Record<string, { request: string }>>,
  routes: readonly FoundRoute[],
  settled: Readonly<Record<string, string>>,
): FoundOperation[] {
  return Object.entries(contract).map(([name, { request }]) => {
    const own = Object.hasOwn(settled, name) ? settled[name] : undefined;
    if (own !== undefined) return { name, request, route: own, at: 'grade.yaml', doubtful: false };
    const [method = '', path = ''] = request.split(' ');
    const fits = routes.filter(
      (route) => (route.method === method || route.method === 'ALL') && endsWith(route.path, path),
    );
    const exact = fits.find((route) => segments(route.path).join('/') === segments(path).join('/'));
    const best = exact ?? fits[0];
    return {
      name,
      request,
      route: best === undefined ? undefined : `${method} ${exact === undefined ? renamed(best.path, path) : path}`,
      at: best === undefined ? undefined : `${best.file}:${best.line}`,
      doubtful: exact === undefined && new Set(fits.map((route) => route.path)).size > 1,
    };
  });
}

function endsWith(path: string, wanted: string): boolean {
  return `/${segments(path).join('/')}`.endsWith(`/${segments(wanted).join('/')}`);
}

/** With `{}` for every parameter, whatever its name. */
function segments(path: string): string[] {
  return path
    .split('/')
    .filter(Boolean)
    .map((segment) => (/^\{.*\}$|^:/.test(segment) ? '{}' : segment.toLowerCase()));
}

/** A path of the source, with the contract's names for the parameters of its end. */
function renamed(path: string, wanted: string): string {
  const own = path.split('/').filter(Boolean);
  const end = wanted.split('/').filter(Boolean);
  const start = own.length - end.length;
  return `/${own.map((segment, index) => (/^\{.*\}$|^:/.test(segment) ? (end[index - start] ?? segment) : segment)).join('/')}`;
}
