import { createHash } from 'node:crypto';
import { BACKEND } from './backend-operators.ts';
import { isWorthChanging, LOGIC } from './logic-operators.ts';
import type { Change, Operator } from './mutation.ts';
import type { OwnFile } from './own-source.ts';
import type { Reached } from './line-coverage.ts';
import { parseSource, type SyntaxNode, walk } from '../../platform/syntax.ts';

const OPERATORS: readonly Operator[] = [...LOGIC, ...BACKEND];
/** Most mistakes in one file that are considered, and most that are tried out for one that is chosen. */
const MAX_IN_FILE = 500;
const MAX_TRIES = 5;

/** A file with one small mistake in it. */
export interface Mutant extends Change {
  file: OwnFile;
  operator: string;
  line: number;
  /** What a test must have run for the mistake to be able to show. */
  shows: { start: number; end: number };
  /** Follows from the text that is changed, so that the same source gives the same order whatever the run. */
  rank: string;
}

/** Every mistake that can be made in a file, where a test has run what is changed. */
export function mutantsOf(file: OwnFile, reached: Reached): Mutant[] {
  const { program, text } = file;
  if (program === undefined) return [];
  const found: Mutant[] = [];
  const seen = new Map<string, number>();
  walk(program, (place) => {
    if (!isWorthChanging(place, text)) return false;
    if (found.length >= MAX_IN_FILE) return false;
    for (const operator of OPERATORS) {
      for (const change of operator.changes(place, text)) {
        const shows = change.shows ?? { start: place.node.start, end: place.node.end };
        if (!reached(shows.start, shows.end)) continue;
        const key = [file.inApp, operator.name, text.slice(shows.start, shows.end), change.what].join('\0');
        const nth = seen.get(key) ?? 0;
        seen.set(key, nth + 1);
        const rank = createHash('sha256').update(`${key}\0${nth}`).digest('hex');
        found.push({ ...change, shows, file, operator: operator.name, line: lineOf(place.node, change, text), rank });
      }
    }
    return undefined;
  });
  return found;
}

/**
 * Chooses at most `count` mutants, spread over the kinds of mistakes first, then over files and lines. The choice
 * follows from the source alone: the same source is always judged by the same mistakes, and marks repeat.
 */
export function chooseMutants(mutants: readonly Mutant[], count: number): Mutant[] {
  const left = new Set(mutants.toSorted((a, b) => a.rank.localeCompare(b.rank)));
  const chosen: Mutant[] = [];
  const taken = new Map<string, number>();
  const times = (key: string) => taken.get(key) ?? 0;
  const keys = ({ operator, file, line }: Mutant) => [operator, file.path, `${file.path}:${line}`];
  for (let tries = 0; chosen.length < count && left.size > 0 && tries < count * MAX_TRIES; tries++) {
    const order = (mutant: Mutant) => keys(mutant).map(times);
    const best = [...left].reduce((one, other) => (compare(order(other), order(one)) < 0 ? other : one));
    left.delete(best);
    if ('problem' in parseSource(best.file.path, mutated(best))) continue;
    chosen.push(best);
    for (const key of keys(best)) taken.set(key, times(key) + 1);
  }
  return chosen;
}

/** The file's text with the mistake in it. */
export function mutated({ file, start, end, replacement }: Mutant): string {
  return file.text.slice(0, start) + replacement + file.text.slice(end);
}

/** What was changed, and the code there before and after, cut to a readable length. */
export function inWords(mutant: Mutant): string {
  const { file, start, end, replacement, what } = mutant;
  const lineStart = file.text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = file.text.indexOf('\n', end);
  const from = start - lineStart > MAX_BEFORE ? start - MAX_BEFORE : lineStart;
  const before = file.text.slice(from, lineEnd < 0 ? undefined : lineEnd);
  const after = before.slice(0, start - from) + replacement + before.slice(end - from);
  const gone = /^;?$/.test(after.trim());
  return `${what}, and no test failed: ${oneLine(before)} → ${gone ? 'nothing' : oneLine(after)}`;
}

/** Most characters of code in a message, and of those before the change. */
const MAX_CODE = 120;
const MAX_BEFORE = 60;

function oneLine(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_CODE ? `${line.slice(0, MAX_CODE)}…` : line;
}

/** The line that a change begins on. */
function lineOf(node: SyntaxNode, { start }: Change, text: string): number {
  const [first, last] = [Math.min(node.start, start), Math.max(node.start, start)];
  const between = text.slice(first, last).split('\n').length - 1;
  return node.loc.start.line + (start < node.start ? -between : between);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] ?? 0);
  return 0;
}
