import { RE2JS } from 're2js';
import { at } from '../target/template.ts';
import type { Matching } from './matcher.ts';

/** Most characters of a text that a regular expression looks at. */
const MAX_MATCHED_CHARS = 100_000;
/** Deeper values never count as equal. */
const MAX_EQUAL_DEPTH = 60;

/** One `$name` of the matcher language. */
interface Operator {
  /** What its operand is: one matcher, a list of matchers, a regular expression, or plain data. */
  takes: 'matcher' | 'matchers' | 'regex' | 'data';
  /** What is wrong with an operand that takes data; undefined when nothing is. */
  problem?(operand: unknown): string | undefined;
  /** What should be true, after "should be". */
  words(operand: unknown, phrase: (matcher: unknown) => string): string;
  /** Whether it holds; nothing when it has noted the mismatches itself. */
  compare(operand: unknown, value: unknown, path: string, matching: Matching): boolean | void;
}

/** Whether a part of a matcher is operators: an object, not empty, each key of which starts with `$`. */
export function isOperators(matcher: unknown): matcher is Record<string, unknown> {
  if (matcher === null || typeof matcher !== 'object' || Array.isArray(matcher)) return false;
  const keys = Object.keys(matcher);
  return keys.length > 0 && keys.every((key) => key.startsWith('$'));
}

/** The operator of that name. */
export function operatorNamed(name: string): Operator | undefined {
  return Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
}

/** What is wrong with a regular expression; undefined when nothing is. */
export function regexProblem(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return 'a regular expression is text';
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return `not a regular expression of RE2: ${(error as Error).message}`;
  }
}

