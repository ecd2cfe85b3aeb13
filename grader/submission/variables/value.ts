import type { SyntaxNode } from '../../platform/syntax.ts';
import type { Module } from './module.ts';

/** Where something stands in the sources. */
export interface Place {
  file: string;
  line: number;
}

/** What an expression may be when the app runs, as far as its text tells. */
export type Value =
  | { kind: 'text'; text: string; at: Place }
  | { kind: 'read'; name: string; at: Place }
  /** `process.env` itself. */
  | { kind: 'env' }
  /** A text put together. */
  | { kind: 'joined'; parts: readonly Value[] }
  /** One of several. `ordered`: the first that is set, as with `||`; otherwise any. */
  | { kind: 'choice'; options: readonly Value[]; ordered: boolean }
  /** A text in another coding. */
  | { kind: 'decoded'; from: 'base64'; value: Value }
  | Held<'object'>
  | Held<'array'>
  | Held<'function'>
  | Held<'class'>
  | Held<'instance'>
  | { kind: 'exports'; module: Module }
  | { kind: 'json'; json: unknown; file: string }
  /** What a package exports, by the way from its root: `pg` and `['Pool']`. `called`: what comes of calling it. */
  | { kind: 'package'; name: string; path: readonly string[]; called: boolean }
  | { kind: 'unknown' };

/** What is made by an expression of the submission, and looked into only when asked. */
export interface Held<Kind extends string> {
  kind: Kind;
  node: SyntaxNode;
  module: Module;
  frame: Frame | undefined;
}

/** A call of a function of the submission: what its parameters are bound to. */
export interface Frame {
  node: SyntaxNode;
  arguments: readonly (() => Value)[];
  outer: Frame | undefined;
}

export const UNKNOWN: Value = { kind: 'unknown' };
const MAX_ALTERNATIVES = 16;

/** One of several values; flat, and without what is not known. */
export function choice(options: readonly Value[], ordered: boolean): Value {
  const known = options.filter((option) => option.kind !== 'unknown');
  if (known.length <= 1) return known[0] ?? UNKNOWN;
  return { kind: 'choice', options: known, ordered };
}

/** What a package exports; `process.env` is the environment, and the rest of `process` is not known. */
export function packageValue(value: Extract<Value, { kind: 'package' }>): Value {
  const [first] = value.path;
  if (value.name === 'process' && first === 'env') return { kind: 'env' };
  if (value.name === 'process' && (first === 'argv' || value.path.length > 1)) return UNKNOWN;
  return value;
}

/** A piece of a text. `unknown` stands for what could not be found out. */
export type Atom = Extract<Value, { kind: 'text' | 'read' | 'unknown' }>;

/** All texts that a value may be, each as its pieces; at most 16. */
export function texts(value: Value): Atom[][] {
  switch (value.kind) {
    case 'text':
    case 'read':
      return [[value]];
    case 'decoded':
      return texts(value.value);
    case 'choice':
      return value.options.flatMap(texts).slice(0, MAX_ALTERNATIVES);
    case 'joined':
      return value.parts.reduce<Atom[][]>(
        (sofar, part) => {
          const next = texts(part);
          return sofar.flatMap((head) => next.map((tail) => [...head, ...tail])).slice(0, MAX_ALTERNATIVES);
        },
        [[]],
      );
    case 'json':
      return ['string', 'number'].includes(typeof value.json)
        ? [[{ kind: 'text', text: String(value.json), at: { file: value.file, line: 1 } }]]
        : [[UNKNOWN as Atom]];
    default:
      return [[UNKNOWN as Atom]];
  }
}

/**
 * The texts that are taken where every variable is set that `isSet` says: `process.env.X || 'a'` is X
 * where X is set, and `a` where it is not.
 */
export function takenTexts(value: Value, isSet: (name: string) => boolean): Atom[][] {
  if (value.kind === 'choice') {
    if (!value.ordered) return value.options.flatMap((option) => takenTexts(option, isSet)).slice(0, MAX_ALTERNATIVES);
    const first = value.options.find((option) =>
      texts(option).some((atoms) => atoms.every((atom) => isThere(atom, isSet))),
    );
    return first === undefined ? [] : takenTexts(first, isSet);
  }
  if (value.kind === 'decoded') return takenTexts(value.value, isSet);
  if (value.kind === 'joined') return texts({ ...value, parts: value.parts.map((part) => joinable(part, isSet)) });
  return texts(value);
}

function joinable(part: Value, isSet: (name: string) => boolean): Value {
  const [first] = takenTexts(part, isSet);
  return first === undefined ? UNKNOWN : { kind: 'joined', parts: first };
}

function isThere(atom: Atom, isSet: (name: string) => boolean): boolean {
  return atom.kind === 'text' || (atom.kind === 'read' && isSet(atom.name));
}

/** The variables that a value is made of. */
export function readsOf(value: Value): Extract<Value, { kind: 'read' }>[] {
  return texts(value)
    .flat()
    .flatMap((atom) => (atom.kind === 'read' ? [atom] : []));
}
