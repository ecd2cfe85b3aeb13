import { child, children, nameOf, walk, type SyntaxNode } from '../platform/syntax.ts';
import { applyEdits, type Edit } from './edits.ts';

/**
 * An ES module written as CommonJS. Knows what the references use: named and default imports, exported declarations,
 * `import.meta.url`, and `await` at the top of a module that exports nothing.
 *
 * @throws {Error} for what it does not know
 */
export function toCommonJs(text: string, program: SyntaxNode): string {
  const edits: Edit[] = [];
  const exported: string[] = [];
  let lastImport = 0;
  for (const node of children(program, 'body')) {
    if (node.type === 'ImportDeclaration') {
      edits.push({ start: node.start, end: node.end, text: required(node) });
      lastImport = node.end;
    } else if (node.type === 'ExportNamedDeclaration') {
      const declaration = child(node, 'declaration');
      if (declaration === undefined) throw new Error('only declarations can be exported here');
      exported.push(...namesOf(declaration));
      edits.push({ start: node.start, end: declaration.start, text: '' });
    } else if (node.type.startsWith('Export')) throw new Error(`${node.type} is not known here`);
  }
  let awaits = false;
  walk(program, ({ node }) => {
    if (/Function|Method/.test(node.type)) return false;
    awaits ||= node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'] === true);
    return undefined;
  });
  walk(program, ({ node }) => {
    if (isMetaUrl(node))
      edits.push({ start: node.start, end: node.end, text: "require('node:url').pathToFileURL(__filename).href" });
  });
  if (awaits && exported.length > 0) throw new Error('a module that exports can’t await at its top');
  if (awaits) {
    edits.push({ start: lastImport, end: lastImport, text: '\n\n(async () => {' });
    edits.push({ start: text.length, end: text.length, text: '})();\n' });
  }
  if (exported.length > 0)
    edits.push({ start: text.length, end: text.length, text: `\nmodule.exports = { ${exported.join(', ')} };\n` });
  const first = /^#!.*\n/.exec(text)?.[0] ?? '';
  return `${first}'use strict';\n${applyEdits(text, edits).slice(first.length)}`;
}

function required(node: SyntaxNode): string {
  const source = `require(${JSON.stringify(child(node, 'source')?.['value'])})`;
  const specifiers = children(node, 'specifiers');
  if (specifiers.length === 0) return `${source};`;
  const whole = specifiers.find(({ type }) => type !== 'ImportSpecifier');
  const named = specifiers
    .filter(({ type }) => type === 'ImportSpecifier')
    .map((entry) => {
      const [imported, local] = [nameOf(child(entry, 'imported')), nameOf(child(entry, 'local'))];
      return imported === local ? imported : `${imported}: ${local}`;
    });
  return [
    ...(whole === undefined ? [] : [`const ${nameOf(child(whole, 'local'))} = ${source};`]),
    ...(named.length === 0 ? [] : [`const { ${named.join(', ')} } = ${source};`]),
  ].join('\n');
}

function namesOf(declaration: SyntaxNode): string[] {
  if (declaration.type !== 'VariableDeclaration') return [nameOf(child(declaration, 'id')) ?? ''];
  return children(declaration, 'declarations').map((one) => nameOf(child(one, 'id')) ?? '');
}

function isMetaUrl(node: SyntaxNode): boolean {
  return node.type === 'MemberExpression' && child(node, 'object')?.type === 'MetaProperty' && nameOf(node) === 'url';
}
