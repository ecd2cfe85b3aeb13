import { children, type SyntaxNode } from '../../platform/syntax.ts';
import type { Evaluator } from './evaluator.ts';
import type { Binding, Module } from './module.ts';
import { bindingAt, isDefault } from './scope.ts';
import { choice, packageValue, UNKNOWN, type Frame, type Value } from './value.ts';

/** What a name stands for where it is used: its declaration, and what is assigned to it. */
export function nameValue(
  name: string,
  use: SyntaxNode,
  module: Module,
  frame: Frame | undefined,
  evaluator: Evaluator,
): Value {
  const binding = bindingAt(module, name, use);
  if (binding === undefined)
    return name === 'process' ? { kind: 'package', name: 'process', path: [], called: false } : UNKNOWN;
  const declared = bound(binding, module, frame, evaluator);
  const later = module.assigned.get(name)?.map((node) => evaluator.value(node, module, frame)) ?? [];
  return later.length === 0 ? declared : choice([declared, ...later], false);
}

/** What `import { name } from 'from'` gives; `*` is all of it. */
export function importedValue(module: Module, from: string, name: string, evaluator: Evaluator): Value {
  const file = evaluator.program.resolve(module.file, from);
  if (file === undefined) {
    const path = name === 'default' || name === '*' ? [] : [name];
    return packageValue({ kind: 'package', name: from.replace(/^node:/, ''), path, called: false });
  }
  const whole = fileValue(file, evaluator);
  return name === '*' ? whole : evaluator.property(whole, name);
}

/** What `require('specifier')` gives. */
export function requiredValue(module: Module, specifier: string, evaluator: Evaluator): Value {
  const file = evaluator.program.resolve(module.file, specifier);
  if (file === undefined) return importedValue(module, specifier, '*', evaluator);
  const whole = fileValue(file, evaluator);
  if (whole.kind !== 'exports' || whole.module.whole.length === 0) return whole;
  const { module: other } = whole;
  const value = choice(
    other.whole.map((node) => evaluator.value(node, other, undefined)),
    false,
  );
  return value.kind === 'unknown' || (value.kind !== 'object' && other.exports.size > 0) ? whole : value;
}

/** All that a file gives to those who import it: the exports of code, the content of JSON. */
export function fileValue(file: string, { program }: Evaluator): Value {
  if (file.endsWith('.json')) return { kind: 'json', json: parseJson(program.sources.text(file)), file };
  const module = program.module(file);
  return module === undefined ? UNKNOWN : { kind: 'exports', module };
}

function bound({ source }: Binding, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value {
  switch (source.kind) {
    case 'import':
      return importedValue(module, source.from, source.name, evaluator);
    case 'definition':
      return evaluator.value(source.node, module, frame);
    case 'value':
    case 'parameter': {
      const use = source.kind === 'value' ? source.node : source.of;
      const value =
        source.kind === 'value'
          ? evaluator.value(source.node, module, frame)
          : argument(source.of, source.index, module, frame, evaluator);
      const inner = source.path.reduce((holder, name) => evaluator.property(holder, name, use, module), value);
      const { fallback } = source;
      return fallback === undefined ? inner : choice([inner, evaluator.value(fallback, module, frame)], true);
    }
    case 'opaque':
      return UNKNOWN;
  }
}

/** A parameter: what the call at hand gives, else what any call of the function in the app gives. */
function argument(
  of: SyntaxNode,
  index: number,
  module: Module,
  frame: Frame | undefined,
  evaluator: Evaluator,
): Value {
  for (let at = frame; at !== undefined; at = at.outer) if (at.node === of) return at.arguments[index]?.() ?? UNKNOWN;
  const { program } = evaluator;
  const own = module.functions.get(of);
  const names = new Set([
    ...(own === undefined ? [] : [own]),
    ...(isDefault(of, own, module) ? program.namesOfDefault(module) : []),
  ]);
  const calls = [...names].flatMap((name) => program.callsOf(name)).slice(0, 20);
  return choice(
    calls.map((call) => evaluator.value(children(call.place.node, 'arguments')[index], call.module, undefined)),
    false,
  );
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    return undefined;
  }
}
