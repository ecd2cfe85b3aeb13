import { child, children, nameOf, type SyntaxNode } from '../../../platform/syntax.ts';
import type { Scope } from './scope.ts';
import { object, UNKNOWN, type Interpreter, type Value } from './value.ts';

/** Binds the names of a pattern (`x`, `{ a, b: [c] }`, `x = 1`) in a scope, lazily where `value` is a function. */
export function bind(pattern: SyntaxNode, value: Value | (() => Value), scope: Scope, interpreter: Interpreter): void {
  if (!interpreter.step()) return;
  const now = () => (typeof value === 'function' ? value() : value);
  switch (pattern.type) {
    case 'Identifier':
      return scope.declare(String(pattern['name']), value);
    case 'AssignmentPattern': {
      const [left, right] = [child(pattern, 'left'), child(pattern, 'right')];
      if (left === undefined || right === undefined) return;
      const given = () => {
        const found = now();
        return found.kind === 'unknown' ? interpreter.evaluate(right, scope) : found;
      };
      return bind(left, typeof value === 'function' ? given : given(), scope, interpreter);
    }
    case 'ObjectPattern':
      return bindObject(pattern, now, scope, interpreter);
    case 'ArrayPattern': {
      const elements = pattern['elements'] as (SyntaxNode | null)[];
      for (const [index, element] of elements.entries())
        if (element !== null) bind(element, () => itemsOf(now())[index] ?? UNKNOWN, scope, interpreter);
      return;
    }
    case 'RestElement': {
      const argument = child(pattern, 'argument');
      return argument === undefined ? undefined : bind(argument, value, scope, interpreter);
    }
    case 'TSParameterProperty': {
      const parameter = child(pattern, 'parameter');
      if (parameter === undefined) return;
      const name = nameOf(parameter.type === 'AssignmentPattern' ? child(parameter, 'left') : parameter);
      const self = scope.frame.self;
      bind(parameter, now(), scope, interpreter);
      if (name !== undefined && self.kind === 'object') self.properties.set(name, scope.lookup(name) ?? UNKNOWN);
      return;
    }
    default:
  }
}

function bindObject(pattern: SyntaxNode, value: () => Value, scope: Scope, interpreter: Interpreter): void {
  const taken = new Set<string>();
  for (const entry of children(pattern, 'properties')) {
    if (entry.type === 'RestElement') {
      const argument = child(entry, 'argument');
      const rest = () => without(value(), taken);
      if (argument !== undefined) bind(argument, rest, scope, interpreter);
      continue;
    }
    const name = nameOf(child(entry, 'key'));
    const target = child(entry, 'value');
    if (name === undefined || target === undefined) continue;
    taken.add(name);
    bind(target, () => interpreter.member(value(), name), scope, interpreter);
  }
}

function without(value: Value, names: ReadonlySet<string>): Value {
  if (value.kind !== 'object') return UNKNOWN;
  const rest = object();
  for (const [name, held] of value.properties) if (!names.has(name)) rest.properties.set(name, held);
  return rest;
}

function itemsOf(value: Value): readonly Value[] {
  return value.kind === 'list' ? value.items : [];
}
