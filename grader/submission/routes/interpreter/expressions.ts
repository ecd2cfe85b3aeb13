import { posix } from 'node:path';
import { child, children, isNode, nameOf, type SyntaxNode } from '../../../platform/syntax.ts';
import { bind } from './patterns.ts';
import type { Scope } from './scope.ts';
import {
  named,
  object,
  text,
  textOf,
  UNKNOWN,
  type Argument,
  type Interpreter,
  type Site,
  type Value,
} from './value.ts';

/** Most items of a list that are followed. */
const MAX_ITEMS = 500;

/** What an expression gives. Both sides of a choice are evaluated: what they do counts, whichever is taken. */
export function evaluateExpression(node: SyntaxNode, scope: Scope, interpreter: Interpreter): Value {
  const evaluate = (inner: SyntaxNode | undefined): Value =>
    inner === undefined ? UNKNOWN : interpreter.evaluate(inner, scope);
  switch (node.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
      return text(String(node['value']));
    case 'TemplateLiteral':
      return template(node, evaluate);
    case 'Identifier':
      return scope.lookup(String(node['name'])) ?? named(String(node['name']));
    case 'ThisExpression':
    case 'Super':
      return scope.frame.self;
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return member(node, evaluate, interpreter);
    case 'CallExpression':
    case 'OptionalCallExpression':
      return call(node, scope, evaluate, interpreter);
    case 'NewExpression':
      return interpreter.construct(evaluate(child(node, 'callee')), args(node, evaluate), siteOf(node, scope));
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return closure(node, scope, interpreter);
    case 'ClassExpression':
      return classValue(node, scope, interpreter);
    case 'ObjectExpression':
      return objectValue(node, scope, evaluate, interpreter);
    case 'ArrayExpression':
      return { kind: 'list', items: args(node, evaluate, 'elements').map(({ value }) => value) };
    case 'AssignmentExpression':
      return assignment(node, scope, evaluate, interpreter);
    case 'LogicalExpression':
    case 'ConditionalExpression':
      return choice(node, evaluate);
    case 'BinaryExpression': {
      const [left, right] = [evaluate(child(node, 'left')), evaluate(child(node, 'right'))];
      return node['operator'] === '+' ? joined([left, right]) : UNKNOWN;
    }
    case 'SequenceExpression':
      return children(node, 'expressions').map(evaluate).at(-1) ?? UNKNOWN;
    case 'AwaitExpression':
    case 'YieldExpression':
    case 'UnaryExpression': {
      const value = evaluate(child(node, 'argument'));
      return node.type === 'UnaryExpression' ? UNKNOWN : value;
    }
    case 'MetaProperty':
      return object({
        url: text(scope.frame.file),
        filename: text(scope.frame.file),
        dirname: text(posix.dirname(scope.frame.file)),
      });
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
    case 'ParenthesizedExpression':
      return evaluate(child(node, 'expression'));
    default:
      return UNKNOWN;
  }
}

/** A function of the source as a value. */
export function closure(node: SyntaxNode, scope: Scope, interpreter: Interpreter, name?: string): Value {
  const own = name ?? nameOf(child(node, 'id'));
  const value = { kind: 'closure', node, scope, name: own, properties: new Map(), used: false } as const;
  interpreter.noteClosure(value);
  return value;
}

/** A class of the source as a value. */
export function classValue(node: SyntaxNode, scope: Scope, interpreter: Interpreter): Value {
  const superclass = child(node, 'superClass');
  const parent = superclass === undefined ? undefined : interpreter.evaluate(superclass, scope);
  const value: Value = { kind: 'class', node, scope, parent, properties: new Map() };
  for (const part of children(child(node, 'body') ?? node, 'body')) {
    const name = nameOf(child(part, 'key'));
    if (part['static'] !== true || name === undefined) continue;
    const initial = child(part, 'value');
    if (part.type === 'ClassMethod') value.properties.set(name, closure(part, scope, interpreter, name));
    else if (initial !== undefined) value.properties.set(name, interpreter.evaluate(initial, scope));
  }
  return value;
}

/** The values of arguments, or of a list's elements, those that are spread laid out. */
export function args(
  node: SyntaxNode,
  evaluate: (node: SyntaxNode) => Value,
  key: 'arguments' | 'elements' = 'arguments',
): Argument[] {
  return children(node, key)
    .flatMap((argument): Argument[] => {
      if (argument.type !== 'SpreadElement') return [{ value: evaluate(argument), node: argument }];
      const inner = child(argument, 'argument');
      const value = inner === undefined ? UNKNOWN : evaluate(inner);
      return value.kind === 'list' ? value.items.map((item) => ({ value: item, node: undefined })) : [];
    })
    .slice(0, MAX_ITEMS);
}

export function siteOf(node: SyntaxNode, scope: Scope): Site {
  return { file: scope.frame.file, line: node.loc.start.line };
}

function template(node: SyntaxNode, evaluate: (node: SyntaxNode) => Value): Value {
  const quasis = children(node, 'quasis').map((quasi) => String((quasi['value'] as { cooked?: unknown }).cooked ?? ''));
  const values = children(node, 'expressions').map(evaluate);
  return joined(
    quasis.flatMap((quasi, index) => [text(quasi), ...(values[index] === undefined ? [] : [values[index]])]),
  );
}

