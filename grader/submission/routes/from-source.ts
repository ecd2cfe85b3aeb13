import { children, nameOf } from '../../platform/syntax.ts';
import type { FoundRoute } from '../../target/found-route.ts';
import type { Sources } from '../sources.ts';
import { routeFiles } from './candidates.ts';
import { expressActions } from './frameworks/express.ts';
import { fastifyActions } from './frameworks/fastify.ts';
import { makeRouter } from './frameworks/registration.ts';
import { SourceInterpreter } from './interpreter/interpreter.ts';
import { moduleResolver } from './interpreter/modules.ts';
import { UNKNOWN, type Argument, type Closure } from './interpreter/value.ts';
import { nestRoutes } from './nest.ts';
import { nodeHttpRoutes } from './node-http.ts';
import { routesOf } from './router.ts';

/** Functions that nobody was seen to call, and that are called in the end. */
const MAX_LEFT_OVER = 200;
const REGISTERS = /\.(get|post|put|patch|delete|del|all|route|use|register)\s*\(\s*['"`[{]|\bRouter\(|\bexpress\(/;

/** Routes that the code below `folder` registers, found by following how the app is put together. */
export function sourceRoutes(sources: Sources, folder: string): FoundRoute[] {
  const resolve = moduleResolver(sources, folder);
  const files = routeFiles(sources, folder, resolve);
  const interpreter = new SourceInterpreter(sources, resolve, { folder, environment: {} });
  for (const file of files) interpreter.load(file);
  callLeftOver(interpreter, sources);
  const registered = routesOf(interpreter.routers);
  const decorated = nestRoutes(sources, files, interpreter);
  if (registered.length + decorated.length > 0) return [...registered, ...decorated];
  return nodeHttpRoutes(sources, sources.code(folder));
}

/**
 * Calls functions that register routes and that nobody was seen to call: what calls them may be a tool, a test, or
 * code that could not be followed. Parameters that are used as an app are one.
 */
function callLeftOver(interpreter: SourceInterpreter, sources: Sources): void {
  let left = MAX_LEFT_OVER;
  for (const closure of interpreter.closures) {
    const { file } = closure.scope.frame;
    if (closure.used || left <= 0) continue;
    const text = sources.text(file)?.slice(closure.node.start, closure.node.end) ?? '';
    if (!REGISTERS.test(text)) continue;
    left -= 1;
    interpreter.call(closure, standIns(closure, text, interpreter), { file, line: closure.node.loc.start.line });
  }
}

function standIns(closure: Closure, text: string, interpreter: SourceInterpreter): Argument[] {
  return children(closure.node, 'params').map((parameter) => {
    const name = nameOf(parameter) ?? '';
    const isApp = new RegExp(
      `\\b${name.replaceAll('$', '\\$')}\\s*\\.(get|post|put|patch|delete|all|route|use|register)\\s*\\(\\s*['"\`{]`,
    );
    if (name === '' || !isApp.test(text)) return { value: UNKNOWN, node: undefined };
    const actions = /fastify/i.test(text) ? fastifyActions : expressActions;
    return { value: makeRouter(interpreter, actions, { root: false }), node: undefined };
  });
}
