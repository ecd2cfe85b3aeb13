import { posix } from 'node:path';
import { child, children, parseSource, type SyntaxNode } from '../../../platform/syntax.ts';
import type { Sources } from '../../sources.ts';

/** Most characters of a settings file that are read. */
const MAX_SETTINGS = 64 * 1024;
const EXTENSIONS = ['', '.js', '.ts', '.mjs', '.cjs', '.mts', '.cts', '.jsx', '.tsx', '.json'];
const WRITTEN_AS_JS: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/** Finds the file that an import means; undefined for a package, and for what is not there. */
export type Resolve = (specifier: string, from: string) => string | undefined;

/**
 * A resolver for the sources: relative paths, folders with an index, the names of workspaces, the `paths` of
 * tsconfig.json and the `imports` of package.json.
 */
export function moduleResolver(sources: Sources, folder: string): Resolve {
  const workspaces = new Map<string, string>();
  for (const path of sources.paths) {
    if (posix.basename(path) !== 'package.json') continue;
    const name = /"name"\s*:\s*"([^"]{1,200})"/.exec(sources.text(path)?.slice(0, MAX_SETTINGS) ?? '')?.[1];
    if (name !== undefined && path !== 'package.json') workspaces.set(name, posix.dirname(path));
  }
  const aliases = [...tsconfigAliases(sources, folder), ...packageAliases(sources, folder)];
  const file = (path: string) => existing(sources, path);
  return (specifier, from) => {
    if (specifier.startsWith('.')) return file(posix.join(posix.dirname(from), specifier));
    if (specifier.startsWith('/')) return file(posix.join(folder, specifier));
    for (const [start, target] of aliases) {
      if (!specifier.startsWith(start)) continue;
      const found = file(posix.join(target, specifier.slice(start.length)));
      if (found !== undefined) return found;
    }
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    const place = workspaces.get(name);
    // A path that the app puts together from its own folder.
    if (place === undefined) return specifier.includes('/') ? file(posix.normalize(specifier)) : undefined;
    const inner = specifier.slice(name.length + 1);
    return inner === '' ? (file(mainOf(sources, place)) ?? file(`${place}/src`)) : file(posix.join(place, inner));
  };
}

function existing(sources: Sources, path: string): string | undefined {
  if (path.startsWith('..')) return undefined;
  const isThere = (name: string) => sources.text(name) !== undefined;
  for (const base of [path, posix.join(path, 'index')]) {
    for (const extension of EXTENSIONS) if (isThere(base + extension)) return base + extension;
    const end = posix.extname(base);
    for (const other of WRITTEN_AS_JS[end] ?? []) {
      const written = `${base.slice(0, -end.length)}${other}`;
      if (isThere(written)) return written;
    }
  }
  return undefined;
}

function mainOf(sources: Sources, folder: string): string {
  const main = /"main"\s*:\s*"([^"]{1,200})"/.exec(sources.text(`${folder}/package.json`) ?? '')?.[1];
  return posix.join(folder, main ?? 'index');
}

/** Starts of specifiers with the folders that they stand for: `@/` for `src/`. */
function tsconfigAliases(sources: Sources, folder: string): [string, string][] {
  const path = posix.join(folder, 'tsconfig.json');
  const options = settings(sources, path, 'compilerOptions');
  const base = posix.join(folder, options?.baseUrl ?? '.');
  const aliases = (options?.entries ?? []).flatMap(([from, to]): [string, string][] => [
    [from.replace(/\*$/, ''), posix.join(base, to.replace(/\*$/, ''))],
  ]);
  // With `baseUrl`, `routes/todos` may be a file of the app as well as a package.
  return options?.baseUrl === undefined ? aliases : [...aliases, ['', base]];
}

function packageAliases(sources: Sources, folder: string): [string, string][] {
  const root = settings(sources, posix.join(folder, 'package.json'), undefined);
  return (root?.entries ?? []).flatMap(([from, to]): [string, string][] =>
    from.startsWith('#') ? [[from.replace(/\*(\.\w+)?$/, ''), posix.join(folder, to.replace(/\*(\.\w+)?$/, ''))]] : [],
  );
}

/** `baseUrl`, and the first target of each of `paths` or `imports`, of a JSON file that may have comments. */
function settings(
  sources: Sources,
  path: string,
  section: string | undefined,
): { baseUrl: string | undefined; entries: [string, string][] } | undefined {
  const text = sources.text(path);
  if (text === undefined || text.length > MAX_SETTINGS) return undefined;
  const parsed = parseSource('settings.js', `(${text})`);
  if (!('program' in parsed)) return undefined;
  const [statement] = children(parsed.program, 'body');
  const root = statement === undefined ? undefined : child(statement, 'expression');
  const options = section === undefined ? root : valueOf(root, section);
  const paths = valueOf(options, section === undefined ? 'imports' : 'paths');
  const entries = (paths === undefined ? [] : children(paths, 'properties')).flatMap((entry): [string, string][] => {
    const value = child(entry, 'value');
    const target = value?.type === 'ArrayExpression' ? children(value, 'elements')[0] : value;
    const [key, to] = [literal(child(entry, 'key')), literal(target)];
    return key === undefined || to === undefined ? [] : [[key, to]];
  });
  return { baseUrl: literal(valueOf(options, 'baseUrl')), entries };
}

function valueOf(node: SyntaxNode | undefined, key: string): SyntaxNode | undefined {
  if (node?.type !== 'ObjectExpression') return undefined;
  const entry = children(node, 'properties').find((part) => literal(child(part, 'key')) === key);
  return entry === undefined ? undefined : child(entry, 'value');
}

function literal(node: SyntaxNode | undefined): string | undefined {
  return node?.type === 'StringLiteral' ? String(node['value']) : undefined;
}
