import type { Place } from '../../platform/errors.ts';
import type { Facts } from './cause.ts';

/** A path with a line in a stack trace or before a syntax error; without nested repetition. */
const FRAME = /(?:file:\/\/)?(\/[^\s():'"]{1,300}):(\d{1,6})(?::\d{1,6})?/;

/** A path below the copy, without the folders of the grader's own. */
export function shortPath(path: string): string {
  return path.replace(/^.*?\/(?:tree|app)\//, '');
}

/** The first place in the submission's own code that the lines name, from `at` on and a little before it. */
export function placeIn(lines: readonly string[], at: number, facts: Facts, message: string): Place[] {
  // Node prints the place of a syntax error, and of what was thrown, before the error itself.
  for (const line of [...lines.slice(at), ...lines.slice(Math.max(0, at - 6), at)]) {
    const frame = FRAME.exec(line);
    if (frame === null || line.includes('node_modules')) continue;
    const file = shortPath(frame[1] ?? '');
    if (facts.sources.has(file)) return [{ file, line: Number(frame[2]), message }];
  }
  return [];
}

/** Where a text stands in the app's own sources; the first few places. */
export function placesOf(text: string, facts: Facts, message: string, most = 2): Place[] {
  const found: Place[] = [];
  const settings = facts.sources.paths.filter((path) => /(^|\/)(\.env[^/]*|package\.json|[^/]*\.ya?ml)$/.test(path));
  for (const file of [...facts.sources.code(facts.appFolder), ...settings]) {
    const index = facts.sources.text(file)?.indexOf(text) ?? -1;
    if (index === -1) continue;
    const line = (facts.sources.text(file) ?? '').slice(0, index).split('\n').length;
    found.push({ file, line, message });
    if (found.length === most) break;
  }
  return found;
}

/** "src/db.js:4", for the end of a sentence in brackets; nothing without a place. */
export function where(places: readonly Place[]): string {
  const [first] = places;
  return first === undefined ? '' : ` (${first.file}:${first.line})`;
}
