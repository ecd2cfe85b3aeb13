import { child, children, nameOf, walk, type SyntaxNode } from '../../platform/syntax.ts';
import type { FoundRoute } from '../../target/found-route.ts';
import type { Sources } from '../sources.ts';
import type { SourceInterpreter } from './interpreter/interpreter.ts';
import type { Scope } from './interpreter/scope.ts';
import { property, textOf, textsOf, type Value } from './interpreter/value.ts';
import { contractPaths, joinPaths } from './path.ts';

const VERBS = new Map(
  ['Get', 'Post', 'Put', 'Patch', 'Delete', 'Head', 'Options', 'All'].map((name) => [name, name.toUpperCase()]),
);
const CONTROLLERS = ['Controller', 'JsonController', 'RestController'];

/** What `main.ts` sets for all controllers. */
interface AppSettings {
  prefix: string;
  excluded: string[];
  /** Undefined where versions do not show in paths. */
  version: string | undefined;
}

/** Routes of classes with decorators, as Nest has them: `@Controller('todos')` with `@Get(':id')` inside. */
export function nestRoutes(sources: Sources, files: readonly string[], interpreter: SourceInterpreter): FoundRoute[] {
  const written = files.filter((file) =>
    /@(\w*)Controller\(|setGlobalPrefix|enableVersioning/.test(sources.text(file) ?? ''),
  );
  if (!written.some((file) => /@(\w*)Controller\(/.test(sources.text(file) ?? ''))) return [];
  const settings = appSettings(sources, written, interpreter);
  return written.flatMap((file) => {
    const [syntax, scope] = [sources.syntax(file), scopeOf(file, interpreter)];
    const routes: FoundRoute[] = [];
    if (syntax === undefined || scope === undefined) return routes;
    walk(syntax, ({ node }) => {
      if (node.type === 'ClassDeclaration') routes.push(...controllerRoutes(node, scope, interpreter, settings));
    });
    return routes;
  });
}

function scopeOf(file: string, interpreter: SourceInterpreter): Scope | undefined {
  interpreter.load(file);
  return interpreter.scopes.get(file);
}

function controllerRoutes(
  node: SyntaxNode,
  scope: Scope,
  interpreter: SourceInterpreter,
  settings: AppSettings,
): FoundRoute[] {
  const decorator = decoratorsOf(node).find(({ name }) => CONTROLLERS.includes(name));
  if (decorator === undefined) return [];
  const [base] = decorator.args.map((argument) => interpreter.evaluate(argument, scope));
  const bases = base?.kind === 'object' ? textsOf(property(base.properties, 'path')) : textsOf(base);
  const version = base?.kind === 'object' ? textOf(property(base.properties, 'version')) : undefined;
  const outer = guardsOf(node);
  return children(child(node, 'body') ?? node, 'body').flatMap((method) => {
    const decorators = decoratorsOf(method);
    const own = decorators.find(({ name }) => name === 'Version')?.args[0];
    const shown = (own === undefined ? undefined : textOf(interpreter.evaluate(own, scope))) ?? version;
    const guards = [...outer, ...guardsOf(method)];
    return decorators.flatMap(({ name, args, line }) => {
      const verb = VERBS.get(name);
      if (verb === undefined) return [];
      const given = args[0] === undefined ? [''] : textsOf(interpreter.evaluate(args[0], scope));
      return (bases.length === 0 ? [''] : bases).flatMap((prefix) =>
        given
          .flatMap((path) => contractPaths(whole(joinPaths(prefix, path), shown, settings)))
          .map((path): FoundRoute => ({ method: verb, path, file: scope.frame.file, line, guards, from: 'source' })),
      );
    });
  });
}

function whole(path: string, version: string | undefined, { prefix, excluded, version: general }: AppSettings): string {
  if (excluded.some((one) => joinPaths('', one) === path)) return path;
  const shown = general === undefined ? '' : (version ?? general);
  return joinPaths(joinPaths(prefix, shown === '' ? '' : `v${shown}`), path);
}

interface Decorator {
  name: string;
  args: SyntaxNode[];
  line: number;
}

function decoratorsOf(node: SyntaxNode): Decorator[] {
  return children(node, 'decorators').flatMap((decorator) => {
    const expression = child(decorator, 'expression');
    const isCall = expression?.type === 'CallExpression';
    const name = nameOf(isCall ? child(expression, 'callee') : expression);
    const args = isCall ? children(expression, 'arguments') : [];
    return name === undefined ? [] : [{ name, args, line: decorator.loc.start.line }];
  });
}

function guardsOf(node: SyntaxNode): string[] {
  return decoratorsOf(node)
    .filter(({ name }) => name === 'UseGuards' || name === 'Authorized')
    .flatMap(({ name, args }) =>
      args.length === 0
        ? [name]
        : args.flatMap((guard) => nameOf(guard.type === 'CallExpression' ? child(guard, 'callee') : guard) ?? []),
    );
}

function appSettings(sources: Sources, files: readonly string[], interpreter: SourceInterpreter): AppSettings {
  const settings: AppSettings = { prefix: '', excluded: [], version: undefined };
  for (const file of files) {
    const [syntax, scope] = [sources.syntax(file), scopeOf(file, interpreter)];
    if (syntax === undefined || scope === undefined) continue;
    walk(syntax, ({ node }) => {
      const name = node.type === 'CallExpression' ? nameOf(child(node, 'callee')) : undefined;
      if (name !== 'setGlobalPrefix' && name !== 'enableVersioning') return;
      const [first, second] = children(node, 'arguments').map((argument) => interpreter.evaluate(argument, scope));
      if (name === 'setGlobalPrefix') {
        settings.prefix = textOf(first) ?? settings.prefix;
        settings.excluded.push(...textsOf(option(second, 'exclude')));
      } else if (!/VersioningType\.(HEADER|MEDIA|CUSTOM)/.test(sources.text(file) ?? ''))
        settings.version = textOf(option(first, 'defaultVersion')) ?? '';
    });
  }
  return settings;
}

function option(value: Value | undefined, name: string): Value | undefined {
  return value?.kind === 'object' ? property(value.properties, name) : undefined;
}
