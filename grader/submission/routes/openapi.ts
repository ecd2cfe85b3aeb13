import { readYaml, type YamlDocument } from '../../platform/yaml.ts';
import type { FoundRoute } from '../../target/found-route.ts';
import type { Sources } from '../sources.ts';
import { joinPaths } from './path.ts';

const DESCRIPTION = /^[^\S\r\n]*(?:\{[^\S\r\n]*)?["']?(openapi|swagger)["']?\s*:\s*["']?[23]\./m;
/** The version stands near the top of a description. */
const HEAD_CHARACTERS = 4096;
const MAX_CHARACTERS = 512 * 1024;
/** An app has one description, or one for each version. */
const MAX_DOCUMENTS = 5;
const MAX_ROUTES = 1000;
const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace']);

/** Routes that OpenAPI or Swagger files below `folder` describe, with the path of the first server before them. */
export function openApiRoutes(sources: Sources, folder: string): FoundRoute[] {
  return sources.paths
    .filter((path) => (folder === '' || path.startsWith(`${folder}/`)) && /\.(json|ya?ml)$/.test(path))
    .filter((path) => isDescription(sources.text(path)))
    .slice(0, MAX_DOCUMENTS)
    .flatMap((path) => described(path, sources.text(path) ?? ''))
    .slice(0, MAX_ROUTES);
}

function isDescription(text: string | undefined): boolean {
  return text !== undefined && text.length <= MAX_CHARACTERS && DESCRIPTION.test(text.slice(0, HEAD_CHARACTERS));
}

/** The routes of one description. @param file what to call it */
export function described(file: string, text: string): FoundRoute[] {
  const document = parsed(text, file);
  const paths = record(record(document?.value)?.['paths']);
  if (document === undefined || paths === undefined) return [];
  const prefix = basePath(record(document.value) ?? {});
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(record(item) ?? {}).flatMap(([method, operation]): FoundRoute[] => {
      if (!METHODS.has(method) || !path.startsWith('/')) return [];
      const operationId = record(operation)?.['operationId'];
      return [
        {
          method: method.toUpperCase(),
          path: joinPaths(prefix, path),
          file,
          line: document.locate(['paths', path, method], 'key').line,
          ...(typeof operationId === 'string' ? { operationId } : {}),
          guards: [],
          from: 'openapi',
        },
      ];
    }),
  );
}

/** Undefined for a file that can't be read: it is the learner's, and says nothing then. */
function parsed(text: string, file: string): YamlDocument | undefined {
  try {
    return readYaml(text, file);
  } catch {
    return undefined;
  }
}

/** Swagger's `basePath`, or the path of OpenAPI's first server, its variables filled with their defaults. */
function basePath(description: Record<string, unknown>): string {
  if (typeof description['basePath'] === 'string') return description['basePath'];
  const servers = description['servers'];
  const server = record(Array.isArray(servers) ? servers[0] : undefined);
  if (typeof server?.['url'] !== 'string') return '';
  const variables = record(server['variables']) ?? {};
  const url = server['url'].replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(record(variables[name])?.['default'] ?? ''),
  );
  return URL.parse(url, 'http://app.invalid')?.pathname ?? '';
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