const OPERATORS: Record<string, Operator> = {
  $type: {
    takes: 'data',
    problem: (operand) =>
      list(operand).every((type) => typeof type === 'string' && Object.hasOwn(TYPES, type))
        ? undefined
        : `$type is one of ${Object.keys(TYPES).join(', ')}, or a list of them`,
    words: (operand) =>
      list(operand)
        .map((type) => TYPES[String(type)]?.words ?? String(type))
        .join(' or '),
    compare: (operand, value) => list(operand).some((type) => TYPES[String(type)]?.test(value)),
  },
  $matches: {
    takes: 'regex',
    words: (operand) => `text that matches /${operand}/`,
    compare: (operand, value, _path, matching) =>
      typeof value === 'string' && matching.regex(String(operand)).test(value.slice(0, MAX_MATCHED_CHARS)),
  },
  $contains: {
    takes: 'matcher',
    words: (operand, phrase) =>
      `${typeof operand === 'string' ? 'text or ' : ''}a list that contains ${phrase(operand)}`,
    compare: (operand, value, _path, matching) =>
      typeof value === 'string'
        ? typeof operand === 'string' && value.includes(operand)
        : Array.isArray(value) && value.some((item) => matching.holds(operand, item)),
  },
  $length: {
    takes: 'matcher',
    words: (operand, phrase) => `of length ${phrase(operand)}`,
    compare(operand, value, path, matching) {
      if (typeof value !== 'string' && !Array.isArray(value)) return false;
      matching.match(operand, value.length, `${path}.length`);
    },
  },
  $gt: comparison('more than', (value, bound) => value > bound),
  $gte: comparison('at least', (value, bound) => value >= bound),
  $lt: comparison('less than', (value, bound) => value < bound),
  $lte: comparison('at most', (value, bound) => value <= bound),
  $not: {
    takes: 'matcher',
    words: (operand, phrase) => `anything but ${phrase(operand)}`,
    compare: (operand, value, _path, matching) => !matching.holds(operand, value),
  },
  $any: {
    takes: 'matchers',
    words: (operand: unknown[], phrase) => operand.map(phrase).join(' or '),
    compare: (operand: unknown[], value, _path, matching) => operand.some((matcher) => matching.holds(matcher, value)),
  },
  $all: {
    takes: 'matchers',
    words: (operand: unknown[], phrase) => operand.map(phrase).join(' and '),
    compare(operand: unknown[], value, path, matching) {
      for (const matcher of operand) matching.match(matcher, value, path);
    },
  },
  $every: {
    takes: 'matcher',
    words: (operand, phrase) => `a list of which every item is ${phrase(operand)}`,
    compare(operand, value, path, matching) {
      if (!Array.isArray(value)) return false;
      value.forEach((item, i) => matching.match(operand, item, `${path}[${i}]`));
    },
  },
  $unordered: {
    takes: 'matchers',
    words: (operand: unknown[], phrase) =>
      `a list of ${operand.length}, in any order: ${operand.map(phrase).join(', ')}`,
    compare: (operand: unknown[], value, _path, matching) => Array.isArray(value) && pairUp(operand, value, matching),
  },
  $absent: {
    takes: 'data',
    problem: flagProblem,
    words: (operand) => (operand ? 'nothing: it must not be there' : 'there'),
    compare: (operand, value) => (value === undefined) === operand,
  },
  $exists: {
    takes: 'data',
    problem: flagProblem,
    words: (operand) => (operand ? 'there' : 'nothing: it must not be there'),
    compare: (operand, value) => (value !== undefined) === operand,
  },
  $oneOf: {
    takes: 'data',
    problem: (operand) => (Array.isArray(operand) && operand.length > 0 ? undefined : '$oneOf is a list of values'),
    words: (operand: unknown[]) => `one of ${operand.map((item) => JSON.stringify(item)).join(', ')}`,
    compare: (operand: unknown[], value) => operand.some((item) => deepEqual(item, value)),
  },
  $equals: {
    takes: 'data',
    words: (_operand, phrase) => phrase(_operand),
    compare: (operand, value) => deepEqual(operand, value),
  },
  $alike: {
    takes: 'data',
    problem: (operand) => (typeof operand === 'string' ? undefined : '$alike is a text'),
    words: (operand, phrase) => `in the same words as ${phrase(operand)}`,
    compare: (operand, value) => typeof value === 'string' && wording(value) === wording(String(operand)),
  },
  $sorted: {
    takes: 'data',
    problem: sortedProblem,
    words: ({ by, order }: SortOperand) =>
      `a list sorted${by ? ` by ${by}` : ''}, ${order === 'desc' ? 'greatest' : 'least'} first`,
    compare: ({ by, order }: SortOperand, value) =>
      Array.isArray(value) &&
      isSorted(
        value.map((item) => (by ? at(item, by) : item)),
        order === 'desc' ? -1 : 1,
      ),
  },
  $json: {
    takes: 'matcher',
    words: (operand, phrase) => `JSON: ${phrase(operand)}`,
    compare(operand, value, path, matching) {
      if (typeof value !== 'string') return false;
      let parsed: unknown;
      try {
        parsed = JSON.parse(value);
      } catch {
        return false;
      }
      matching.match(operand, parsed, `${path}.json`);
    },
  },
  $lines: {
    takes: 'matcher',
    words: (operand, phrase) => `lines of text: ${phrase(operand)}`,
    compare(operand, value, path, matching) {
      if (typeof value !== 'string') return false;
      const lines = value.split(/\r?\n/).map((line) => line.trimEnd());
      while (lines.at(-1) === '') lines.pop();
      matching.match(operand, lines, `${path}.lines`);
    },
  },
};

/** What `$type` knows. The formats are loose on purpose: they tell a date from a name, they don't validate. */
const TYPES: Record<string, { words: string; test(value: unknown): boolean }> = {
  string: { words: 'text', test: (value) => typeof value === 'string' },
  number: { words: 'a number', test: (value) => typeof value === 'number' },
  integer: { words: 'a whole number', test: (value) => Number.isInteger(value) },
  boolean: { words: 'true or false', test: (value) => typeof value === 'boolean' },
  object: { words: 'an object', test: (value) => value !== null && typeof value === 'object' && !Array.isArray(value) },
  array: { words: 'a list', test: (value) => Array.isArray(value) },
  null: { words: 'null', test: (value) => value === null },
  id: {
    words: 'an id (a number, or text that is not empty)',
    test: (value) => typeof value === 'number' || (typeof value === 'string' && value !== ''),
  },
  date: {
    words: 'a date such as 2030-01-31T12:00:00Z',
    test: (value) => isText(value, 40, /^\d{4}-\d{2}-\d{2}/) && !Number.isNaN(Date.parse(value)),
  },
  email: { words: 'an e-mail address', test: (value) => isText(value, 320, /^[^@\s]+@[^@\s]+$/) },
  url: { words: 'a URL', test: (value) => isText(value, 2048, /^https?:/) && URL.canParse(value) },
  jwt: {
    words: 'a JSON Web Token (three parts with dots between)',
    test: (value) => isText(value, 16_384, /^[\w-]+\.[\w-]+\.[\w-]*$/),
  },
};

