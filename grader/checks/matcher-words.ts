import { isOperators, operatorNamed } from './matcher-operators.ts';

const MAX_PREVIEW_CHARS = 400;
const MAX_WORDS_CHARS = 600;
const MAX_DEPTH = 6;

/** A matcher as an English phrase: `an object with id: an id, title: "milk"`. Bounded. */
export function inWords(matcher: unknown): string {
  return cut(phrase(matcher, 0), MAX_WORDS_CHARS);
}

/** A value from a submission on one line, bounded in length, depth and work. */
export function preview(value: unknown): string {
  if (value === undefined) return 'nothing (it is not there)';
  return cut(json(value, 0, { left: MAX_PREVIEW_CHARS }), MAX_PREVIEW_CHARS + 40);
}

function phrase(matcher: unknown, depth: number): string {
  if (depth > MAX_DEPTH) return '…';
  if (isOperators(matcher)) {
    return Object.entries(matcher)
      .map(([name, operand]) =>
        name === '$equals'
          ? `exactly ${preview(operand)}`
          : (operatorNamed(name)?.words(operand, (part) => phrase(part, depth + 1)) ?? name),
      )
      .join(' and ');
  }
  if (Array.isArray(matcher)) return `[${matcher.map((item) => phrase(item, depth + 1)).join(', ')}]`;
  if (matcher !== null && typeof matcher === 'object') {
    const keys = Object.entries(matcher).map(([key, wanted]) => `${key}: ${phrase(wanted, depth + 1)}`);
    return keys.length === 0 ? 'an object' : `an object with ${keys.join(', ')}`;
  }
  return JSON.stringify(matcher) ?? 'nothing';
}

/** Like JSON.stringify, which overflows the stack on a value nested too deeply. */
function json(value: unknown, depth: number, budget: { left: number }): string {
  if (value === null || typeof value !== 'object')
    return spend(typeof value === 'string' ? quote(value) : String(value), budget);
  const brackets = Array.isArray(value) ? '[]' : '{}';
  if (depth >= MAX_DEPTH) return spend(`${brackets[0]}…${brackets[1]}`, budget);
  const keys = Object.keys(value);
  const parts: string[] = [];
  for (const key of keys) {
    if (budget.left <= 0) break;
    const name = Array.isArray(value) ? '' : `${spend(quote(key), budget)}:`;
    parts.push(name + json((value as Record<string, unknown>)[key], depth + 1, budget));
  }
  if (parts.length < keys.length) parts.push('…');
  return `${brackets[0]}${parts.join(',')}${brackets[1]}`;
}

function quote(text: string): string {
  return JSON.stringify(cut(text, MAX_PREVIEW_CHARS));
}

function spend(text: string, budget: { left: number }): string {
  budget.left -= text.length + 1;
  return text;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
