import { child, children, nameOf, walk, type SyntaxNode } from '../platform/syntax.ts';
import { applyEdits, type Edit } from './edits.ts';

const MOUNTS = new Set(['get', 'post', 'put', 'patch', 'delete', 'all', 'route', 'use']);

/**
 * A file of the app whose routes begin with a prefix: the paths at the app itself and in `Location`. In a test, every
 * path that begins as the contract's do.
 *
 * @param starts first parts of the contract's paths: `todos`, `auth`
 */
export function addPrefix(
  text: string,
  program: SyntaxNode,
  { prefix, starts, isTest }: { prefix: string; starts: readonly string[]; isTest: boolean },
): string {
  const apps = new Set<string>();
  const edits: Edit[] = [];
  const isPath = (node: SyntaxNode | undefined) =>
    node !== undefined && new RegExp(`^.?/(${starts.join('|')})\\b`).test(text.slice(node.start, node.end));
  walk(program, ({ node }) => {
    const init = node.type === 'VariableDeclarator' ? child(node, 'init') : undefined;
    if (init?.type === 'CallExpression' && nameOf(child(init, 'callee')) === 'express')
      apps.add(nameOf(child(node, 'id')) ?? '');
    if (isTest && /^(StringLiteral|TemplateLiteral)$/.test(node.type) && isPath(node)) {
      edits.push({ start: node.start + 1, end: node.start + 1, text: prefix });
      return;
    }
    if (isTest || node.type !== 'CallExpression') return;
    const callee = child(node, 'callee');
    const [first] = children(node, 'arguments');
    if (callee?.type !== 'MemberExpression' || !isPath(first)) return;
    const name = nameOf(callee) ?? '';
    const isMount = MOUNTS.has(name) && apps.has(nameOf(child(callee, 'object')) ?? '');
    if (first !== undefined && (isMount || name === 'location'))
      edits.push({ start: first.start + 1, end: first.start + 1, text: prefix });
  });
  return applyEdits(text, edits);
}
