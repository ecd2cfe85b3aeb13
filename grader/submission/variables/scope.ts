import { child, nameOf, walk, type SyntaxNode } from '../../platform/syntax.ts';
import type { Evaluator } from './evaluator.ts';
import { isFunction, type Binding, type Module } from './module.ts';
import { choice, UNKNOWN, type Frame, type Held, type Value } from './value.ts';

/** What a function of the submission returns. @param given the values of its arguments, which are asked for only when used */
export function resultOf(
  { node, module, frame }: Held<'function'>,
  given: readonly (() => Value)[],
  evaluator: Evaluator,
): Value {
  const inner: Frame = { node, arguments: given, outer: frame };
  const body = child(node, 'body');
  if (body === undefined) return UNKNOWN;
  if (body.type !== 'BlockStatement') return evaluator.value(body, module, inner);
  return choice(
    returns(body).map((one) => evaluator.value(one, module, inner)),
    false,
  );
}

/** What the `return`s of a function's body give back, without those of functions in it. */
function returns(body: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  walk(body, ({ node }) => {
    if (isFunction(node)) return false;
    const value = node.type === 'ReturnStatement' ? child(node, 'argument') : undefined;
    if (value !== undefined) found.push(value);
    return undefined;
  });
  return found.slice(0, 10);
}

/** What a name stands for at a place: the innermost declaration around it. */
export function bindingAt(module: Module, name: string, use: SyntaxNode): Binding | undefined {
  let best: Binding | undefined;
  for (const binding of module.bindings.get(name) ?? []) {
    const { start, end } = binding.scope;
    if (start > use.start || end < use.end) continue;
    if (best === undefined || end - start <= best.scope.end - best.scope.start) best = binding;
  }
  return best;
}

/** Whether a function is what its module exports as a whole. */
export function isDefault(of: SyntaxNode, name: string | undefined, module: Module): boolean {
  const found = module.exports.get('default');
  const nodes = [...module.whole, ...(found !== undefined && 'node' in found ? [found.node] : [])];
  return nodes.some((node) => node === of || (name !== undefined && nameOf(node) === name));
}

/** The class whose method or property a place is in. */
export function classAround(module: Module, use: SyntaxNode, frame: Frame | undefined): Value {
  let best: SyntaxNode | undefined;
  for (const bindings of module.bindings.values()) {
    for (const { source } of bindings) {
      if (source.kind !== 'definition' || source.node.type !== 'ClassDeclaration') continue;
      const { node } = source;
      if (node.start <= use.start && node.end >= use.end && (best === undefined || node.start > best.start))
        best = node;
    }
  }
  return best === undefined ? UNKNOWN : { kind: 'instance', node: best, module, frame };
}
