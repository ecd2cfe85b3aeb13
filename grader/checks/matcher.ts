import { RE2JS } from 're2js';
import { isOperators, operatorNamed } from './matcher-operators.ts';
import { inWords, preview } from './matcher-words.ts';

/**
 * A pattern for JSON, as plain data from a rubric. Scalars match themselves; an object matches when each
 * of its keys does (others are free); an array matches item by item. An object whose keys all start with
 * `$` holds operators (see `matcher-operators.ts`), which must all hold.
 */
export type Matcher = unknown;

/** One place where a value was not what it should be; texts are bounded and ready to show. */
export interface Mismatch {
  /** Such as `body.items[0].id`. */
  path: string;
  expected: string;
  received: string;
}

/** What goes through one comparison. */
export interface Matching {
  readonly mismatches: Mismatch[];
  /** Compares a part with a part of the matcher, noting mismatches under `path`. */
  match(matcher: Matcher, value: unknown, path: string): void;
  /** Whether a part would match; notes nothing. */
  holds(matcher: Matcher, value: unknown): boolean;
  fail(path: string, expected: string, value: unknown): void;
  /** Compiled once for the whole comparison. */
  regex(pattern: string): RE2JS;
}

/** Most mismatches that one comparison tells. */
const MAX_MISMATCHES = 20;
/** Deeper values are not looked into: a hostile answer may be nested a million levels deep. */
const MAX_DEPTH = 60;

/**
 * Compares a value from a submission with a matcher. Never throws on any JSON value; time is linear in
 * the value's size. An `undefined` value stands for "not there".
 *
 * @param path what to call the value in mismatches
 * @returns where it differs; empty when it matches
 */
export function match(matcher: Matcher, value: unknown, path = 'body'): Mismatch[] {
  const matching = new Comparison();
  matching.match(matcher, value, path);
  return matching.mismatches;
}

class Comparison implements Matching {
  readonly mismatches: Mismatch[] = [];
  #depth = 0;
  #regexes = new Map<string, RE2JS>();

  match(matcher: Matcher, value: unknown, path: string): void {
    if (this.#depth >= MAX_DEPTH) return this.fail(path, `at most ${MAX_DEPTH} levels of nesting`, value);
    this.#depth++;
    try {
      this.#dispatch(matcher, value, path);
    } finally {
      this.#depth--;
    }
  }

  holds(matcher: Matcher, value: unknown): boolean {
    const trial = new Comparison();
    trial.#depth = this.#depth;
    trial.#regexes = this.#regexes;
    trial.match(matcher, value, '');
    return trial.mismatches.length === 0;
  }

  fail(path: string, expected: string, value: unknown): void {
    if (this.mismatches.length < MAX_MISMATCHES) this.mismatches.push({ path, expected, received: preview(value) });
  }

  regex(pattern: string): RE2JS {
    const regex = this.#regexes.get(pattern) ?? RE2JS.compile(pattern);
    this.#regexes.set(pattern, regex);
    return regex;
  }

  #dispatch(matcher: Matcher, value: unknown, path: string): void {
    if (isOperators(matcher)) {
      for (const [name, operand] of Object.entries(matcher)) this.#operator(name, operand, value, path);
    } else if (Array.isArray(matcher)) {
      this.#array(matcher, value, path);
    } else if (matcher !== null && typeof matcher === 'object') {
      this.#object(matcher, value, path);
    } else if (matcher !== value) {
      this.fail(path, inWords(matcher), value);
    }
  }

  #operator(name: string, operand: unknown, value: unknown, path: string): void {
    const operator = operatorNamed(name);
    if (!operator) throw new TypeError(`unknown matcher operator ${name}`);
    if (operator.compare(operand, value, path, this) === false) this.fail(path, inWords({ [name]: operand }), value);
  }

  #array(matcher: unknown[], value: unknown, path: string): void {
    if (!Array.isArray(value)) return this.fail(path, inWords(matcher), value);
    if (value.length !== matcher.length) return this.fail(path, `${matcher.length} items: ${inWords(matcher)}`, value);
    matcher.forEach((item, i) => this.match(item, value[i], `${path}[${i}]`));
  }

  #object(matcher: object, value: unknown, path: string): void {
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return this.fail(path, inWords(matcher), value);
    for (const [key, wanted] of Object.entries(matcher)) {
      // Own keys only: `constructor` or `__proto__` of an answer must not be found where it sent none.
      const part = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
      this.match(wanted, part, path === '' ? key : `${path}.${key}`);
    }
  }
}
