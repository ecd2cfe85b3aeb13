import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printable, printableLine } from './printable.ts';

describe('printable', () => {
  test('takes out colours, cursor movements, titles and links', () => {
    assert.equal(printable('\u001b[31mred\u001b[0m \u001b[2J\u001b[1;1Hup'), 'red up');
    assert.equal(printable('\u001b]0;title\u0007shown'), 'shown');
    assert.equal(printable('\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007'), 'link');
    assert.equal(printable('\u009b31mred'), 'red');
  });

  test('shows what is left of control characters', () => {
    assert.equal(printable('a\u0000b\u0008c\u007fd\u0085e'), 'a␀b␈c␡d⟨U+0085⟩e');
    const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('x');
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(printable(controls), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  test('shows characters that turn or hide text', () => {
    assert.equal(printable('admin\u202Etxt.exe'), 'admin⟨U+202E⟩txt.exe');
    assert.equal(printable('a\u200Bb\uFEFFc\u2066d'), 'a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+2066⟩d');
    assert.equal(printable('\u{E0041}'), '⟨U+E0041⟩');
  });

  test('replaces lone surrogates and bounds stacked marks', () => {
    assert.equal(printable('a\uD800b'), 'a\uFFFDb');
    assert.equal(printable(`e${'\u0301'.repeat(500)}`), `e${'\u0301'.repeat(4)}`);
  });

  test('keeps newlines, tabs, emoji and other scripts', () => {
    const text = 'naïve\n\tдень 第十三天 👩‍💻';
    assert.equal(printable(text), text);
    assert.equal(printable('one\r\ntwo\rthree'), 'one\ntwo\nthree');
  });
});

test('printableLine joins lines', () => {
  assert.equal(printableLine('  one\n\n\ttwo  three \n'), 'one two three');
});
