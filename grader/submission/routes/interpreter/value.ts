import type { SyntaxNode } from '../../../platform/syntax.ts';
import type { Router } from '../router.ts';
import type { Frame, Scope } from './scope.ts';

/** What an expression may be, as far as reading shows. Numbers count as text; most else is unknown. */
export type Value = Unknown | Text | List | Obj | Closure | Class | Native | RouterValue;

export interface Unknown {
  kind: 'unknown';
  /** How the source calls it, such as `passport.authenticate`. */
  name: string | undefined;
}
export interface Text {
  kind: 'text';
  text: string;
}
export interface List {
  kind: 'list';
  items: Value[];
}
export interface Obj {
  kind: 'object';
  properties: Properties;
  /** Set for what `new` made. */
  class: Class | undefined;
}
/** A function of the source. */
export interface Closure {
  kind: 'closure';
  node: SyntaxNode;
  scope: Scope;
  name: string | undefined;
  properties: Properties;
  /** Somebody called it, or took it as a handler of requests. */
  used: boolean;
}
export interface Class {
  kind: 'class';
  node: SyntaxNode;
  scope: Scope;
  parent: Value | undefined;
  properties: Properties;
}
/** A function of a library or of the language whose meaning we know. */
export interface Native {
  kind: 'native';
  name: string;
  call(args: readonly Argument[], site: Site, interpreter: Interpreter): Value;
  properties: Properties;
}
/** An app or a router of a framework. */
export interface RouterValue {
  kind: 'router';
  router: Router;
  /** What the framework's methods do. */
  member(name: string): Native | undefined;
  properties: Properties;
}

/** Values by name; a function is called when the value is asked for. */
export type Properties = Map<string, Value | (() => Value)>;

export interface Argument {
  value: Value;
  /** Undefined for one that was spread from a list. */
  node: SyntaxNode | undefined;
}

/** Where a call stands. */
export interface Site {
  file: string;
  line: number;
}

/** What the parts that evaluate may ask of the whole. */
export interface Interpreter {
  /** Counts one step; false once there were too many, and everything is unknown from then on. */
  step(): boolean;
  evaluate(node: SyntaxNode, scope: Scope): Value;
  call(callee: Value, args: readonly Argument[], site: Site, self?: Value): Value;
  construct(callee: Value, args: readonly Argument[], site: Site): Value;
  member(object: Value, name: string): Value;
  /** The parent's constructor, for the object that is being made. */
  callSuper(frame: Frame, args: readonly Argument[]): Value;
  /** What `require(specifier)` gives in a file: a module of the sources, a framework, or something unknown. */
  require(specifier: string, file: string): Value;
  /** Files and folders directly in a folder of the sources. */
  list(folder: string): string[];
  /** A function that exists from now on; it may be called at the end if nobody did. */
  noteClosure(closure: Closure): void;
  noteRouter(router: Router): void;
}

/** Longest text that is followed. */
const MAX_TEXT = 2000;

export const UNKNOWN: Unknown = { kind: 'unknown', name: undefined };

export function named(name: string | undefined): Unknown {
  return name === undefined || name.length > 80 ? UNKNOWN : { kind: 'unknown', name };
}

export function text(value: string): Value {
  return value.length > MAX_TEXT ? UNKNOWN : { kind: 'text', text: value };
}

export function object(properties: Record<string, Value | (() => Value)> = {}): Obj {
  return { kind: 'object', properties: new Map(Object.entries(properties)), class: undefined };
}

export function native(name: string, call: Native['call'], properties: Record<string, Value> = {}): Native {
  return { kind: 'native', name, call, properties: new Map(Object.entries(properties)) };
}

/** The value of a property; undefined where there is none. */
export function property(properties: Properties, name: string): Value | undefined {
  const found = properties.get(name);
  return typeof found === 'function' ? found() : found;
}

/** The text that a value is; undefined for any other. */
export function textOf(value: Value | undefined): string | undefined {
  return value?.kind === 'text' ? value.text : undefined;
}

/** The texts of a text or of a list of them. */
export function textsOf(value: Value | undefined): string[] {
  if (value?.kind === 'list') return value.items.flatMap(textsOf);
  const one = textOf(value);
  return one === undefined ? [] : [one];
}

/** What `import x from` gives of a module's exports. */
export function defaultOf(exports: Value): Value {
  return (exports.kind === 'object' ? property(exports.properties, 'default') : undefined) ?? exports;
}
