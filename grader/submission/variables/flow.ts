import type { SyntaxNode } from '../../platform/syntax.ts';
import type { Evaluator } from './evaluator.ts';
import { expressionValue } from './expressions.ts';
import type { Module } from './module.ts';
import type { Program } from './program.ts';
import { propertyValue } from './properties.ts';
import { UNKNOWN, type Frame, type Value } from './value.ts';

/** Steps of one question, and of all questions about an app; then nothing more is known. */
const MAX_STEPS = 2000;
const MAX_ALL_STEPS = 400_000;
/** Expressions, and properties, that are looked into at once; JavaScript's own stack must hold them. */
const MAX_DEPTH = 60;

/** Finds out what expressions may be, by following names, properties, imports and calls. Runs nothing. */
export class Flow {
  readonly program: Program;
  readonly #evaluator: BoundedEvaluator;
  readonly #known = new Map<SyntaxNode, Value>();

  constructor(program: Program) {
    this.program = program;
    this.#evaluator = new BoundedEvaluator(program);
  }

  /** What an expression of `module` may be. */
  evaluate(node: SyntaxNode | undefined, module: Module): Value {
    if (node === undefined) return UNKNOWN;
    let value = this.#known.get(node);
    if (value === undefined) {
      this.#evaluator.ask();
      value = this.#evaluator.value(node, module, undefined);
      this.#known.set(node, value);
    }
    return value;
  }

  /** The value of a property, and of one below it: `property(object, 'socket', 'port')`. */
  property(value: Value, ...path: readonly string[]): Value {
    this.#evaluator.ask();
    return path.reduce((holder, name) => this.#evaluator.property(holder, name), value);
  }
}

/** Keeps the bounds: the code may go in circles, or be made to take long. */
class BoundedEvaluator implements Evaluator {
  readonly program: Program;
  readonly #active = new Set<SyntaxNode>();
  #holders = 0;
  #steps = 0;
  #all = 0;

  constructor(program: Program) {
    this.program = program;
  }

  /** Begins another question. */
  ask(): void {
    this.#steps = 0;
  }

  value(node: SyntaxNode | undefined, module: Module, frame: Frame | undefined): Value {
    if (node === undefined || this.#active.has(node) || this.#active.size > MAX_DEPTH) return UNKNOWN;
    if (++this.#steps > MAX_STEPS || ++this.#all > MAX_ALL_STEPS) return UNKNOWN;
    this.#active.add(node);
    try {
      return expressionValue(node, module, frame, this);
    } finally {
      this.#active.delete(node);
    }
  }

  property(holder: Value, name: string, use?: SyntaxNode, user?: Module): Value {
    if (++this.#steps > MAX_STEPS || this.#holders > MAX_DEPTH) return UNKNOWN;
    this.#holders += 1;
    try {
      return propertyValue(holder, name, this, use, user);
    } finally {
      this.#holders -= 1;
    }
  }
}
