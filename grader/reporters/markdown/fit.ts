import { countOf } from '../outcome.ts';
import { link, markdown, paragraph } from './nodes.ts';

/** What GitHub takes for a check run's summary or a comment: https://docs.github.com/rest/checks/runs */
export const GITHUB_LIMIT = 65_535;

/**
 * As many whole sections as fit, then a line that says how many do not, and where they are.
 *
 * @param limit most bytes of UTF-8: never fewer than characters, so that it holds for either way of counting
 * @param fullReport URL of the full report, to be linked
 */
export function fit(sections: string[], limit: number, fullReport?: string): string {
  const size = (value: string): number => Buffer.byteLength(value);
  const whole =
    fullReport === undefined ? 'full report' : markdown([paragraph(link('full report', fullReport))]).trimEnd();
  const note = (left: number): string => `\n_Cut here: ${countOf(left, 'section')} more in the ${whole}._\n`;
  let fitting = '';
  for (const [index, section] of sections.entries()) {
    const left = sections.length - index;
    const next = fitting === '' ? section : `${fitting}\n${section}`;
    const room = left === 1 ? limit : limit - size(note(left - 1));
    if (size(next) > room) return fitting + note(left);
    fitting = next;
  }
  return fitting;
}
