import { randomBytes } from 'node:crypto';
import { printable, printableLine } from '../../platform/printable.ts';
import type { TextStream } from '../reporter.ts';
import type { Annotation } from './check-runs.ts';

/** Where a command points to. */
export interface CommandPlace {
  title?: string | undefined;
  file?: string | undefined;
  line?: number | undefined;
  col?: number | undefined;
}

/**
 * A workflow command on one line, such as `::error file=src/app.js,line=3::text`, that no text can break out of.
 * Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions and `@actions/core`.
 */
export function workflowCommand(name: 'error' | 'warning' | 'notice', place: CommandPlace, message: string): string {
  const properties = Object.entries(place)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeProperty(printableLine(String(value)))}`)
    .join(',');
  return `::${name}${properties === '' ? '' : ` ${properties}`}::${escapeData(printable(message))}\n`;
}

/** An annotation as the command that makes the same note. */
export function annotationCommand(annotation: Annotation): string {
  const { annotation_level, title, path, start_line, start_column, message } = annotation;
  const name = annotation_level === 'failure' ? 'error' : annotation_level;
  return workflowCommand(name, { title, file: path, line: start_line, col: start_column }, message);
}

/**
 * A stream for text that others wrote: until it is disposed of, the runner takes nothing on it for a command.
 * Everything that the job prints between goes through the same log, so nothing of our own may come in between.
 *
 * @param token must not be guessed by those who wrote the text
 */
export function withoutCommands(
  stream: TextStream,
  token: string = randomBytes(24).toString('hex'),
): TextStream & Disposable {
  let lineStart = true;
  stream.write(`::stop-commands::${token}\n`);
  return {
    write: (text) => {
      if (text !== '') lineStart = text.endsWith('\n');
      return stream.write(text);
    },
    [Symbol.dispose]: () => {
      // In the middle of a line the runner would not see it, and would obey no command from then on.
      stream.write(`${lineStart ? '' : '\n'}::${token}::\n`);
    },
  };
}

/**
 * A line of our own that may quote others: commands are at the start of a line, or after `##[` anywhere.
 */
export function plainLine(line: string): string {
  return `${printableLine(line).replace(/^::/, ': :').replaceAll('##[', '## [')}\n`;
}

function escapeData(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(value: string): string {
  return escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
