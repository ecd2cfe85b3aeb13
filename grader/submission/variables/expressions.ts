import { child, children, type SyntaxNode } from '../../platform/syntax.ts';
import { callValue, newValue } from './calls.ts';
import type { Evaluator } from './evaluator.ts';
import { cooked, isFunction, type Module } from './module.ts';
import { nameValue } from './names.ts';
import { memberValue } from './properties.ts';
import { choice, UNKNOWN, type Frame, type Value } from './value.ts';

/** What an expression may be, by its type. */
export function expressionValue(
  node: SyntaxNode,
  module: Module,
  frame: Frame | undefined,
  evaluator: Evaluator,
): Value {
  const value = (property: string) => evaluator.value(child(node, property), module, frame);
  if (isFunction(node)) return { kind: 'function', node, module, frame };
  switch (node.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
      return { kind: 'text', text: String(node['value']), at: { file: module.file, line: node.loc.start.line } };
    case 'TemplateLiteral':
      return { kind: 'joined', parts: template(node, module, frame, evaluator) };
    case 'BinaryExpression':
      return node['operator'] === '+' ? { kind: 'joined', parts: [value('left'), value('right')] } : UNKNOWN;
    case 'LogicalExpression':
      return node['operator'] === '&&' ? value('right') : choice([value('left'), value('right')], true);
    case 'ConditionalExpression':
      return conditional(node, module, frame, evaluator);
    case 'AwaitExpression':
    case 'UnaryExpression':
    case 'ParenthesizedExpression':
      return node['operator'] === '!' || node['operator'] === 'typeof' ? UNKNOWN : value('argument');
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      return value('expression');
    case 'AssignmentExpression':
      return value('right');
    case 'SequenceExpression':
      return evaluator.value(children(node, 'expressions').at(-1), module, frame);
    case 'ObjectExpression':
      return { kind: 'object', node, module, frame };
    case 'ArrayExpression':
      return { kind: 'array', node, module, frame };
    case 'ClassDeclaration':
    case 'ClassExpression':
      return { kind: 'class', node, module, frame };
    case 'Identifier':
      return nameValue(String(node['name']), node, module, frame, evaluator);
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return memberValue(node, module, frame, evaluator);
    case 'CallExpression':
    case 'OptionalCallExpression':
      return callValue(node, module, frame, evaluator);
    case 'NewExpression':
      return newValue(node, module, frame, evaluator);
    default:
      return UNKNOWN;
  }
}

function template(node: SyntaxNode, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value[] {
  const expressions = children(node, 'expressions');
  const at = { file: module.file, line: node.loc.start.line };
  return children(node, 'quasis').flatMap((quasi, index) => {
    const text: Value[] = cooked(quasi) === '' ? [] : [{ kind: 'text', text: cooked(quasi), at }];
    const next = expressions[index];
    return next === undefined ? text : [...text, evaluator.value(next, module, frame)];
  });
}

/** NODE_ENV is not set, which decides the most usual condition. */
function conditional(node: SyntaxNode, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value {
  const [yes, no] = [child(node, 'consequent'), child(node, 'alternate')].map((one) =>
    evaluator.value(one, module, frame),
  );
  const test = child(node, 'test');
  const source = evaluator.program.sources.text(module.file) ?? '';
  const mode = test !== undefined && source.slice(test.start, test.end).includes('NODE_ENV');
  const operator = test?.type === 'BinaryExpression' ? String(test['operator']) : '';
  const equal = /^={2,3}$/.test(operator);
  if (mode && (equal || /^!={1,2}$/.test(operator))) return choice(equal ? [no ?? UNKNOWN] : [yes ?? UNKNOWN], true);
  return choice([yes ?? UNKNOWN, no ?? UNKNOWN], evaluator.value(test, module, frame).kind === 'read');
}
