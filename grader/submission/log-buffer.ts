import { TextDecoder } from 'node:util';
import { printable } from '../platform/printable.ts';
import type { LogView } from '../target/target.ts';

/** Longest line kept, in characters; the rest of it is dropped. A JSON line with a stack trace has its few thousand. */
const MAX_LINE = 16 * 1024;
/** As much of a line as is shown, unless more is asked for. */
const SHOWN_CHARS = 2000;

interface Line {
  text: string;
  dropped: number;
}

/** Lines of output in a ring of bounded size. Several streams may write to it; each keeps its own unfinished line. */
export class LogBuffer implements LogView {
  readonly #limit: number;
  readonly #lines: Line[] = [];
  readonly #streams = new Map<string, { decoder: TextDecoder; partial: string; dropped: number }>();
  #kept = 0;
  #printed = 0;
  /** Bytes written in all, kept or not. */
  bytes = 0;

  /** @param limit most characters kept over all lines */
  constructor(limit: number) {
    this.#limit = limit;
  }

  write(stream: string, chunk: Buffer): void {
    this.bytes += chunk.length;
    let state = this.#streams.get(stream);
    if (state === undefined)
      this.#streams.set(stream, (state = { decoder: new TextDecoder(), partial: '', dropped: 0 }));
    const parts = state.decoder.decode(chunk, { stream: true }).split('\n');
    for (const [i, part] of parts.entries()) {
      const room = Math.max(0, MAX_LINE - state.partial.length);
      state.partial += part.slice(0, room);
      state.dropped += Math.max(0, part.length - room);
      if (i < parts.length - 1) this.#finish(state);
    }
  }

  /** Ends unfinished lines: to be called when the process has ended. */
  close(): void {
    for (const state of this.#streams.values()) if (state.partial !== '') this.#finish(state);
  }

  mark(): number {
    return this.#printed;
  }

  since(mark: number, lineChars = SHOWN_CHARS): string[] {
    const count = Math.min(this.#lines.length, Math.max(0, this.#printed - mark));
    return count === 0 ? [] : this.#lines.slice(-count).map((line) => shown(line, lineChars));
  }

  tail(count: number): string[] {
    const open = [...this.#streams.values()]
      .filter(({ partial }) => partial !== '')
      .map(({ partial, dropped }) => ({ text: printable(partial), dropped }));
    return count <= 0 ? [] : [...this.#lines, ...open].slice(-count).map((line) => shown(line, SHOWN_CHARS));
  }

  #finish(state: { partial: string; dropped: number }): void {
    const line = { text: printable(state.partial.replace(/\r$/, '')), dropped: state.dropped };
    state.partial = '';
    state.dropped = 0;
    this.#printed++;
    this.#lines.push(line);
    this.#kept += line.text.length + 1;
    while (this.#kept > this.#limit && this.#lines.length > 1)
      this.#kept -= (this.#lines.shift()?.text.length ?? 0) + 1;
  }
}

/** A line of which no more than `most` characters are shown; how many are missing stands at its end. */
function shown({ text, dropped }: Line, most: number): string {
  const missing = dropped + Math.max(0, text.length - most);
  return missing === 0 ? text : `${text.slice(0, most)}… (${missing} more characters)`;
}
