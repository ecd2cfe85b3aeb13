import type { Assumption } from '../report/schema.ts';

/** Where one operation of the contract is found in one app. */
export interface Route {
  method: string;
  /** With the app's prefix, parameters in braces: `/api/v1/todos/{id}`. */
  path: string;
}

/** How the contract maps onto one app. */
export interface Binding {
  routes: Readonly<Record<string, Route>>;
  token: {
    /** The request header that carries it, lower case. */
    header: string;
    /** Before the token, such as `Bearer`; empty where the bare token is sent. */
    scheme: string;
  };
  /** What was taken for granted, for the report. */
  assumptions: Assumption[];
}

/** The binding of an app that follows the contract to the letter. */
export function literalBinding(contract: Readonly<Record<string, { request?: string | undefined }>>): Binding {
  const routes: Record<string, Route> = {};
  for (const [operation, { request }] of Object.entries(contract)) {
    if (request === undefined) continue;
    const [method = 'GET', path = '/'] = request.split(/\s+/);
    routes[operation] = { method, path };
  }
  return { routes, token: { header: 'authorization', scheme: 'Bearer' }, assumptions: [] };
}
