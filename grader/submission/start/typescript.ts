import { posix } from 'node:path';
import { child, children, nameOf, parseSource, type SyntaxNode } from '../../platform/syntax.ts';
import type { AppView } from './app-view.ts';

/** What matters of a tsconfig.json; folders are relative to the app's. */
export interface TypeScriptSettings {
  file: string;
  outDir: string | undefined;
  rootDir: string | undefined;
  noEmit: boolean;
  emitDecoratorMetadata: boolean;
}

const MAX_EXTENDS = 4;

/** The app's tsconfig.json, with those that it extends; undefined when there is none. */
export function readTypeScript(app: AppView, file = 'tsconfig.json', depth = 0): TypeScriptSettings | undefined {
  const text = app.text(file);
  const whole = text === undefined ? undefined : commentedJson(text);
  if (whole === undefined) return undefined;
  const folder = posix.dirname(file);
  const inherited =
    typeof whole['extends'] === 'string' && whole['extends'].startsWith('.') && depth < MAX_EXTENDS
      ? readTypeScript(app, posix.join(folder, whole['extends'].replace(/(\.json)?$/, '.json')), depth + 1)
      : undefined;
  const options = (whole['compilerOptions'] ?? {}) as Record<string, unknown>;
  const path = (key: string) => (typeof options[key] === 'string' ? posix.join(folder, options[key]) : undefined);
  return {
    file,
    outDir: path('outDir') ?? inherited?.outDir,
    rootDir: path('rootDir') ?? inherited?.rootDir,
    noEmit: (options['noEmit'] ?? inherited?.noEmit) === true,
    emitDecoratorMetadata: (options['emitDecoratorMetadata'] ?? inherited?.emitDecoratorMetadata) === true,
  };
}

/** Whether the app leans on types at run time, which only TypeScript's own compiler writes down. */
export function metadataIsEmitted(app: AppView): boolean {
  return readTypeScript(app)?.emitDecoratorMetadata === true;
}

/**
 * The source that a build makes `file` from, such as `src/server.ts` for `dist/server.js`; undefined when
 * there is none. All paths are relative to the app's folder.
 */
export function sourceOf(app: AppView, file: string): string | undefined {
  const settings = readTypeScript(app);
  const clean = posix.normalize(file);
  const outDir = settings?.outDir === undefined ? undefined : posix.normalize(settings.outDir).replace(/\/$/, '');
  const below =
    outDir !== undefined && outDir !== '.' && clean.startsWith(`${outDir}/`)
      ? clean.slice(outDir.length + 1)
      : /^(?:dist|build|lib|out|output|compiled|\.build)\/(.+)$/.exec(clean)?.[1];
  const inner = below ?? (outDir === '.' || settings !== undefined ? clean : undefined);
  if (inner === undefined) return undefined;
  const stem = inner.replace(/\.([cm]?)js$/, '');
  for (const base of [settings?.rootDir, 'src', '', 'server'])
    for (const extension of ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs']) {
      if (base === undefined) continue;
      for (const end of [`.${extension}`, `/index.${extension}`]) {
        const candidate = posix.join(base, `${stem}${end}`);
        if (candidate !== clean && app.has(candidate)) return candidate;
      }
    }
  return undefined;
}

/** JSON as editors allow it, with comments and trailing commas. Plain values only. */
function commentedJson(text: string): Record<string, unknown> | undefined {
  const parsed = parseSource('settings.js', `(${text.replace(/^\uFEFF/, '')}\n)`);
  if (!('program' in parsed)) return undefined;
  const [statement] = children(parsed.program, 'body');
  const value = statement && valueOf(child(statement, 'expression'));
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function valueOf(node: SyntaxNode | undefined): unknown {
  switch (node?.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
      return node['value'];
    case 'ArrayExpression':
      return children(node, 'elements').map(valueOf);
    case 'ObjectExpression':
      return Object.fromEntries(
        children(node, 'properties').map((property) => [
          nameOf(child(property, 'key')),
          valueOf(child(property, 'value')),
        ]),
      );
    default:
      return undefined;
  }
}
