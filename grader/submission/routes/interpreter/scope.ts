import { UNKNOWN, type Class, type Value } from './value.ts';

/** One call of a function, or one module. */
export interface Frame {
  /** The file that its code stands in. */
  file: string;
  self: Value;
  /** The class that a method is of. */
  home?: Class | undefined;
  returned: Value[];
}

/** Names that are visible at a place. */
export class Scope {
  readonly frame: Frame;
  readonly #parent: Scope | undefined;
  readonly #values = new Map<string, Value | (() => Value)>();

  constructor(parent: Scope | undefined, frame: Frame) {
    this.#parent = parent;
    this.frame = frame;
  }

  /** A function as value is called at the first use of the name, and only then. */
  declare(name: string, value: Value | (() => Value)): void {
    this.#values.set(name, value);
  }

  /** The value of a name; undefined for a name that is not declared. */
  lookup(name: string): Value | undefined {
    const owner = this.#owner(name);
    if (owner === undefined) return undefined;
    const value = owner.#values.get(name);
    if (typeof value !== 'function') return value;
    // A module that needs itself sees what is not there yet as unknown.
    owner.#values.set(name, UNKNOWN);
    const found = value();
    owner.#values.set(name, found);
    return found;
  }

  assign(name: string, value: Value): void {
    (this.#owner(name) ?? this).#values.set(name, value);
  }

  #owner(name: string): Scope | undefined {
    if (this.#values.has(name)) return this;
    return this.#parent === undefined ? undefined : this.#parent.#owner(name);
  }
}
