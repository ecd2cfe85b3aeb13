import type { Value } from '../interpreter/value.ts';
import { EXPRESS_PACKAGES } from './express.ts';
import { FASTIFY_PACKAGES } from './fastify.ts';
import { HAPI_PACKAGES } from './hapi.ts';
import { HONO_PACKAGES } from './hono.ts';
import { KOA_PACKAGES } from './koa.ts';

const PACKAGES: ReadonlyMap<string, Value> = new Map(
  [EXPRESS_PACKAGES, FASTIFY_PACKAGES, HAPI_PACKAGES, HONO_PACKAGES, KOA_PACKAGES].flatMap(Object.entries<Value>),
);

/** What a package exports, as far as routes depend on it; undefined for a package that we don't know. */
export function frameworkPackage(name: string): Value | undefined {
  return PACKAGES.get(name);
}