/** Texts put together. What is unknown is left out: a path shows best without it. */
function joined(parts: readonly Value[]): Value {
  const texts = parts.flatMap((part) => textOf(part) ?? []);
  return texts.length === 0 ? UNKNOWN : text(texts.join(''));
}

function member(node: SyntaxNode, evaluate: (node: SyntaxNode | undefined) => Value, interpreter: Interpreter): Value {
  return memberOf(evaluate(child(node, 'object')), node, evaluate, interpreter);
}

function memberOf(
  owner: Value,
  node: SyntaxNode,
  evaluate: (node: SyntaxNode | undefined) => Value,
  interpreter: Interpreter,
): Value {
  const name = memberName(node, evaluate);
  return name === undefined ? UNKNOWN : interpreter.member(owner, name);
}

function memberName(node: SyntaxNode, evaluate: (node: SyntaxNode | undefined) => Value): string | undefined {
  const key = child(node, 'property');
  if (key?.type === 'PrivateName') return `#${nameOf(child(key, 'id'))}`;
  return node['computed'] === true ? textOf(evaluate(key)) : nameOf(key);
}

function call(
  node: SyntaxNode,
  scope: Scope,
  evaluate: (node: SyntaxNode | undefined) => Value,
  interpreter: Interpreter,
): Value {
  const callee = child(node, 'callee');
  const [first] = children(node, 'arguments');
  if (callee === undefined) return UNKNOWN;
  if (isRequire(node)) {
    const specifier = textOf(evaluate(first));
    return specifier === undefined ? UNKNOWN : interpreter.require(specifier, scope.frame.file);
  }
  if (callee.type === 'Super') return interpreter.callSuper(scope.frame, args(node, evaluate));
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression')
    return interpreter.call(evaluate(callee), args(node, evaluate), siteOf(node, scope));
  const owner = evaluate(child(callee, 'object'));
  const target = memberOf(owner, callee, evaluate, interpreter);
  // Of a chain of calls, each stands where its name stands: `.get(…)` below `.route('/')`.
  return interpreter.call(target, args(node, evaluate), siteOf(child(callee, 'property') ?? node, scope), owner);
}

/** `require(…)` or `import(…)`, awaited or not. */
export function isRequire(node: SyntaxNode): boolean {
  const inner = node.type === 'AwaitExpression' ? child(node, 'argument') : node;
  const callee = inner?.type === 'CallExpression' ? child(inner, 'callee') : undefined;
  return callee?.type === 'Import' || (callee?.type === 'Identifier' && callee['name'] === 'require');
}

function objectValue(
  node: SyntaxNode,
  scope: Scope,
  evaluate: (node: SyntaxNode | undefined) => Value,
  interpreter: Interpreter,
): Value {
  const result = object();
  for (const part of children(node, 'properties').slice(0, MAX_ITEMS)) {
    if (part.type === 'SpreadElement') {
      const spread = evaluate(child(part, 'argument'));
      if (spread.kind === 'object') for (const [name, value] of spread.properties) result.properties.set(name, value);
      continue;
    }
    const key = child(part, 'key');
    const name = part['computed'] === true ? textOf(evaluate(key)) : (nameOf(key) ?? textOf(evaluate(key)));
    if (name === undefined) continue;
    const value =
      part.type === 'ObjectMethod' ? closure(part, scope, interpreter, name) : evaluate(child(part, 'value'));
    result.properties.set(name, value);
  }
  return result;
}

function assignment(
  node: SyntaxNode,
  scope: Scope,
  evaluate: (node: SyntaxNode | undefined) => Value,
  interpreter: Interpreter,
): Value {
  const left = child(node, 'left');
  let value = evaluate(child(node, 'right'));
  if (left === undefined) return value;
  if (node['operator'] === '+=') value = joined([evaluate(left), value]);
  if (left.type === 'Identifier') scope.assign(String(left['name']), value);
  else if (left.type === 'MemberExpression') {
    const owner = evaluate(child(left, 'object'));
    const name = memberName(left, evaluate);
    if (name !== undefined && 'properties' in owner) owner.properties.set(name, value);
  } else bind(left, value, scope, interpreter);
  return value;
}

/** The first side that is known; `a && b` is b. */
function choice(node: SyntaxNode, evaluate: (node: SyntaxNode | undefined) => Value): Value {
  const isTernary = node.type === 'ConditionalExpression';
  if (isTernary) evaluate(child(node, 'test'));
  const sides = isTernary ? ['consequent', 'alternate'] : ['left', 'right'];
  const values = sides.map((side) => evaluate(child(node, side)));
  if (node['operator'] === '&&') return values[1] ?? UNKNOWN;
  const isThere = (value: Value) => value.kind !== 'unknown' && !(value.kind === 'text' && value.text === '');
  return values.find(isThere) ?? values.find(({ kind }) => kind !== 'unknown') ?? values[0] ?? UNKNOWN;
}

/** The member that a class or its parents have under a name; undefined for none. */
export function classMember(value: Value | undefined, name: string, depth = 0): SyntaxNode | undefined {
  if (value?.kind !== 'class' || depth > 10) return undefined;
  const body = child(value.node, 'body');
  const own = (body === undefined ? [] : children(body, 'body')).find(
    (part) =>
      isNode(part) && part.type === 'ClassMethod' && part['static'] !== true && nameOf(child(part, 'key')) === name,
  );
  return own ?? classMember(value.parent, name, depth + 1);
}
