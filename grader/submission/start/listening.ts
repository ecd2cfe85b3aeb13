import { posix } from 'node:path';
import { child, children, nameOf, parseSource, type SyntaxNode, walk } from '../../platform/syntax.ts';
import type { AppView } from './app-view.ts';

/** Files that one entry may lead to. */
const MAX_FILES = 400;
const EXTENSIONS = [
  '',
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.mts',
  '.cts',
  '/index.js',
  '/index.mjs',
  '/index.cjs',
  '/index.ts',
];
const LISTENS = /\.listen\s*\(|\bserve\s*\(|\blisten\s*\(/;

/** What the source says of whether running a file opens a port. */
export interface Listening {
  /** `unknown`: it loads something that can't be followed. */
  answer: 'yes' | 'no' | 'unknown';
  /** Where it listens: `src/server.ts:12`, relative to the app's folder. */
  place: string | undefined;
}

/** Follows what a file loads, and looks for a call that listens. Paths are relative to the app's folder. */
export function listensFrom(app: AppView, entry: string): Listening {
  let place: string | undefined;
  const { certain } = follow(app, entry, (file, tree) => {
    const line = LISTENS.test(sourceText(app, file) ?? '') ? listenLine(tree) : undefined;
    if (line !== undefined) place = `${file}:${line}`;
    return line !== undefined;
  });
  return { answer: place !== undefined ? 'yes' : certain ? 'no' : 'unknown', place };
}

/** Files of the app that running one of them loads, that one first. */
export function reachableFrom(app: AppView, entry: string): string[] {
  return follow(app, entry).files;
}

/** `certain`: everything that is loaded could be followed. It ends as soon as `found` is true of a file. */
function follow(
  app: AppView,
  entry: string,
  found: (file: string, tree: SyntaxNode) => boolean = () => false,
): { files: string[]; certain: boolean } {
  const files = [posix.normalize(entry)];
  let certain = true;
  // The list grows as it is walked.
  for (const file of files) {
    if (files.length > MAX_FILES) return { files, certain: false };
    const tree = syntaxOf(app, file);
    if (tree === undefined) {
      if (!file.endsWith('.json')) certain = false;
      continue;
    }
    if (found(file, tree)) break;
    for (const specifier of loadedBy(tree)) {
      if (specifier === undefined) certain = false;
      else if (!/^\.{0,2}\//.test(specifier) && specifier !== '.' && specifier !== '..') {
        // An alias of tsconfig.json or package.json; what is declared is a package, which listens for nobody.
        if (/^[@~#]\//.test(specifier) || specifier.startsWith('#')) certain = false;
      } else {
        const loaded = resolveImport(app, posix.join(posix.dirname(file), specifier));
        if (loaded === undefined) certain = false;
        else if (!files.includes(loaded)) files.push(loaded);
      }
    }
  }
  return { files, certain };
}

/** Files of the app that listen themselves, those nearest to its folder first. */
export function filesThatListen(app: AppView): string[] {
  const within = app.folder === '' ? '' : `${app.folder}/`;
  return app.sources
    .code(app.folder)
    .filter((path) => LISTENS.test(app.sources.text(path) ?? ''))
    .map((path) => path.slice(within.length))
    .filter((file) => {
      const tree = syntaxOf(app, file);
      return tree !== undefined && listenLine(tree) !== undefined;
    })
    .toSorted((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b));
}

function sourceText(app: AppView, file: string): string | undefined {
  const path = app.inRepository(file);
  return path === undefined ? undefined : (app.sources.text(path) ?? app.extra.get(path));
}

/** Scripts without an extension (`bin/www`) are no sources by their name; they are read as JavaScript. */
function syntaxOf(app: AppView, file: string): SyntaxNode | undefined {
  const path = app.inRepository(file);
  if (path === undefined) return undefined;
  const known = app.sources.syntax(path);
  const text = known === undefined && /(^|\/)[^./]+$/.test(file) ? app.extra.get(path) : undefined;
  if (text === undefined) return known;
  const parsed = parseSource('script.js', text);
  return 'program' in parsed ? parsed.program : undefined;
}

/** The line of the first call that opens a port; undefined when there is none. */
function listenLine(tree: SyntaxNode): number | undefined {
  let line: number | undefined;
  const bare = new Set<string>();
  walk(tree, ({ node }) => {
    if (line !== undefined) return false;
    if (node.type === 'ImportDeclaration' && /node-server|hono/.test(nameOf(child(node, 'source')) ?? ''))
      for (const specifier of children(node, 'specifiers')) bare.add(nameOf(child(specifier, 'local')) ?? '');
    if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return;
    const callee = child(node, 'callee');
    const name = nameOf(callee);
    const member = callee?.type === 'MemberExpression' || callee?.type === 'OptionalMemberExpression';
    const owner = member ? nameOf(child(callee, 'object')) : undefined;
    const opens =
      (member && name === 'listen') ||
      (member && name === 'serve' && (owner === 'Bun' || owner === 'Deno')) ||
      (!member && name === 'serve' && (bare.has('serve') || requiresServe(tree))) ||
      (!member && name === 'startStandaloneServer');
    if (opens) line = node.loc.start.line;
    return;
  });
  return line;
}

function requiresServe(tree: SyntaxNode): boolean {
  return loadedBy(tree).some((specifier) => specifier !== undefined && /node-server/.test(specifier));
}

/** What a file loads: its specifiers; undefined for one that is computed. */
function loadedBy(tree: SyntaxNode): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  walk(tree, ({ node }) => {
    if (/^(Import|ExportAll|ExportNamed)Declaration$/.test(node.type)) {
      const source = child(node, 'source');
      if (source !== undefined) found.push(nameOf(source));
    }
    const callee = child(node, 'callee');
    if (node.type === 'ImportExpression') found.push(literal(child(node, 'source')));
    else if (
      node.type === 'CallExpression' &&
      (callee?.type === 'Import' || (callee?.type === 'Identifier' && callee['name'] === 'require'))
    )
      found.push(literal(children(node, 'arguments')[0]));
  });
  return found;
}

function literal(node: SyntaxNode | undefined): string | undefined {
  return node?.type === 'StringLiteral' ? String(node['value']) : undefined;
}

function resolveImport(app: AppView, path: string): string | undefined {
  const bare = path.replace(/\/$/, '');
  for (const extension of EXTENSIONS) if (app.has(`${bare}${extension}`)) return `${bare}${extension}`;
  // TypeScript names its own files by what becomes of them.
  const source = bare.replace(/\.([cm]?)js$/, '.$1ts');
  return source !== bare && app.has(source) ? source : undefined;
}
