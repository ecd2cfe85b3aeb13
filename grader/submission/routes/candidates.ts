import type { Sources } from '../sources.ts';
import type { Resolve } from './interpreter/modules.ts';

const ROUTES =
  /['"](express|ultimate-express|express-promise-router|polka|restify|koa|@koa\/router|koa-router|fastify|hono(\/\w+)?|@hono\/zod-openapi|@hapi\/hapi)['"]|\.(get|post|put|patch|delete|del|all|route|use|register)\(\s*['"`[]|@(Json|Rest)?Controller\(|setGlobalPrefix\(/;
const SPECIFIER = /(?:\bfrom|\brequire\s*\(|\bimport(?:\s*\()?)\s*['"]([^'"\n]{1,200})['"]/g;
const MAX_FILES = 500;

/**
 * The files that have to do with routes, or import one that does, those first that nothing imports. Only their text
 * is looked at, so that a large repository need not be parsed.
 */
export function routeFiles(sources: Sources, folder: string, resolve: Resolve): string[] {
  const importers = new Map<string, string[]>();
  const queue: string[] = [];
  for (const path of sources.code(folder)) {
    const text = sources.text(path) ?? '';
    if (ROUTES.test(text)) queue.push(path);
    for (const [, specifier] of text.matchAll(SPECIFIER)) {
      const target = resolve(specifier ?? '', path);
      if (target === undefined) continue;
      const known = importers.get(target);
      if (known === undefined) importers.set(target, [path]);
      else known.push(path);
    }
  }
  const found = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    queue.push(...(importers.get(path) ?? []));
  }
  const files = sources.code(folder).filter((path) => found.has(path));
  return [...files.filter((path) => !importers.has(path)), ...files.filter((path) => importers.has(path))].slice(
    0,
    MAX_FILES,
  );
}
