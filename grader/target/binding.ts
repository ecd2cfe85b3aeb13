import type { Assumption } from '../report/schema.ts';
import { splitRequest } from './contract.ts';
import type { Gives, Takes } from './shape.ts';

/** Where one operation of the contract is found in one app. */
export interface Route {
  method: string;
  /** With the app's prefix, parameters in braces and under the contract's names: `/api/v1/todos/{id}`. */
  path: string;
}

/** Who says where an operation is. */
export type Origin = 'contract' | 'grade.yaml' | 'openapi' | 'source' | 'probed';

/** One operation in one app. Plain data: it goes into the report, and into the thread that makes load. */
export interface BoundOperation extends Route {
  /** The contract's own method and path, where the app was looked through for it. */
  contract?: string;
  /** Default: the contract. */
  from?: Origin;
  /** Where that is written, such as `src/app.js:12`. */
  at?: string;
  /** How its request differs from the contract's; undefined where it does not. */
  takes?: Takes;
  /** How its answer differs. */
  gives?: Gives;
}

/** How an app takes tokens. */
export interface TokenWay {
  /** The request header that carries it, lower case. */
  header: string;
  /** What stands before it there: `Bearer `, or `token=` in a cookie; empty where the bare token is sent. */
  prefix: string;
}

/** How the contract maps onto one app. */
export interface Binding {
  routes: Readonly<Record<string, BoundOperation>>;
  token: TokenWay;
  /** The field in which the app says what went wrong, where it is not the contract's `error`. */
  errorField?: string;
  /** What was taken for granted, for the report. */
  assumptions: Assumption[];
}

/** `Authorization: Bearer …` (RFC 6750). */
export const BEARER: TokenWay = { header: 'authorization', prefix: 'Bearer ' };

/** The binding of an app that follows the contract to the letter. */
export function literalBinding(contract: Readonly<Record<string, { request: string }>>): Binding {
  const routes: Record<string, BoundOperation> = {};
  for (const [operation, { request }] of Object.entries(contract)) {
    const [method, path] = splitRequest({ request });
    routes[operation] = { method, path };
  }
  return { routes, token: BEARER, assumptions: [] };
}
