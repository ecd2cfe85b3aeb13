import type { RunEvents } from '../report/events.ts';

/**
 * Turns what a run tells into something to read. Hooks return at once; what takes longer (writing a
 * file) is finished in `[Symbol.asyncDispose]`, which may throw.
 */
export type Reporter = RunEvents & Partial<AsyncDisposable>;

/** A stream of text such as `process.stdout`. */
export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** What a reporter may need; each takes what it cares about. */
export interface ReporterOptions {
  /** Where text goes that no file was named for. */
  stream: TextStream;
  /** The file to write; undefined writes to `stream`. */
  file?: string | undefined;
  /** True: the terminal may be redrawn. False: plain lines. */
  live?: boolean;
  color?: boolean;
  /** Where the report for a browser is written, to be said at the end. */
  htmlFile?: string | undefined;
}

/** Makes a reporter for one run. */
export type ReporterFactory = (options: ReporterOptions) => Reporter;

/**
 * What a stream can do, by the conventions of https://no-color.org and https://force-color.org.
 *
 * @param env `NO_COLOR`, `FORCE_COLOR`, `CI` and `TERM` are read
 */
export function abilities(
  stream: TextStream,
  env: Record<string, string | undefined>,
): { live: boolean; color: boolean } {
  const terminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  const noColor = Boolean(env['NO_COLOR']);
  const forced = env['FORCE_COLOR'] !== undefined && !['0', 'false'].includes(env['FORCE_COLOR']);
  const ci = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
  return { live: terminal && !ci && !noColor, color: !noColor && (forced || terminal) };
}
