import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { assertGolden } from './golden.ts';
import { renderMarkdown } from './markdown.ts';
import { bootFailureReport, hostileReport, sampleReport } from './sample-report.ts';

const update = process.env['UPDATE_GOLDEN'] === '1';

describe('the Markdown summary', () => {
  test('of the sample', () => {
    assertGolden(new URL('./markdown.golden.txt', import.meta.url), renderMarkdown(sampleReport()), update);
  });

  test('of an app that did not start is headed by the cause', () => {
    const text = renderMarkdown(bootFailureReport());
    assert.ok(text.indexOf('The app did not start') < text.indexOf('| Points |'));
    assert.match(text, /Next:.* npm install ioredis/);
    assert.match(text, /^[-*] `src\/cache\.js:3` ioredis is asked for here$/m);
    assert.doesNotMatch(text, /### ❌ Products are listed/);
  });

  for (const hostile of [
    '<img src=x onerror=alert(1)> <details open ontoggle=alert(1)> <!-- <a href="javascript:1">x</a> </details>',
    '![tracker](http://tracker.example/x.png) [link](http://evil.example) [ref]: http://evil.example "t" <http://evil.example>',
    'http://evil.example https://evil.example/x www.evil.example mailto:a@evil.example a@evil.example xmpp:a@evil.example/b',
    '```\n</pre>\n~~~~\n# heading\n- item\n> quote\n| a | b |\n---\n    code\n1. one',
    '`` ` ``` * _ ** __ ~~ \\ | $x$ :tada: [x] [^1] &lt;b&gt; &#60;b&#62; \u202E\u001b[31m\u0000',
    '\n\n<script>alert(1)</script>\n\n',
  ]) {
    test(`makes no markup of ${JSON.stringify(hostile.slice(0, 50))}`, () => {
      const plain = elements(renderMarkdown(hostileReport('plain words')));
      assert.deepEqual(elements(renderMarkdown(hostileReport(hostile))), plain);
    });
  }

  test('leaves no dollar sign bare, between which GitHub sees mathematics', () => {
    const html = rendered(renderMarkdown(hostileReport('$\\href{https://evil.example}{x}$ $`x`$ $$x$$')));
    assert.doesNotMatch(html.replaceAll(/<(code|pre)>[\s\S]*?<\/\1>|<span>\$<\/span>/g, ''), /\$/);
  });

  test('mentions nobody and refers to nothing', () => {
    const html = rendered(renderMarkdown(hostileReport('@octocat @org/team #123 GH-7 org/repo#1')));
    const outsideCode = html.replaceAll(/<(code|pre)>[\s\S]*?<\/\1>/g, '');
    assert.doesNotMatch(outsideCode, /@\w|#\d|GH-\d/);
    assert.match(outsideCode, /octocat/);
  });

  test('stays within GitHub’s limit and says what was left out', () => {
    const report = sampleReport();
    report.criteria = Array.from({ length: 20 }, () => report.criteria).flat();
    const text = renderMarkdown(report);
    assert.ok(Buffer.byteLength(text) <= 65_535);
    assert.ok(Buffer.byteLength(text) > 60_000);
    assert.match(text, /_Cut here: \d+ sections more in the full report\._\n$/);
    assert.ok(Buffer.byteLength(renderMarkdown(hostileReport('長'.repeat(5000)))) <= 65_535);
    assert.ok(Buffer.byteLength(renderMarkdown(sampleReport(), 3000)) <= 3000);
  });
});

/** All elements with their attributes, in order; words in backticks may become code, and a dollar sign a span. */
function elements(markdown: string): string[] {
  return (rendered(markdown).match(/<[^>]*>/g) ?? []).filter((tag) => !/^<\/?(code|span)>$/.test(tag));
}

function rendered(markdown: string): string {
  return micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
}
