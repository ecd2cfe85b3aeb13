import { child, children, isNode, nameOf, walk, type SyntaxNode, type Visit } from '../../platform/syntax.ts';
import type { FoundRoute } from '../../target/found-route.ts';
import type { Sources } from '../sources.ts';
import { contractPaths } from './path.ts';

const USES_HTTP = /['"](node:)?https?['"]/;
const METHOD = /^(GET|POST|PUT|PATCH|DELETE)$/;
const KEY = /^(GET|POST|PUT|PATCH|DELETE)[ :]\s*(\/\S*)$/;
const MAX_ROUTES = 200;

/**
 * Routes of servers without a framework, as far as comparisons show them: `method === 'GET' && url === '/todos'`, in
 * one condition or in nested ones, and tables with keys such as `'GET /todos'`.
 */
export function nodeHttpRoutes(sources: Sources, files: readonly string[]): FoundRoute[] {
  const found: FoundRoute[] = [];
  for (const file of files) {
    const syntax = USES_HTTP.test(sources.text(file) ?? '') ? sources.syntax(file) : undefined;
    if (syntax === undefined) continue;
    walk(syntax, (place) => {
      if (found.length >= MAX_ROUTES) return false;
      for (const [method, path] of [...fromTable(place), ...fromComparison(place)])
        for (const whole of contractPaths(path))
          found.push({ method, path: whole, file, line: place.node.loc.start.line, guards: [], from: 'source' });
      return undefined;
    });
  }
  return found;
}

function fromTable({ node }: Visit): [string, string][] {
  if (node.type !== 'ObjectProperty' && node.type !== 'ObjectMethod') return [];
  const match = KEY.exec(nameOf(child(node, 'key')) ?? '');
  return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
}

/** A comparison with a method, with every path that conditions around it or beside it compare with. */
function fromComparison(place: Visit): [string, string][] {
  const method = comparedTexts(place.node).find((text) => METHOD.test(text));
  if (method === undefined) return [];
  const paths: string[] = [];
  let inner = place;
  for (let around = place.parent; around !== undefined; inner = around, around = around.parent) {
    const { node } = around;
    if (/Function/.test(node.type)) break;
    if (node.type === 'LogicalExpression' && node['operator'] === '&&')
      paths.push(...pathsIn(inner.key === 'left' ? child(node, 'right') : child(node, 'left')));
    if (node.type === 'IfStatement' && inner.key === 'test') paths.push(...nestedPaths(child(node, 'consequent')));
    if (node.type === 'IfStatement' && inner.key === 'consequent') paths.push(...pathsIn(child(node, 'test')));
    if (node.type === 'SwitchCase' && inner.key === 'consequent') paths.push(...pathsIn(node));
    if (paths.length > 0) break;
  }
  return [...new Set(paths)].map((path) => [method, path]);
}

/** Paths that conditions inside of a block compare with, where no other method is asked for. */
function nestedPaths(block: SyntaxNode | undefined): string[] {
  return (block === undefined ? [] : children(block, 'body')).flatMap((statement) =>
    statement.type === 'IfStatement' ? [...pathsIn(child(statement, 'test')), ...nestedElse(statement)] : [],
  );
}

function nestedElse(statement: SyntaxNode): string[] {
  const other = child(statement, 'alternate');
  return other?.type === 'IfStatement' ? [...pathsIn(child(other, 'test')), ...nestedElse(other)] : [];
}

function pathsIn(condition: SyntaxNode | undefined): string[] {
  if (condition === undefined) return [];
  const paths: string[] = [];
  if (condition.type === 'SwitchCase') return comparedTexts(condition).filter((text) => text.startsWith('/'));
  walk(condition, ({ node }) => {
    paths.push(...comparedTexts(node).filter((text) => text.startsWith('/')));
    if (node.type === 'CallExpression' && nameOf(child(node, 'callee')) === 'startsWith') {
      const [start] = children(node, 'arguments').map(nameOf);
      if (start?.startsWith('/')) paths.push(start.endsWith('/') ? `${start}:id` : start);
    }
    if (node.type === 'RegExpLiteral') paths.push(...(pathOf(String(node['pattern'])) ?? []));
  });
  return paths;
}

/** What `x === 'text'` or `case 'text':` compares with, where x speaks of a method or of a path. */
function comparedTexts(node: SyntaxNode): string[] {
  if (node.type === 'SwitchCase') return [nameOf(child(node, 'test')) ?? []].flat();
  if (node.type !== 'BinaryExpression' || !/^={2,3}$/.test(String(node['operator']))) return [];
  const sides = [node['left'], node['right']].filter(isNode);
  if (!sides.some((side) => /^(method|verb|url|path|pathname|route|endpoint)$/i.test(nameOf(side) ?? ''))) return [];
  return sides.flatMap((side) => (side.type === 'StringLiteral' ? String(side['value']) : []));
}

/** The path that an expression such as `^\/todos\/(\d+)$` matches; undefined for one that is not that simple. */
function pathOf(pattern: string): string[] | undefined {
  const path = pattern
    .replace(/^\^/, '')
    .replace(/(\\\/\?)?\$$/, '')
    .replaceAll('\\/', '/')
    .replaceAll(/\((\?<\w+>|\?:)?[^()]+\)|\[[^\]]+\]\+|\\[dw]\+/g, ':id');
  return /^\/[\w/:-]*$/.test(path) ? [path] : undefined;
}
