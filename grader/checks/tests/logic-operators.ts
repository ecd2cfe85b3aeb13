import type { Change, Operator } from './mutation.ts';
import { child, children, isNode, nameOf, type SyntaxNode, type Visit } from '../../platform/syntax.ts';

const OPPOSITES: Readonly<Record<string, string>> = { '===': '!==', '!==': '===', '==': '!=', '!=': '==' };
const NEIGHBOURS: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const JUNCTIONS: Readonly<Record<string, string>> = { '&&': '||', '||': '&&' };
const ARITHMETIC: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' };

const equality: Operator = {
  name: 'equal or not',
  changes: ({ node }, text) => (node.type === 'BinaryExpression' ? otherOperator(node, text, OPPOSITES) : []),
};

const boundary: Operator = {
  name: 'the bound itself',
  changes: ({ node }, text) => (node.type === 'BinaryExpression' ? otherOperator(node, text, NEIGHBOURS) : []),
};

const junction: Operator = {
  name: 'and, or',
  changes: ({ node }, text) => (node.type === 'LogicalExpression' ? otherOperator(node, text, JUNCTIONS) : []),
};

/** Conditions that compare, or join others, have operators of their own. */
const condition: Operator = {
  name: 'a condition',
  changes({ node, key, parent }, text) {
    const decides = key === 'test' && ['IfStatement', 'ConditionalExpression'].includes(parent?.node.type ?? '');
    if (!decides || ['BinaryExpression', 'LogicalExpression'].includes(node.type)) return [];
    const negated = node.type === 'UnaryExpression' && node['operator'] === '!' ? child(node, 'argument') : undefined;
    const replacement = negated ? text.slice(negated.start, negated.end) : `!(${text.slice(node.start, node.end)})`;
    return [{ start: node.start, end: node.end, replacement, what: 'the condition was turned around' }];
  },
};

/** A check that leaves the function early: forgotten. It shows where a test has made it leave. */
const guard: Operator = {
  name: 'a check',
  changes({ node }) {
    if (node.type !== 'IfStatement' || isNode(node['alternate'])) return [];
    const then = child(node, 'consequent');
    const last = then?.type === 'BlockStatement' ? children(then, 'body').at(-1) : then;
    if (last?.type !== 'ReturnStatement' && last?.type !== 'ThrowStatement') return [];
    return [{ start: node.start, end: node.end, replacement: ';', what: 'the check was taken out', shows: last }];
  },
};

/** An answer that is not sent leaves a test waiting, so that returns which send one stay. */
const returned: Operator = {
  name: 'a returned value',
  changes({ node }) {
    const value = child(node, 'argument');
    if (node.type !== 'ReturnStatement' || value === undefined || answers(value)) return [];
    return [{ start: node.start, end: node.end, replacement: 'return;', what: 'nothing was returned' }];
  },
};

const awaitedCall: Operator = {
  name: 'an awaited call',
  changes({ node }) {
    const awaited = node.type === 'ExpressionStatement' ? child(node, 'expression') : undefined;
    const call = awaited?.type === 'AwaitExpression' ? child(awaited, 'argument') : undefined;
    if (call?.type !== 'CallExpression' && call?.type !== 'OptionalCallExpression') return [];
    return [{ start: node.start, end: node.end, replacement: ';', what: 'the call was taken out' }];
  },
};

/** Text that is put together, and constants that are calculated, are not arithmetic that tests look at. */
const arithmetic: Operator = {
  name: 'arithmetic',
  changes({ node }, text) {
    if (node.type !== 'BinaryExpression') return [];
    const sides = [child(node, 'left'), child(node, 'right')];
    const constant = sides.every((side) => isConstant(side));
    const maybeText = node['operator'] === '+' && !sides.some((side) => side?.type === 'NumericLiteral');
    return constant || maybeText ? [] : otherOperator(node, text, ARITHMETIC);
  },
};

/** Mistakes of logic, in any program. */
export const LOGIC: readonly Operator[] = [
  equality,
  boundary,
  condition,
  junction,
  guard,
  awaitedCall,
  returned,
  arithmetic,
];

/** Another operator in the place of the one between two sides. */
function otherOperator(node: SyntaxNode, text: string, others: Readonly<Record<string, string>>): Change[] {
  const operator = String(node['operator']);
  const other = Object.hasOwn(others, operator) ? others[operator] : undefined;
  const [left, right] = [child(node, 'left'), child(node, 'right')];
  if (other === undefined || left === undefined || right === undefined) return [];
  const start = text.indexOf(operator, left.end);
  if (start < 0 || start >= right.start) return [];
  return [
    {
      start,
      end: start + operator.length,
      replacement: other,
      what: `\`${operator}\` became \`${other}\``,
      shows: node,
    },
  ];
}

/** `res.status(404).json(…)`, `next(error)`: calls that begin with what answers a request. */
function answers(value: SyntaxNode): boolean {
  if (value.type !== 'CallExpression' && value.type !== 'AwaitExpression') return false;
  let root: SyntaxNode | undefined = value;
  for (let next: SyntaxNode | undefined = value; next !== undefined;) {
    root = next;
    next = child(next, 'callee') ?? child(next, 'object') ?? child(next, 'argument');
  }
  return /^(?:res|response|reply|next|ctx|c)$/.test(nameOf(root) ?? '');
}

function isConstant(node: SyntaxNode | undefined): boolean {
  if (node === undefined) return true;
  if (node.type === 'BinaryExpression') return isConstant(child(node, 'left')) && isConstant(child(node, 'right'));
  return node.type === 'NumericLiteral';
}

/** Whether mistakes are made below a node: not in what is logged, in heads of loops, or in what a run is set up by. */
export function isWorthChanging({ node, key, parent }: Visit, text: string): boolean {
  if (node.type === 'CallExpression') {
    const callee = child(node, 'callee');
    const object = callee === undefined ? undefined : (nameOf(child(callee, 'object')) ?? nameOf(callee));
    if (/^(?:console|log|logger|debug|winston|pino)$/i.test(object ?? '')) return false;
  }
  if (parent !== undefined && /^(?:For|While|DoWhile)/.test(parent.node.type) && key !== 'body') return false;
  const settings = /\bprocess\.(?:env|argv)\b|\brequire\.main\b|\bimport\.meta\b/;
  const small = node.type.endsWith('Expression') || node.type === 'VariableDeclarator';
  return !(small && key !== 'body' && node.end - node.start < 300 && settings.test(text.slice(node.start, node.end)));
}
