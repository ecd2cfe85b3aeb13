import { child, type SyntaxNode, type Visit, walk } from '../../platform/syntax.ts';

/** A piece of code that runs or does not. */
export interface Statement {
  /** Offsets into the text. */
  start: number;
  end: number;
  /** The line that it starts on, from 1. */
  line: number;
}

const STATEMENTS = new Set([
  'ExpressionStatement',
  'ReturnStatement',
  'ThrowStatement',
  'BreakStatement',
  'ContinueStatement',
  'DebuggerStatement',
  'IfStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'SwitchStatement',
  'TryStatement',
  'LabeledStatement',
  'WithStatement',
  'TSEnumDeclaration',
  'TSExportAssignment',
]);

/** Bodies of short arrow functions with statements of their own; where one starts says nothing about the function around it. */
const WITHOUT_A_START = new Set(['BlockStatement', 'ArrowFunctionExpression', 'FunctionExpression', 'ClassExpression']);

/**
 * What can be covered, as Istanbul (and so Jest) counts it: statements, variables that are given a value,
 * fields of classes, and the value that a short arrow function gives. Imports, declarations of functions
 * and types, comments and empty lines are nothing that runs.
 */
export function executableStatements(program: SyntaxNode): Statement[] {
  const found: Statement[] = [];
  walk(program, (place) => {
    const node = executed(place);
    if (node === undefined) return;
    // Coarse source maps know where `const` stands, and no more.
    const from = node.type === 'VariableDeclarator' && place.index === 0 ? place.parent?.node : undefined;
    found.push({ start: (from ?? node).start, end: node.end, line: node.loc.start.line });
  });
  return found;
}

function executed({ node, parent, key }: Visit): SyntaxNode | undefined {
  if (STATEMENTS.has(node.type)) return node;
  switch (node.type) {
    case 'VariableDeclarator': {
      const inHead = parent?.key === 'init' || parent?.key === 'left';
      return child(node, 'init') === undefined || inHead ? undefined : node;
    }
    case 'ClassProperty':
    case 'ClassPrivateProperty':
    case 'ClassAccessorProperty':
      return child(node, 'value') === undefined ? undefined : node;
    default:
      return key === 'body' && parent?.node.type === 'ArrowFunctionExpression' && !WITHOUT_A_START.has(node.type)
        ? node
        : undefined;
  }
}
