import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import type { Evaluator } from './evaluator.ts';
import { isFunction, memberName, pathOf, textOf, type Module } from './module.ts';
import { importedValue, nameValue } from './names.ts';
import { classAround, resultOf } from './scope.ts';
import { choice, packageValue, texts, UNKNOWN, type Frame, type Held, type Value } from './value.ts';

/** What may be a variable's name. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
/** What libraries that check an environment put the result under. */
const VALIDATED = new Set(['data', 'value', 'output', 'parsed', 'env']);

/** What `a.b` or `a['b']` may be: the property, and what is assigned to it. */
export function memberValue(node: SyntaxNode, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value {
  const object = child(node, 'object');
  const name = memberName(node);
  if (name === undefined) {
    const keys = texts(evaluator.value(child(node, 'property'), module, frame)).flatMap(([first, ...rest]) =>
      first?.kind === 'text' && rest.length === 0 ? [first.text] : [],
    );
    const holder = keys.length === 0 ? UNKNOWN : evaluator.value(object, module, frame);
    return choice(
      keys.map((key) => evaluator.property(holder, key, node, module)),
      false,
    );
  }
  const way = pathOf(node);
  const own = object?.type === 'ThisExpression';
  const assigned = way === undefined || own ? [] : (module.assigned.get(way.join('.')) ?? []);
  const later = assigned.map((one) => evaluator.value(one, module, frame));
  const holder = own ? classAround(module, node, frame) : evaluator.value(object, module, frame);
  const found = evaluator.property(holder, name, node, module);
  return later.length === 0 ? found : choice([...later, found], false);
}

/** The value of a property, by what holds it. @see Evaluator.property */
export function propertyValue(
  holder: Value,
  name: string,
  evaluator: Evaluator,
  use: SyntaxNode | undefined,
  user: Module | undefined,
): Value {
  switch (holder.kind) {
    case 'env':
      if (VALIDATED.has(name)) return holder;
      return NAME.test(name)
        ? { kind: 'read', name, at: { file: user?.file ?? '', line: use?.loc.start.line ?? 1 } }
        : UNKNOWN;
    case 'choice':
      return choice(
        holder.options.map((option) => evaluator.property(option, name, use, user)),
        holder.ordered,
      );
    case 'package':
      return packageValue({ ...holder, path: name === 'default' ? holder.path : [...holder.path, name] });
    case 'json':
      return ofJson(holder.json, name, holder.file);
    case 'exports':
      return exported(holder.module, name, evaluator, new Set());
    case 'object':
      return ofObject(holder, name, evaluator, use, user);
    case 'instance':
    case 'class':
      return ofClass(holder, name, evaluator);
    case 'array': {
      const element = children(holder.node, 'elements')[Number(name)];
      return evaluator.value(element, holder.module, holder.frame);
    }
    default:
      return UNKNOWN;
  }
}

function exported(module: Module, name: string, evaluator: Evaluator, seen: Set<Module>): Value {
  if (seen.has(module) || seen.size > 20) return UNKNOWN;
  seen.add(module);
  const found = module.exports.get(name);
  if (found !== undefined) {
    if ('node' in found) return evaluator.value(found.node, module, undefined);
    if ('local' in found) return nameValue(found.local, module.root, module, undefined, evaluator);
    return importedValue(module, found.from, found.name, evaluator);
  }
  for (const from of module.passedOn) {
    const file = evaluator.program.resolve(module.file, from);
    const other = file === undefined ? undefined : evaluator.program.module(file);
    const value = other === undefined ? UNKNOWN : exported(other, name, evaluator, seen);
    if (value.kind !== 'unknown') return value;
  }
  const whole = choice(
    module.whole.map((node) => evaluator.value(node, module, undefined)),
    false,
  );
  return name === 'default' ? whole : evaluator.property(whole, name);
}

function ofObject(
  holder: Held<'object'>,
  name: string,
  evaluator: Evaluator,
  use: SyntaxNode | undefined,
  user: Module | undefined,
): Value {
  const { module, frame } = holder;
  // Later ones win.
  for (const property of children(holder.node, 'properties').toReversed()) {
    if (property.type === 'SpreadElement') {
      const spread = evaluator.value(child(property, 'argument'), module, frame);
      const value = evaluator.property(spread, name, use, user);
      if (value.kind !== 'unknown') return value;
    } else if (
      property['computed'] !== true &&
      (nameOf(child(property, 'key')) ?? textOf(child(property, 'key'))) === name
    ) {
      if (property.type !== 'ObjectMethod') return evaluator.value(child(property, 'value'), module, frame);
      return method({ kind: 'function', node: property, module, frame }, evaluator);
    }
  }
  return UNKNOWN;
}

function ofClass({ node, module }: Held<'instance'> | Held<'class'>, name: string, evaluator: Evaluator): Value {
  const members = children(child(node, 'body') ?? node, 'body').filter(
    (member) => (nameOf(child(member, 'key')) ?? nameOf(child(child(member, 'key') ?? member, 'id'))) === name,
  );
  const values = members.map((member): Value => {
    if (!isFunction(member)) return evaluator.value(child(member, 'value'), module, undefined);
    return method({ kind: 'function', node: member, module, frame: undefined }, evaluator);
  });
  const assigned = (module.assigned.get(`this.${name}`) ?? [])
    .filter((right) => right.start >= node.start && right.end <= node.end)
    .map((right) => evaluator.value(right, module, undefined));
  return choice([...assigned, ...values], false);
}

/** A getter is what it returns. */
function method(value: Held<'function'>, evaluator: Evaluator): Value {
  return value.node['kind'] === 'get' ? resultOf(value, [], evaluator) : value;
}

function ofJson(json: unknown, name: string, file: string): Value {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, name))
    return name === 'default' ? { kind: 'json', json, file } : UNKNOWN;
  return { kind: 'json', json: (json as Record<string, unknown>)[name], file };
}