interface SortOperand {
  by?: string;
  order?: 'asc' | 'desc';
}

function isText(value: unknown, maxLength: number, pattern: RegExp): value is string {
  return typeof value === 'string' && value.length <= maxLength && pattern.test(value);
}

function list(operand: unknown): unknown[] {
  return Array.isArray(operand) ? operand : [operand];
}

function flagProblem(operand: unknown): string | undefined {
  return typeof operand === 'boolean' ? undefined : 'it is true or false';
}

function comparison(words: string, holds: (value: number, bound: number) => boolean): Operator {
  return {
    takes: 'data',
    problem: (operand) => (typeof operand === 'number' ? undefined : 'it is compared with a number'),
    words: (operand) => `a number, ${words} ${operand}`,
    compare: (operand, value) => typeof value === 'number' && typeof operand === 'number' && holds(value, operand),
  };
}

function sortedProblem(operand: unknown): string | undefined {
  const good =
    operand !== null &&
    typeof operand === 'object' &&
    Object.entries(operand).every(([key, value]) =>
      key === 'by' ? typeof value === 'string' : key === 'order' && (value === 'asc' || value === 'desc'),
    );
  return good ? undefined : '$sorted looks like { by: price, order: asc }';
}

/** Text may be sorted by code unit or the way people sort it: databases differ. */
function isSorted(keys: unknown[], sign: 1 | -1): boolean {
  if (keys.every((key) => typeof key === 'number')) return isOrdered(keys, (a, b) => sign * (a - b));
  if (!keys.every((key) => typeof key === 'string')) return false;
  const collator = new Intl.Collator('en');
  return (
    isOrdered(keys, (a, b) => sign * (a < b ? -1 : a > b ? 1 : 0)) ||
    isOrdered(keys, (a, b) => sign * collator.compare(a, b))
  );
}

function isOrdered<Key>(keys: readonly Key[], compare: (a: Key, b: Key) => number): boolean {
  return keys.slice(1).every((key, i) => compare(keys[i] as Key, key) <= 0);
}

/** Whether each matcher can have an item of its own (Kuhn's augmenting paths; lists here are short). */
function pairUp(matchers: unknown[], items: unknown[], matching: Matching): boolean {
  if (matchers.length !== items.length) return false;
  const ownerOf = new Map<number, number>();
  const fits = matchers.map((matcher) => items.map((item) => matching.holds(matcher, item)));
  const assign = (matcher: number, seen: Set<number>): boolean =>
    items.some((_item, i) => {
      if (!fits[matcher]?.[i] || seen.has(i)) return false;
      seen.add(i);
      const owner = ownerOf.get(i);
      if (owner !== undefined && !assign(owner, seen)) return false;
      ownerOf.set(i, matcher);
      return true;
    });
  return matchers.every((_matcher, i) => assign(i, new Set()));
}

function deepEqual(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (depth > MAX_EQUAL_DEPTH || a === null || b === null || typeof a !== 'object' || typeof b !== 'object')
    return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        deepEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], depth + 1),
    )
  );
}

/** A line of a stack trace, as text, inside JSON, or in the HTML that Express makes of it. */
const STACK_LINE = /(?:\n|\\n)\s+at (?:(?!\\n)[^\n"])*|<br>\s*(?:&nbsp;\s*)+at [^<]*/g;
/** Ids, times and counts: every run of characters that has a digit in it. */
const WITH_DIGIT = /[\w-]*\d[\w:.-]*/g;

/** A text without what changes from one answer to the next: ids, times, numbers, and stack traces, which differ by what was going on. */
function wording(text: string): string {
  return text.slice(0, MAX_MATCHED_CHARS).replaceAll(STACK_LINE, '').replaceAll(WITH_DIGIT, '#');
}
