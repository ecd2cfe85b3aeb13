import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import addFormats from 'ajv-formats';
import { type Document, OpenAPIBackend, type Request } from 'openapi-backend';

/** GitHub's own OpenAPI description, to hold requests and answers against. */
export interface Description {
  /** The operation that a request calls, such as `checks/create`; undefined when GitHub offers none. */
  operationOf(request: Request): { id: string; params: Record<string, string> } | undefined;
  /** What is wrong with a request: a missing, unknown or wrong field, parameter or value. */
  requestErrors(id: string, request: Request): string[];
  /** What is wrong with an answer, so that the mock can't tell what GitHub never would. */
  responseErrors(id: string, status: number, body: unknown): string[];
  /** An example of GitHub's, by its name in `components.examples`. */
  example(name: string): Record<string, unknown>;
}

interface GitHubDocument {
  paths: Record<string, unknown>;
  components: { examples: Record<string, { value: Record<string, unknown> }> };
}

/** The paths that are asked here; validators for all of them would take half a minute to make. */
const USED = /\/check-runs|^\/app\/installations\/\{installation_id\}\/access_tokens$/;

let loaded: Promise<Description> | undefined;

/** Reads the description once; it has 13 MB. */
export function description(): Promise<Description> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Description> {
  const file = fileURLToPath(import.meta.resolve('@octokit/openapi/generated/api.github.com.json'));
  const document = JSON.parse(await readFile(file, 'utf8')) as GitHubDocument;
  const paths = Object.entries(document.paths).filter(([path]) => USED.test(path));
  for (const [, methods] of paths) closeBodies(methods);
  allowNull(document.components);
  const api = new OpenAPIBackend({
    definition: { ...document, paths: Object.fromEntries(paths) } as unknown as Document,
    quick: true,
    ajvOpts: { strict: false, allErrors: true },
    customizeAjv: (ajv) => addFormats.default(ajv),
  });
  await api.init();
  const listed = (errors: readonly { instancePath: string; message?: string; params: unknown }[] | null | undefined) =>
    (errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  return {
    operationOf: (request) => {
      const operation = api.matchOperation(request);
      if (operation?.operationId === undefined) return undefined;
      return {
        id: operation.operationId,
        params: api.router.parseRequest(request, operation).params as Record<string, string>,
      };
    },
    requestErrors: (id, request) => listed(api.validateRequest(request, id).errors),
    responseErrors: (id, status, body) => listed(api.validateResponse(body, id, status).errors),
    example: (name) => structuredClone(document.components.examples[name]?.value ?? {}),
  };
}

/** GitHub ignores fields that it does not know; here each is a mistake. The branches of `anyOf` stay open. */
function closeBodies(methods: unknown): void {
  for (const operation of Object.values(methods as Record<string, { requestBody?: unknown }>)) {
    close(operation.requestBody);
  }
}

function close(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Record<string, unknown>;
  if (schema['type'] === 'object' && schema['properties'] !== undefined) schema['additionalProperties'] = false;
  for (const [key, part] of Object.entries(schema)) {
    if (key !== 'anyOf' && key !== 'oneOf') close(part);
  }
}

/** A nullable enum takes null, as GitHub's own examples show; by the letter of OpenAPI 3.0 it would have to list it. */
function allowNull(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Record<string, unknown>;
  if (schema['nullable'] === true && Array.isArray(schema['enum'])) schema['enum'] = [...schema['enum'], null];
  for (const part of Object.values(schema)) allowNull(part);
}
