import { child, children, nameOf, type SyntaxNode } from '../../../platform/syntax.ts';
import { classValue, closure, isRequire } from './expressions.ts';
import { bind } from './patterns.ts';
import { Scope } from './scope.ts';
import { text, UNKNOWN, type Interpreter, type Value } from './value.ts';

/** Executes statements once each: both ways of an `if`, the body of a loop for each item of a list that is known. */
export function executeAll(statements: readonly SyntaxNode[], scope: Scope, interpreter: Interpreter): void {
  for (const statement of statements) hoist(statement, scope, interpreter);
  for (const statement of statements) execute(statement, scope, interpreter);
}

/** Functions are there before the first statement. */
function hoist(statement: SyntaxNode, scope: Scope, interpreter: Interpreter): void {
  const inner = statement.type.startsWith('Export') ? child(statement, 'declaration') : statement;
  const name = nameOf(inner === undefined ? undefined : child(inner, 'id'));
  if (inner?.type === 'FunctionDeclaration' && name !== undefined)
    scope.declare(name, closure(inner, scope, interpreter));
}

function execute(node: SyntaxNode, scope: Scope, interpreter: Interpreter): void {
  if (!interpreter.step()) return;
  const run = (inner: SyntaxNode | undefined) =>
    inner === undefined
      ? undefined
      : execute(inner, inner.type === 'BlockStatement' ? new Scope(scope, scope.frame) : scope, interpreter);
  const evaluate = (inner: SyntaxNode | undefined) =>
    inner === undefined ? UNKNOWN : interpreter.evaluate(inner, scope);
  switch (node.type) {
    case 'ExpressionStatement':
      evaluate(child(node, 'expression'));
      return;
    case 'ReturnStatement':
      scope.frame.returned.push(evaluate(child(node, 'argument')));
      return;
    case 'VariableDeclaration':
      for (const declarator of children(node, 'declarations')) declareVariable(declarator, scope, interpreter);
      return;
    case 'ClassDeclaration':
      declareClass(node, scope, interpreter);
      return;
    case 'BlockStatement':
      return executeAll(children(node, 'body'), scope, interpreter);
    case 'IfStatement':
      evaluate(child(node, 'test'));
      run(child(node, 'consequent'));
      return run(child(node, 'alternate'));
    case 'ForOfStatement':
    case 'ForInStatement':
      return loop(node, scope, interpreter);
    case 'ForStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'LabeledStatement':
      return run(child(node, 'body'));
    case 'TryStatement':
      run(child(node, 'block'));
      run(child(child(node, 'handler') ?? node, 'body'));
      return run(child(node, 'finalizer'));
    case 'SwitchStatement':
      for (const entry of children(node, 'cases')) executeAll(children(entry, 'consequent'), scope, interpreter);
      return;
    case 'ExportNamedDeclaration':
      return run(child(node, 'declaration'));
    case 'ExportDefaultDeclaration': {
      // One without a name is evaluated where it is used.
      const declaration = child(node, 'declaration');
      return declaration?.type === 'ClassDeclaration' && child(declaration, 'id') !== undefined
        ? run(declaration)
        : undefined;
    }
    case 'TSEnumDeclaration':
      return declareEnum(node, scope);
    default:
      // `export default createApp()` holds an expression.
      evaluate(node);
  }
}

function declareVariable(declarator: SyntaxNode, scope: Scope, interpreter: Interpreter): void {
  const [id, init] = [child(declarator, 'id'), child(declarator, 'init')];
  if (id === undefined) return;
  // Another module is read when something of it is used, so that most are not.
  if (init !== undefined && isRequire(init))
    return bind(id, () => interpreter.evaluate(init, scope), scope, interpreter);
  const value = init === undefined ? UNKNOWN : interpreter.evaluate(init, scope);
  if (value.kind === 'closure') value.name ??= nameOf(id);
  bind(id, value, scope, interpreter);
}

function declareClass(node: SyntaxNode, scope: Scope, interpreter: Interpreter): void {
  const name = nameOf(child(node, 'id'));
  const value = classValue(node, scope, interpreter);
  if (name !== undefined) scope.declare(name, value);
}

function loop(node: SyntaxNode, scope: Scope, interpreter: Interpreter): void {
  const [left, right, body] = [child(node, 'left'), child(node, 'right'), child(node, 'body')];
  if (left === undefined || right === undefined || body === undefined) return;
  const over = interpreter.evaluate(right, scope);
  const pattern = left.type === 'VariableDeclaration' ? children(left, 'declarations')[0]?.['id'] : left;
  for (const item of itemsOf(over, node.type === 'ForInStatement')) {
    const inner = new Scope(scope, scope.frame);
    bind(pattern as SyntaxNode, item, inner, interpreter);
    execute(body, inner, interpreter);
  }
}

function itemsOf(value: Value, keys: boolean): readonly Value[] {
  if (keys && value.kind === 'object') return [...value.properties.keys()].map(text);
  return value.kind === 'list' && value.items.length > 0 ? value.items : [UNKNOWN];
}

function declareEnum(node: SyntaxNode, scope: Scope): void {
  const name = nameOf(child(node, 'id'));
  const members = children(child(node, 'body') ?? node, 'members');
  const properties = new Map(
    members.map((member): [string, Value] => {
      const initial = child(member, 'initializer');
      return [
        nameOf(child(member, 'id')) ?? '',
        initial?.type === 'StringLiteral' ? text(String(initial['value'])) : UNKNOWN,
      ];
    }),
  );
  if (name !== undefined) scope.declare(name, { kind: 'object', properties, class: undefined });
}
