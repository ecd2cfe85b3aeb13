import { type Matcher, match, type Mismatch } from '../matcher.ts';
import { inWords } from '../matcher-words.ts';

/** As much of one line as is told. */
const TOLD_CHARS = 600;
/** Most mismatches of the nearest line that are told. */
const MAX_TOLD = 6;

/** A pattern for lines of a log: on the line as a JSON object, or as text. */
export interface LineMatcher {
  title: string;
  json?: Matcher;
  text?: Matcher;
  /** How many such lines there should be; one or more when it is not given. */
  count?: Matcher;
}

/** What was seen of one thing, ready to be told. */
export interface Judgement {
  ok: boolean;
  expected: string;
  received: string;
}

/** Whether there are as many lines of that pattern as there should be. */
export function countHolds(wanted: LineMatcher, lines: readonly string[]): boolean {
  return match(wanted.count ?? { $gte: 1 }, matching(wanted, lines).length).length === 0;
}

/** Looks for lines that should be there; where there is none, tells the one that comes nearest. */
export function judgeAppearance(wanted: LineMatcher, lines: readonly string[]): Judgement {
  const found = matching(wanted, lines);
  const expected = `a line: ${described(wanted)}${wanted.count === undefined ? '' : `\nhow many: ${inWords(wanted.count)}`}`;
  if (countHolds(wanted, lines)) return { ok: true, expected, received: cut(found[0] ?? 'none') };
  if (found.length > 0)
    return { ok: false, expected, received: `${found.length} such lines:\n${found.slice(0, 3).map(cut).join('\n')}` };
  return { ok: false, expected, received: nearest(wanted, lines) };
}

/** Looks whether all lines are of that pattern. */
export function judgeEvery(wanted: LineMatcher, lines: readonly string[]): Judgement {
  const wrong = lines.filter((line) => mismatches(wanted, line).length > 0);
  const [first] = wrong;
  return {
    ok: first === undefined,
    expected: `every line: ${described(wanted)}`,
    received:
      first === undefined
        ? `${lines.length} such lines`
        : `${wrong.length} of ${lines.length} lines are not; the first of them:\n${explained(wanted, first)}`,
  };
}

/** Looks whether there is no line of that pattern. */
export function judgeNever(unwanted: LineMatcher, lines: readonly string[]): Judgement {
  const found = matching(unwanted, lines);
  return {
    ok: found.length === 0,
    expected: `no line: ${described(unwanted)}`,
    received:
      found.length === 0 ? `none of ${lines.length} lines` : `${found.length} such lines:\n${cut(found[0] ?? '')}`,
  };
}

function matching(wanted: LineMatcher, lines: readonly string[]): string[] {
  return lines.filter((line) => mismatches(wanted, line).length === 0);
}

function mismatches({ json, text }: LineMatcher, line: string): Mismatch[] {
  if (json === undefined) return match(text, line, 'the line');
  const parsed = parseObject(line);
  return parsed === undefined
    ? [{ path: 'the line', expected: 'a JSON object', received: 'text' }]
    : match(json, parsed, '');
}

function nearest(wanted: LineMatcher, lines: readonly string[]): string {
  if (lines.length === 0) return 'the app printed nothing';
  const candidates = wanted.json === undefined ? lines : lines.filter((line) => parseObject(line) !== undefined);
  if (candidates.length === 0)
    return `none of ${lines.length} lines is a JSON object; the last one:\n${cut(lines.at(-1) ?? '')}`;
  const ranked = candidates.map((line) => ({ line, faults: mismatches(wanted, line).length }));
  const best = ranked.reduce((one, other) => (other.faults <= one.faults ? other : one));
  return `no such line among ${lines.length}; the nearest:\n${explained(wanted, best.line)}`;
}

/** A line, and what is wrong with it. */
function explained(wanted: LineMatcher, line: string): string {
  const faults = mismatches(wanted, line).slice(0, MAX_TOLD);
  const told = faults.map(({ path, expected, received }) => `${path || 'the line'}: ${received}; expected ${expected}`);
  return [cut(line), ...(wanted.json === undefined ? [] : told)].join('\n');
}

function described({ json, text }: LineMatcher): string {
  return json === undefined ? inWords(text) : `JSON, ${inWords(json)}`;
}

function parseObject(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function cut(line: string): string {
  return line.length > TOLD_CHARS ? `${line.slice(0, TOLD_CHARS)}…` : line;
}
