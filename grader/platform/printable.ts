import { stripVTControlCharacters, toUSVString } from 'node:util';

/** Characters that a terminal or a browser acts on without showing them: bidi controls, zero-width marks, tags. */
const INVISIBLE =
  /[\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;
/** C0 controls except tab and newline, DEL, C1 controls. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
/** More combining marks on one letter than any script needs: text that climbs out of its line. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/**
 * Text from a submission, made safe to show: colours and cursor movements are taken out, what is left
 * of control and bidi characters is made visible (`␀`, `⟨U+202E⟩`), lone surrogates are replaced.
 * Newlines and tabs stay. It is not escaped for HTML, Markdown or XML: that is up to each output.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(toUSVString(text))
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(CONTROL, controlPicture)
    .replaceAll(INVISIBLE, codePoint)
    .replaceAll(STACKED_MARKS, '$1');
}

/** As `printable`, on one line: newlines, tabs and runs of spaces become one space. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/\s+/g, ' ').trim();
}

function controlPicture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : codePoint(character);
}

function codePoint(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
