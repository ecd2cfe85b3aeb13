import { posix } from 'node:path';
import { nameOf, child, type SyntaxNode, type Visit } from '../../platform/syntax.ts';
import type { Sources } from '../sources.ts';
import { append, indexModule, textOf, type Module, type Source } from './module.ts';

/** Only files with one of these say something about settings, ports, services or secrets. */
const MARK =
  /\benv\b|\blisten\b|\bserve\(|(?:mongodb|postgres|postgresql|redis)(?:\+srv)?:\/\/|mongoose|MongoClient|\bmonk\b|\bPool\b|\bpg\b|postgres|Sequelize|\bknex\b|DataSource|TypeOrm|Prisma|\bredis\b|Redis|bullmq?\b|jsonwebtoken|\bjwt|\bjose\b|session|[sS]ecret|[sS]tripe|bcrypt|dotenv|\bconfig/;
/** What has no words of a person's own: made by a tool. */
const MAX_CHARACTERS = 256 * 1024;
/** Most text that is parsed to answer questions about one app. */
const MAX_PARSED = 3 * 1024 * 1024;
const EXTENSIONS = [
  '',
  '.js',
  '.ts',
  '.mjs',
  '.cjs',
  '.mts',
  '.cts',
  '.jsx',
  '.tsx',
  '.json',
  '/index.js',
  '/index.ts',
  '/index.mjs',
  '/index.cjs',
  '/index.json',
];
const FRONT_END = /"(react|react-dom|vue|svelte|@angular\/core|vite|solid-js|preact|next|nuxt)"\s*:/;
const BACK_END =
  /"(express|fastify|koa|hono|@nestjs\/core|@hapi\/hapi|pg|mongoose|mongodb|restify|sequelize|knex)"\s*:/;

/** The code of one app, indexed file by file on demand. */
export class Program {
  readonly sources: Sources;
  readonly folder: string;
  /** Files that may say something about settings. */
  readonly modules: readonly Module[];
  readonly #indexed = new Map<string, Module | undefined>();
  #left = MAX_PARSED;
  #calls: Map<string, { place: Visit; module: Module }[]> | undefined;
  #defaults: Map<string, string[]> | undefined;

  constructor(sources: Sources, folder: string) {
    this.sources = sources;
    this.folder = folder;
    const others = frontEnds(sources, folder);
    this.modules = sources
      .code(folder)
      .filter((path) => !others.some((other) => path.startsWith(other)) && MARK.test(sources.text(path) ?? ''))
      .flatMap((path) => this.module(path) ?? []);
  }

  /** A file's index; undefined for one that is not there, is broken, or comes after the limit. */
  module(file: string): Module | undefined {
    if (!this.#indexed.has(file)) this.#indexed.set(file, this.#index(file));
    return this.#indexed.get(file);
  }

  #index(file: string): Module | undefined {
    const size = this.sources.text(file)?.length ?? 0;
    if (size > MAX_CHARACTERS || size > this.#left) return undefined;
    this.#left -= size;
    const root = this.sources.syntax(file);
    return root && indexModule(file, root);
  }

  /** The file that `specifier` names in `from`; undefined for a package. */
  resolve(from: string, specifier: string): string | undefined {
    for (const base of candidates(from, specifier, this.folder)) {
      for (const extension of EXTENSIONS) if (this.sources.has(base + extension)) return base + extension;
      const typescript = base.replace(/\.([cm]?)js$/, '.$1ts');
      if (this.sources.has(typescript)) return typescript;
    }
    return undefined;
  }

  /** Calls of functions and methods of this name. */
  callsOf(name: string): readonly { place: Visit; module: Module }[] {
    if (this.#calls === undefined) {
      this.#calls = new Map();
      for (const module of this.modules) {
        for (const place of module.calls) {
          const key = nameOf(child(place.node, 'callee'));
          if (key !== undefined) append(this.#calls, key, { place, module });
        }
      }
    }
    return this.#calls.get(name) ?? [];
  }

  /** The names under which other files know what `module` exports as a whole. */
  namesOfDefault(module: Module): readonly string[] {
    this.#defaults ??= this.#namesOfDefaults();
    return this.#defaults.get(module.file) ?? [];
  }

  #namesOfDefaults(): Map<string, string[]> {
    const names = new Map<string, string[]>();
    for (const module of this.modules) {
      for (const [name, bindings] of module.bindings) {
        const files = bindings.map(({ source }) => {
          const from = defaultFrom(source);
          return from === undefined ? undefined : this.resolve(module.file, from);
        });
        for (const file of new Set(files)) if (file !== undefined) append(names, file, name);
      }
    }
    return names;
  }
}

/** The specifier of `require('…')`. */
export function requiredBy(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' || nameOf(child(node, 'callee')) !== 'require') return undefined;
  return textOf((node['arguments'] as SyntaxNode[])[0]);
}

/** The specifier of `import name from '…'` or `const name = require('…')`. */
function defaultFrom(source: Source): string | undefined {
  if (source.kind === 'import') return source.name === 'default' ? source.from : undefined;
  return source.kind === 'value' && source.path.length === 0 ? requiredBy(source.node) : undefined;
}

function candidates(from: string, specifier: string, folder: string): string[] {
  if (specifier === '.' || specifier === '..' || /^\.\.?\//.test(specifier)) {
    const path = posix.join(posix.dirname(from), specifier).replace(/\/$/, '');
    return path.startsWith('..') ? [] : [path === '.' ? 'index' : path];
  }
  const alias = /^[@~#]\/?(?=[\w.-]+(\/|$))/.exec(specifier)?.[0];
  const rests = alias === undefined ? [specifier] : [specifier.slice(alias.length), specifier];
  return rests.flatMap((rest) => [posix.join(folder, 'src', rest), posix.join(folder, rest)]);
}

/** Folders below `folder` that hold a front end of their own, with a slash at the end. */
function frontEnds(sources: Sources, folder: string): string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return sources.paths.flatMap((path) => {
    if (!path.startsWith(prefix) || !path.endsWith('/package.json') || path === `${prefix}package.json`) return [];
    const text = sources.text(path) ?? '';
    return FRONT_END.test(text) && !BACK_END.test(text) ? [path.slice(0, -'package.json'.length)] : [];
  });
}
