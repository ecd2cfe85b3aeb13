import { RE2JS } from 're2js';
import type { Recorder } from '../recorder.ts';
import type { SourceTree } from './source-tree.ts';

/** Most places told of one file. */
const MAX_PLACES = 20;

interface Forbidden {
  /** A regular expression (RE2). */
  text: string;
  in: readonly string[];
  message: string;
}

/** Notes that no file holds what is forbidden there, with a position for each place that does. */
export async function checkForbidden(
  record: Recorder,
  source: SourceTree,
  rule: Forbidden,
  signal: AbortSignal,
): Promise<void> {
  const pattern = RE2JS.compile(rule.text);
  const places: string[] = [];
  for (const path of source.matching(rule.in)) {
    signal.throwIfAborted();
    for (const { line, column } of find(pattern, await source.read(path))) {
      record.position({ file: path, line, column, message: rule.message });
      places.push(`${path}:${line}`);
    }
  }
  record.assert(`nothing in ${rule.in.join(', ')} is there that should not be`, places.length === 0, {
    expected: `no text that matches /${rule.text}/`,
    received:
      places.length === 0
        ? 'none'
        : `${rule.message} (${places.slice(0, 10).join(', ')}${places.length > 10 ? ', …' : ''})`,
  });
}

/** Where a text matches; lines and columns count from 1. */
function find(pattern: RE2JS, text: string): { line: number; column: number }[] {
  const places: { line: number; column: number }[] = [];
  if (!pattern.test(text)) return places;
  const matcher = pattern.matcher(text);
  let line = 1;
  let lineStart = 0;
  while (places.length < MAX_PLACES && matcher.find()) {
    const start = matcher.start();
    for (let next = text.indexOf('\n', lineStart); next >= 0 && next < start; next = text.indexOf('\n', lineStart)) {
      line++;
      lineStart = next + 1;
    }
    places.push({ line, column: start - lineStart + 1 });
  }
  return places;
}
