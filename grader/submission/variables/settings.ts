import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import type { Evaluator } from './evaluator.ts';
import { pathOf, textOf, type Module } from './module.ts';
import { fileValue } from './names.ts';
import { resultOf } from './scope.ts';
import { choice, texts, UNKNOWN, type Value } from './value.ts';

/** Methods that give a setting by its name. */
export const SETTING_GETTER = /^(get|getOrThrow|getString|getNumber|require|required|env)$/;
const CONSTANT = /^[A-Z](?:[A-Z0-9_]*[A-Z0-9l])?$/;

/** Where a setting is asked for: `object.get(key)`, with what the object may be. */
interface Use {
  holder: Value;
  object: SyntaxNode | undefined;
  node: SyntaxNode;
  module: Module;
}

/** Whether a name is written as variables of the environment are: `DATABASE_URL`. */
export function isConstant(name: string): boolean {
  return CONSTANT.test(name);
}

/** Whether an object holds settings, by its name. */
export function isSettings(way: readonly string[] | undefined): boolean {
  return /^(config|configService|env|settings|nconf)$/i.test(way?.at(-1) ?? '');
}

/** A setting by its name: a variable's (`config.get('PORT')`), a path (`config.get('database.host')`), or one that the app sets. */
export function settingValue(key: string, { holder, object, node, module }: Use, evaluator: Evaluator): Value {
  const isOfSettings = isSettings(pathOf(object));
  if (holder.kind === 'env' || (isOfSettings && isConstant(key)))
    return evaluator.property({ kind: 'env' }, key, node, module);
  const byPath = isOfSettings ? settingByPath(key.split('.'), evaluator) : UNKNOWN;
  if (byPath.kind !== 'unknown') return byPath;
  // app.set('port', …) gives what app.get('port') takes.
  const set = module.calls.filter(
    ({ node: call }) => nameOf(child(call, 'callee')) === 'set' && textOf(children(call, 'arguments')[0]) === key,
  );
  return choice(
    set.slice(0, 5).map(({ node: call }) => evaluator.value(children(call, 'arguments')[1], module, undefined)),
    false,
  );
}

/** `config.get('database.host')` of Nest and of the package config: what the app's settings have at that path. */
function settingByPath(path: readonly string[], evaluator: Evaluator): Value {
  const { program } = evaluator;
  const at = (value: Value, way: readonly string[]) =>
    way.reduce((holder, name) => evaluator.property(holder, name), value);
  const made = (value: Value) => (value.kind === 'function' ? resultOf(value, [], evaluator) : value);
  const [head, ...rest] = path;
  for (const { place, module } of program.callsOf('registerAs')) {
    const [name, make] = children(place.node, 'arguments');
    if (textOf(name) === head) return at(made(evaluator.value(make, module, undefined)), rest);
  }
  const folder = program.folder === '' ? 'config' : `${program.folder}/config`;
  const [named, value] = ['custom-environment-variables', 'default'].map((name) => {
    const [atoms] = texts(at(fileValue(`${folder}/${name}.json`, evaluator), path));
    return atoms?.[0];
  });
  if (named?.kind === 'text' || value?.kind === 'text') {
    const read: Value = named?.kind === 'text' ? { kind: 'read', name: named.text, at: named.at } : UNKNOWN;
    return choice([read, value ?? UNKNOWN], true);
  }
  const modules = program.modules.filter(({ file }) => /config/i.test(file)).slice(0, 20);
  const found = modules.map((module) => at(made(evaluator.property({ kind: 'exports', module }, 'default')), path));
  return choice(found, false);
}
