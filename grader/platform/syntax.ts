import { parse, type ParserPlugin } from '@babel/parser';

/** A node of a syntax tree, as Babel has it; its other properties follow from its type. */
export interface SyntaxNode {
  type: string;
  /** Offsets into the text, the end exclusive. */
  start: number;
  end: number;
  loc: { start: { line: number; column: number }; end: { line: number; column: number } };
  [property: string]: unknown;
}

/** A node with the way that leads to it. */
export interface Visit {
  node: SyntaxNode;
  parent: Visit | undefined;
  /** The parent's property that holds it. */
  key: string;
  /** Its place there, when the property is a list. */
  index: number | undefined;
}

export type Parsed = { program: SyntaxNode } | { problem: { line: number; message: string } };

/** Syntax of TypeScript that is there when the program runs; every other is gone by then. */
const RUNTIME_SYNTAX = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSParameterProperty',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSExportAssignment',
  'TSImportEqualsDeclaration',
]);
const NOT_CHILDREN = new Set(['loc', 'extra', 'leadingComments', 'innerComments', 'trailingComments', 'errors']);

/** Parses JavaScript or TypeScript, told apart by the name of the file. Never throws. */
export function parseSource(path: string, text: string): Parsed {
  const typescript = /\.[cm]?tsx?$/.test(path);
  const plugins: ParserPlugin[] = [
    'decorators-legacy',
    ...(typescript ? (['typescript'] as const) : []),
    ...(typescript && !path.endsWith('x') ? [] : (['jsx'] as const)),
  ];
  try {
    const { program } = parse(text, {
      sourceType: 'unambiguous',
      plugins,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowNewTargetOutsideFunction: true,
      allowUndeclaredExports: true,
      attachComment: false,
    });
    return { program: program as unknown as SyntaxNode };
  } catch (error) {
    const { loc, message } = error as { loc?: { line?: number }; message?: string };
    // A text that is nested too deeply exhausts the stack, which has no place.
    return {
      problem: { line: loc?.line ?? 1, message: String(message ?? error).replace(/ \(\d+:\d+\)$/, '') },
    };
  }
}

/** Every node that is there at run time, parents first, in the order of the text. `false` skips what is below a node. */
export function walk(root: SyntaxNode, visit: (place: Visit) => void | false): void {
  const waiting: Visit[] = [{ node: root, parent: undefined, key: '', index: undefined }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (isErased(place.node) || visit(place) === false) continue;
    pushChildren(place, waiting);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

/** The node that a property holds; undefined when it holds none. */
export function child(node: SyntaxNode, property: string): SyntaxNode | undefined {
  const value = node[property];
  return isNode(value) ? value : undefined;
}

/** The nodes of a property that is a list, without holes. */
export function children(node: SyntaxNode, property: string): SyntaxNode[] {
  const value = node[property];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, of the last part of `a.b.c`, or of a key; undefined where there is none. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  switch (node.type) {
    case 'Identifier':
      return String(node['name']);
    case 'StringLiteral':
      return String(node['value']);
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return node['computed'] === true ? undefined : nameOf(child(node, 'property'));
    default:
      return undefined;
  }
}

/** Adds the nodes below one, the last first: what waits is taken from the end. Without lists in between, as trees are large. */
function pushChildren(parent: Visit, waiting: Visit[]): void {
  const { node } = parent;
  for (const key of Object.keys(node).toReversed()) {
    const value = node[key];
    if (typeof value !== 'object' || value === null || NOT_CHILDREN.has(key)) continue;
    if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index -= 1) {
        const item: unknown = value[index];
        if (isNode(item)) waiting.push({ node: item, parent, key, index });
      }
    } else if (isNode(value)) waiting.push({ node: value, parent, key, index: undefined });
  }
}

/** Types, and declarations of what is elsewhere. */
function isErased(node: SyntaxNode): boolean {
  return (
    (node.type.startsWith('TS') && !RUNTIME_SYNTAX.has(node.type)) ||
    node['declare'] === true ||
    node['importKind'] === 'type' ||
    node['exportKind'] === 'type'
  );
}
