import type { FoundRoute } from '../../target/found-route.ts';
import type { Sources } from '../sources.ts';
import { sourceRoutes } from './from-source.ts';
import { openApiRoutes } from './openapi.ts';

/**
 * The routes that an app's files show, the best evidence first: those that its OpenAPI file describes, then those that
 * its code registers. Nothing of it is run.
 *
 * @param folder of the app within the sources, '' for the root
 */
export function findRoutes(sources: Sources, folder: string): FoundRoute[] {
  return [...openApiRoutes(sources, folder), ...sourceRoutes(sources, folder)];
}
