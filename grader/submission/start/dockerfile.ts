import { type AppView, lineOf } from './app-view.ts';
import { wordOf } from './shell-line.ts';

/** What a Dockerfile starts, as a line of a shell, and where it says so; undefined when none does. */
export function dockerCommand(app: AppView): { line: string; place: string } | undefined {
  const text = app.text('Dockerfile');
  if (text === undefined) return undefined;
  const joined = text.replaceAll(/\\\r?\n/g, ' ');
  const last = (instruction: string) =>
    [...joined.matchAll(new RegExp(`^\\s*${instruction}\\s+(.+)$`, 'gim'))].at(-1)?.[1]?.trim();
  const [entrypoint, command] = [last('ENTRYPOINT'), last('CMD')];
  if (entrypoint === undefined && command === undefined) return undefined;
  const words = [entrypoint, command].map((value) => (value === undefined ? undefined : lineOfInstruction(value)));
  // An entry point of the image's own prepares and then runs the command.
  const line = /entrypoint|\.sh\b|dumb-init|tini/.test(words[0] ?? '') ? words[1] : words.filter(Boolean).join(' ');
  return line === undefined || line === ''
    ? undefined
    : { line, place: `Dockerfile:${lineOf(text, /^\s*(CMD|ENTRYPOINT)/im) ?? 1}` };
}

function lineOfInstruction(value: string): string {
  if (!value.startsWith('[')) return value;
  try {
    const words = JSON.parse(value) as unknown;
    return Array.isArray(words) ? words.map((word) => wordOf(String(word)).raw).join(' ') : value;
  } catch {
    return value;
  }
}
