import type { RunFields } from '../check-runs.ts';

/** What is wrong with a check run by the limits that GitHub's description states in words only. */
export function wordedLimits({ output }: RunFields, files: readonly string[] | undefined): string[] {
  const wrong: string[] = [];
  const refuse = (when: boolean, what: string) => void (when && wrong.push(what));
  for (const key of ['summary', 'text'] as const) {
    refuse(Buffer.byteLength(output?.[key] ?? '') > 65_535, `output.${key} has more than 65535 bytes`);
  }
  for (const note of output?.annotations ?? []) {
    const { path, start_line, end_line, start_column = 1, end_column = 1, message, title = '' } = note;
    refuse(start_line < 1 || end_line < start_line, 'lines start at 1 and end after they start');
    refuse(start_column < 1 || end_column < 1, 'columns start at 1');
    refuse(note.start_column !== undefined && start_line !== end_line, 'columns are for one line only');
    refuse(Buffer.byteLength(message) > 64 * 1024, 'a message has more than 64 KB');
    refuse(message.trim() === '', 'a message is empty');
    refuse(title.length > 255, 'a title has more than 255 characters');
    refuse(path.startsWith('/') || path.split('/').includes('..'), `${path} leads out of the repository`);
    refuse(files?.includes(path) === false, `${path} is not in the repository`);
  }
  return wrong;
}
