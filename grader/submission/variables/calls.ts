import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import type { Evaluator } from './evaluator.ts';
import { isMember, memberName, pathOf, textOf, type Module } from './module.ts';
import { requiredValue } from './names.ts';
import { requiredBy } from './program.ts';
import { resultOf } from './scope.ts';
import { isConstant, isSettings, SETTING_GETTER, settingValue } from './settings.ts';
import { choice, texts, UNKNOWN, type Frame, type Value } from './value.ts';

/** Give back what they are given, or a reading of it. */
const CONVERSIONS = new Set([
  'Number',
  'parseInt',
  'parseFloat',
  'String',
  'BigInt',
  'Object.freeze',
  'Object.seal',
  'structuredClone',
  'Number.parseInt',
  'Number.parseFloat',
  'encodeURIComponent',
  'createSecretKey',
  'createPrivateKey',
  'createPublicKey',
  'importPKCS8',
  'importSPKI',
  'encode',
]);
/** Methods of libraries that check an environment and give it back. */
const VALIDATORS =
  /^(parse|safeParse|parseAsync|validate|validateSync|validateAsync|attempt|assert|cast|cleanEnv|envsafe|createEnv|parseEnv|load|check|decode|create|envSchema|makeValidator)$/;

/** A call of a method: `holder.name(…given)`. */
interface MethodCall {
  node: SyntaxNode;
  object: SyntaxNode | undefined;
  name: string | undefined;
  given: readonly SyntaxNode[];
}

/** What a call gives back. */
export function callValue(node: SyntaxNode, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value {
  const callee = child(node, 'callee');
  const required = requiredBy(node);
  if (required !== undefined) return requiredValue(module, required, evaluator);
  const given = children(node, 'arguments');
  const argument = (index: number) => evaluator.value(given[index], module, frame);
  const way = pathOf(callee)?.join('.') ?? '';
  const object = callee && isMember(callee) ? child(callee, 'object') : undefined;
  const name = callee && isMember(callee) ? memberName(callee) : nameOf(callee);
  if (CONVERSIONS.has(way) || (name !== undefined && CONVERSIONS.has(name))) return argument(0);
  if (way === 'Buffer.from')
    return textOf(given[1]) === 'base64' ? { kind: 'decoded', from: 'base64', value: argument(0) } : argument(0);
  if (way === 'Object.assign')
    return choice(
      given.map((_, index) => argument(index)),
      false,
    );
  const method = () => methodValue({ node, object, name, given }, module, frame, evaluator);
  if (object !== undefined && isSettings(pathOf(object)) && SETTING_GETTER.test(name ?? '')) return method();
  const target = evaluator.value(callee, module, frame);
  if (target.kind === 'function')
    return resultOf(
      target,
      given.map((_, index) => () => argument(index)),
      evaluator,
    );
  if (name !== undefined && (VALIDATORS.test(name) || target.kind === 'package')) {
    const values = given.map((_, index) => argument(index));
    if (values.some((one) => holdsEnv(one, evaluator))) return { kind: 'env' };
  }
  if (target.kind === 'package') return { ...target, called: true };
  if (object !== undefined) return method();
  const key = textOf(given[0]) ?? '';
  return isConstant(key) && /env|config|setting|require/i.test(name ?? '')
    ? evaluator.property({ kind: 'env' }, key, node, module)
    : UNKNOWN;
}

/** What `new` makes. */
export function newValue(node: SyntaxNode, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value {
  const target = evaluator.value(child(node, 'callee'), module, frame);
  if (target.kind === 'class') return { ...target, kind: 'instance' };
  if (target.kind === 'package') return { ...target, called: true };
  const [first] = children(node, 'arguments');
  return nameOf(child(node, 'callee')) === 'URL' ? evaluator.value(first, module, frame) : UNKNOWN;
}

/** `process.env`, or options with it: `{ runtimeEnv: process.env }`. */
function holdsEnv(value: Value, evaluator: Evaluator): boolean {
  if (value.kind === 'env') return true;
  return (
    value.kind === 'object' &&
    children(value.node, 'properties').some((property) => {
      const inner = property.type === 'SpreadElement' ? child(property, 'argument') : child(property, 'value');
      return inner !== undefined && (inner.type === 'MemberExpression' || inner.type === 'Identifier')
        ? evaluator.value(inner, value.module, value.frame).kind === 'env'
        : false;
    })
  );
}

function methodValue(call: MethodCall, module: Module, frame: Frame | undefined, evaluator: Evaluator): Value {
  const { node, object, name, given } = call;
  const holder = evaluator.value(object, module, frame);
  const key = textOf(given[0]);
  // Settings by name: config.get('DATABASE_URL'), config.getOrThrow('database.host'), env.get('PORT').
  if (key !== undefined && SETTING_GETTER.test(name ?? '')) {
    const found = settingValue(key, { holder, object, node, module }, evaluator);
    const fallback = evaluator.value(given[1], module, frame);
    return texts(fallback).some((atoms) => atoms[0]?.kind === 'text') ? choice([found, fallback], true) : found;
  }
  // What a text is made into is still that text: `.trim()`, `.replace(…)`.
  return ['package', 'function', 'exports'].includes(holder.kind) ? UNKNOWN : holder;
}
