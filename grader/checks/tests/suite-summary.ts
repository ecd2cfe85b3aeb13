import { stripVTControlCharacters } from 'node:util';

/** How many tests a suite says it has run. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** One way in which test runners end what they print. */
type Reader = (text: string) => Tally | undefined;

const READERS: readonly Reader[] = [nodeTest, mocha, inOneLine];

/**
 * Reads the summary that a test runner prints: node:test (spec and TAP), Mocha, Vitest, AVA, Jest. Several of
 * them are added up. It is what the suite says of itself, to tell the learner; undefined when it says nothing.
 */
export function summaryOf(output: string): Tally | undefined {
  const text = stripVTControlCharacters(output);
  for (const read of READERS) {
    const tally = read(text);
    if (tally !== undefined) return tally;
  }
  return undefined;
}

function nodeTest(text: string): Tally | undefined {
  const sum = (word: string) => total(text, new RegExp(`^(?:ℹ|#) ${word} (\\d+)$`, 'gm'));
  const passed = sum('pass');
  if (passed === undefined) return undefined;
  return {
    passed,
    failed: (sum('fail') ?? 0) + (sum('cancelled') ?? 0),
    skipped: (sum('skipped') ?? 0) + (sum('todo') ?? 0),
  };
}

function mocha(text: string): Tally | undefined {
  const passed = total(text, /^ {2}(\d+) passing\b/gm);
  if (passed === undefined) return undefined;
  return {
    passed,
    failed: total(text, /^ {2}(\d+) failing\b/gm) ?? 0,
    skipped: total(text, /^ {2}(\d+) pending\b/gm) ?? 0,
  };
}

/** `Tests:  1 failed, 2 passed, 3 total`; `Tests  2 passed (2)`; `2 tests passed`. */
function inOneLine(text: string): Tally | undefined {
  const lines = text.split('\n').filter((line) => /^\s*Tests:?\s+\d|^\s*\d+ tests? (?:passed|failed)/.test(line));
  if (lines.length === 0) return undefined;
  const sum = (words: string) => total(lines.join('\n'), new RegExp(`(\\d+) (?:tests? )?(?:${words})`, 'g')) ?? 0;
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped|todo|pending') };
}

/** The sum of the numbers that a pattern finds; undefined when it finds none. */
function total(text: string, pattern: RegExp): number | undefined {
  const found = [...text.matchAll(pattern)].map(([, digits]) => Number(digits));
  return found.length === 0 ? undefined : found.reduce((sum, count) => sum + count, 0);
}
