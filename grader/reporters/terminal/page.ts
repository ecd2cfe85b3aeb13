import picocolors from 'picocolors';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { printable, printableLine } from '../../platform/printable.ts';
import type { Outcome } from '../outcome.ts';

const NARROWEST = 24;
/** Prose on longer lines than this is hard to read. */
const WIDEST = 100;
const LABEL_WIDTH = 10;

export type Ink = ReturnType<typeof picocolors.createColors>;

/** Lays text out in a terminal of a known width. Whatever is not the grader's own text goes through `text` or `line`. */
export class Page {
  readonly ink: Ink;
  readonly width: number;

  constructor(options: { columns?: number | undefined; color: boolean }) {
    this.ink = picocolors.createColors(options.color);
    // One column stays free: a full line makes some terminals break.
    this.width = Math.max(NARROWEST, Math.min(WIDEST, options.columns ?? 80) - 1);
  }

  /** A mark with its meaning in shape and colour. */
  mark(outcome: Outcome): string {
    const { green, yellow, red, cyan } = this.ink;
    return { full: green('✔'), partial: yellow('◐'), none: red('✘'), 'not-graded': cyan('○') }[outcome];
  }

  rule(): string {
    return this.ink.dim('─'.repeat(this.width));
  }

  /** `left` and `right` at both ends of one line; under each other where they don't fit. */
  spread(left: string, right: string): string[] {
    const gap = this.width - stringWidth(left) - stringWidth(right);
    return gap >= 2 ? [left + ' '.repeat(gap) + right] : [...this.wrap(left), ...this.wrap(right, 2)];
  }

  /** Wraps styled text; every line starts with `indent` spaces. */
  wrap(styled: string, indent = 0, hanging = indent): string[] {
    const lines = wrapAnsi(styled, this.width - Math.max(indent, hanging), { hard: true, trim: true }).split('\n');
    return lines.map((line, index) => ' '.repeat(index === 0 ? indent : hanging) + line);
  }

  /** A label and its text beside it, at most `most` lines of it. */
  field(label: string, text: string, options: { most?: number; style?: (line: string) => string } = {}): string[] {
    const { most = 6, style = (line) => line } = options;
    const left = 2 + LABEL_WIDTH;
    const width = this.width - left;
    const all = printable(text)
      .trimEnd()
      .replaceAll('\t', '  ')
      .split('\n')
      .flatMap((line) => wrapKeepingIndent(line, width));
    const lines = all.slice(0, most);
    if (all.length > most) lines[most - 1] = `${clip(lines[most - 1] ?? '', width - 2)} …`;
    return lines.map((line, index) =>
      `  ${this.ink.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))}${style(line)}`.trimEnd(),
    );
  }

  /** One line of foreign text that fits into `width` columns. */
  line(text: string, width = this.width): string {
    return clip(printableLine(text), width);
  }
}

/** Breaks between words; a line's own indentation stays, the space at which it was broken goes. */
function wrapKeepingIndent(line: string, width: number): string[] {
  const [first = '', ...rest] = wrapAnsi(line, width, { hard: true, trim: false }).split('\n');
  return [first, ...rest.map((next) => next.replace(/^ /, ''))].map((part) => part.trimEnd());
}

/** Pads to a width in columns: wide characters count as two. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

/** Cuts to a width in columns, with an ellipsis where something was cut. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const [first = ''] = wrapAnsi(text, Math.max(1, width - 1), { hard: true, trim: false, wordWrap: false }).split('\n');
  return `${first}…`;
}
