import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Compares text with a file recorded earlier; records it anew instead when `update` is set
 * (`UPDATE_GOLDEN=1 node --test …`), so that a change of output is read in the diff.
 */
export function assertGolden(file: URL, text: string, update: boolean): void {
  if (update) writeFileSync(file, text);
  assert.equal(
    text,
    readFileSync(file, 'utf8'),
    `${file.pathname} differs; record it anew with UPDATE_GOLDEN=1 if the change is meant`,
  );
}
