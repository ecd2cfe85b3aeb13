import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { assertGolden } from '../golden.ts';
import { bootFailureReport, hostileReport, perfectReport, sampleReport } from '../sample-report.ts';
import { renderResult } from './result.ts';

const update = process.env['UPDATE_GOLDEN'] === '1';
const golden = (name: string): URL => new URL(`./${name}.golden.txt`, import.meta.url);

describe('the result in a terminal', () => {
  test('at 80 columns', () => {
    assertGolden(
      golden('result-80'),
      renderResult(sampleReport(), { columns: 80, color: false, htmlFile: 'grade-report/day-13.html' }),
      update,
    );
  });

  test('at 40 columns', () => {
    assertGolden(golden('result-40'), renderResult(sampleReport(), { columns: 40, color: false }), update);
  });

  test('in colour', () => {
    assertGolden(golden('result-color'), renderResult(sampleReport(), { columns: 80, color: true }), update);
  });

  test('of an app that did not start is headed by the cause and the mend', () => {
    assertGolden(
      golden('result-boot-failure'),
      renderResult(bootFailureReport(), { columns: 80, color: false }),
      update,
    );
  });

  test('with full marks has nothing to explain', () => {
    assertGolden(golden('result-perfect'), renderResult(perfectReport(), { columns: 80, color: false }), update);
  });

  for (const columns of [24, 30, 40, 61, 80, 140, 500]) {
    test(`fits into ${columns} columns, wide characters counted`, () => {
      const report = sampleReport();
      for (const result of report.criteria) result.title = `${result.title} 桌上型檯燈 ${'長'.repeat(60)}`;
      for (const line of renderResult(report, { columns, color: true }).split('\n')) {
        assert.ok(stringWidth(line) < Math.max(columns, 25), `${stringWidth(line)} columns: ${line}`);
      }
    });
  }

  test('keeps the path of the HTML report in one piece, to be copied', () => {
    const htmlFile = '/a/very/long/path/to/the/report/of/day-13/index.html';
    assert.ok(renderResult(sampleReport(), { columns: 30, color: false, htmlFile }).includes(htmlFile));
  });

  test('one cause for many criteria that were not graded is said once', () => {
    const report = sampleReport();
    for (const result of report.criteria) {
      result.verdict = { fraction: null, earned: null, fault: 'infrastructure', reason: 'postgres did not start' };
      result.evidence.mend = 'Run `grade doctor`.';
    }
    assert.equal(renderResult(report, { columns: 80, color: false }).split('postgres did not start').length - 1, 1);
  });

  test('lets nothing through that a terminal acts on', () => {
    const hostile =
      '\u001b[2J\u001b]0;owned\u0007\u001bP+q\u001b\\\u009b31m\u202Eevil\u2066\r\u0008\u0000\u0085\uD800\u200B ::error::x';
    const colored = renderResult(hostileReport(hostile), { columns: 80, color: true });
    // oxlint-disable-next-line no-control-regex -- the only sequences that may be there
    const rest = colored.replaceAll(/\u001b\[(?:\d{1,2}(?:;\d{1,2})*)?m/g, '');
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    assert.doesNotMatch(rest, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/);
    assert.equal(
      stripVTControlCharacters(colored),
      renderResult(hostileReport(hostile), { columns: 80, color: false }),
    );
    assert.ok(colored.isWellFormed());
  });
});
