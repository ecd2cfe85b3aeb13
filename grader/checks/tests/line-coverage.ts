import type { OwnFile } from './own-source.ts';
import { locate, type ReadScript } from './script-positions.ts';
import { executableStatements } from './statements.ts';
import type { Script } from './suite-result.ts';

/** What ran of one file. A line counts when a statement starts on it; it is covered when one of those has run. */
export interface FileCoverage {
  path: string;
  /** Some text of it ran. */
  loaded: boolean;
  lines: { total: number; covered: number };
  statements: { total: number; covered: number };
  /** Stretches of lines without a covered one between them. */
  gaps: Gap[];
}

export interface Gap {
  from: number;
  to: number;
  /** Lines in it that count. */
  lines: number;
}

/** What V8's counts say of one file. */
export interface Trace {
  /** A text that ran fits the file. */
  loaded: boolean;
  /** A text of this name ran, and none of them fits: a transform has made another one of it and left no source map. */
  lost: boolean;
  reached: Reached;
}

/** Whether code at a place of a file has run: a stretch of its text, by offsets. */
export type Reached = (start: number, end: number) => boolean;

/**
 * Tells what has run of a file, from what V8 counted. A file counts by its own text, whatever a transform of the
 * learner's makes of it: what no script has a trace of has not run. Comments that tell coverage tools to look away
 * have no effect. The usual libraries do not count so: v8-to-istanbul has comments and blank lines among the covered
 * ones, ast-v8-to-istanbul counts the statements of what the transform has made, and both obey such comments.
 */
export function traceOf({ inApp, text }: OwnFile, scripts: readonly ReadScript[]): Trace {
  const located = scripts.flatMap((script) => locate(inApp, text, script) ?? []);
  return {
    loaded: located.length > 0,
    lost: located.length === 0 && scripts.some(({ path }) => path === inApp),
    reached: (start, end) =>
      located.some(({ script, find }) => find(start, end).some((offset) => !isInside(script.unrun, offset))),
  };
}

/** What has run of a file. Of one that can't be parsed, nothing has: every line that holds something is uncovered. */
export function fileCoverage(file: OwnFile, { loaded, lost, reached }: Trace): FileCoverage {
  const statements =
    file.program === undefined
      ? linesOf(file.text).map((line) => ({ line, ran: false }))
      : executableStatements(file.program).map(({ start, end, line }) => ({ line, ran: reached(start, end) }));
  const lines = new Map<number, boolean>();
  for (const { line, ran } of statements) lines.set(line, (lines.get(line) ?? false) || ran);
  return {
    path: file.path,
    loaded: loaded || lost,
    lines: { total: lines.size, covered: [...lines.values()].filter(Boolean).length },
    statements: { total: statements.length, covered: statements.filter(({ ran }) => ran).length },
    gaps: gapsOf([...lines].toSorted(([a], [b]) => a - b)),
  };
}

function gapsOf(lines: readonly (readonly [line: number, covered: boolean])[]): Gap[] {
  const gaps: Gap[] = [];
  let open: Gap | undefined;
  for (const [line, covered] of lines) {
    if (covered) open = undefined;
    else if (open) {
      open.to = line;
      open.lines++;
    } else {
      open = { from: line, to: line, lines: 1 };
      gaps.push(open);
    }
  }
  return gaps;
}

function linesOf(text: string): number[] {
  return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [i + 1]));
}

/** Whether an offset lies in one of the parts, which rise and lie apart. */
function isInside(parts: Script['unrun'], offset: number): boolean {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((parts[middle]?.[1] ?? Infinity) <= offset) low = middle + 1;
    else high = middle;
  }
  return (parts[low]?.[0] ?? Infinity) <= offset;
}
