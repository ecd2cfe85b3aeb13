/** A route that a submission's files show, whether or not the running app answers there. */
export interface FoundRoute {
  /** In capitals; `ALL` where the app takes every method. */
  method: string;
  /** With the prefixes of all places that it is mounted at, and `{name}` for parameters: `/api/todos/{id}`. */
  path: string;
  /** Where it is written, relative to the repository. */
  file: string;
  line: number;
  /** As an OpenAPI file names it. */
  operationId?: string;
  /** Names of the middlewares before the handler, outer ones first. */
  guards: readonly string[];
  from: 'source' | 'openapi';
}
