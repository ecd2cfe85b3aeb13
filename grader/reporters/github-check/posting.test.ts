import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { InfrastructureError } from '../../platform/errors.ts';
import type { Report } from '../../report/schema.ts';
import { assertGolden } from '../golden.ts';
import { bootFailureReport, hostileReport, perfectReport, sampleReport } from '../sample-report.ts';
import { checkName, type Ending, type Posting, postingOf, type PostingOptions } from './posting.ts';

const update = process.env['UPDATE_GOLDEN'] === '1';
const OPTIONS: PostingOptions = {
  rubric: 'day-13',
  reportUrl: 'https://grade.example/reports/7',
  again: 'Press “Grade again” above.',
};

describe('the end of a check run', () => {
  test('of the sample', () => {
    const { title, summary, text, annotations } = posted({ kind: 'graded', report: sampleReport() });
    const whole = [`# ${title}`, summary, '* * *', text, '* * *', JSON.stringify(annotations, undefined, 2)];
    assertGolden(new URL('./posting.golden.txt', import.meta.url), `${whole.join('\n')}\n`, update);
  });

  test('is named after the rubric, and titled by the score', () => {
    assert.equal(checkName('day-13'), 'Grade / day-13');
    assert.equal(checkName(undefined), 'Grade');
    assert.equal(posted({ kind: 'graded', report: scored({ earned: 82 }) }).title, 'day-13 — 82 of 100');
  });

  test('is a success from the pass mark on, a failure below, neutral where it can’t be told', () => {
    for (const [score, conclusion] of [
      [{ earned: 60, passed: true }, 'success'],
      [{ earned: 100, passed: true }, 'success'],
      [{ earned: 59.99, passed: false }, 'failure'],
      [{ earned: 55, notGraded: 10, passed: null }, 'neutral'],
      [{ earned: 0, notGraded: 100, passed: null }, 'neutral'],
      [{ earned: 70, notGraded: 10, passed: true }, 'success'],
    ] as const) {
      assert.equal(posted({ kind: 'graded', report: scored(score) }).conclusion, conclusion, JSON.stringify(score));
    }
  });

  test('names points that were not graded, and how to have them graded', () => {
    const { title, summary } = posted({ kind: 'graded', report: scored({ earned: 55, notGraded: 10, passed: null }) });
    assert.equal(title, 'day-13 — 55 of 100, 10 not graded');
    assert.match(summary, /10 points are still open\. Press “Grade again” above\./);
  });

  test('with full marks has nothing to say below the table', () => {
    const { summary, text, annotations } = posted({ kind: 'graded', report: perfectReport() });
    assert.match(summary, /100 \/ 100, passed/);
    assert.equal(text, undefined);
    assert.deepEqual(annotations, []);
  });

  test('of an app that did not start is headed by the cause', () => {
    const { summary } = posted({ kind: 'graded', report: bootFailureReport() });
    assert.ok(summary.indexOf('The app did not start') < summary.indexOf('| Points |'));
  });

  test('of the grader’s own failure is neutral and without a score, says why and how to run again', () => {
    const error = new InfrastructureError('no Docker engine answers', { mend: 'Start Docker.' });
    const { conclusion, title, summary } = posted({ kind: 'stopped', error });
    assert.equal(conclusion, 'neutral');
    assert.equal(title, 'day-13 — not graded');
    assert.match(summary, /No points are lost by it/);
    assert.match(summary, /\*\*Why:\*\* no Docker engine answers/);
    assert.match(summary, /\*\*Next:\*\* Start Docker\./);
    assert.match(summary, /\*\*Again:\*\* Press “Grade again” above\./);
    assert.match(
      posted({ kind: 'stopped', error: new TypeError('x is not a function') }).summary,
      /x is not a function/,
    );
  });

  test('of a push with nothing to grade is neutral', () => {
    const { conclusion, title, summary } = posted(
      { kind: 'nothing', reason: 'No day was changed by this push.' },
      { ...OPTIONS, rubric: undefined },
    );
    assert.deepEqual(
      [conclusion, title, summary],
      ['neutral', 'nothing to grade', 'No day was changed by this push.\n'],
    );
  });

  test('folds a hint under each failure', () => {
    const { text = '' } = posted({ kind: 'graded', report: sampleReport() });
    const sections = text.split(/^### /m).filter((section) => /^(❌|🟡)/.test(section));
    assert.equal(sections.length, 7);
    for (const section of sections) {
      assert.match(section, /<details><summary>Hint<\/summary>\n\n\S[^]*\n\n<\/details>\n+$/);
    }
  });
});

describe('GitHub’s limits', () => {
  test('cut a summary of 200,000 characters between rows, and link the full report', () => {
    for (const letter of ['a', '長', '|', '<', '\u202E']) {
      const report = sampleReport();
      report.criteria = Array.from({ length: 500 }, (_, index) => ({
        ...report.criteria[index % report.criteria.length]!,
        title: `${index} ${letter.repeat(400)}`,
      }));
      const { summary, text = '' } = posted({ kind: 'graded', report });
      assert.ok(Buffer.byteLength(summary) <= 65_535, `${Buffer.byteLength(summary)} bytes`);
      assert.ok(Buffer.byteLength(summary) > 50_000, `${Buffer.byteLength(summary)} bytes of ${letter}`);
      assert.match(summary, /^and \d+ more$/m);
      assert.match(summary, /\[full report\]\(https:\/\/grade\.example\/reports\/7\)/);
      assert.ok(Buffer.byteLength(text) <= 65_535);
      assert.match(
        text,
        /_Cut here: \d+ sections more in the \[full report\]\(https:\/\/grade\.example\/reports\/7\)\._\n$/,
      );
      // Nothing is cut in the middle: no fold and no block of code stays open.
      assert.equal(count(text, '<details>'), count(text, '</details>'));
      assert.equal(count(text, '```') % 2, 0);
    }
  });

  test('cut a reason of 200,000 characters', () => {
    const { summary } = posted({ kind: 'stopped', error: new Error('x'.repeat(200_000)) });
    assert.ok(summary.length < 2000);
  });

  test('leave out a link that is none', () => {
    const { summary } = posted(
      { kind: 'graded', report: sampleReport() },
      { ...OPTIONS, reportUrl: 'javascript:alert(1)' },
    );
    assert.doesNotMatch(summary, /javascript:/);
  });
});

describe('what a submission says', () => {
  for (const hostile of [
    '](javascript:alert(1))',
    '[click](https://evil.example) ![x](https://evil.example/x.png) <https://evil.example> https://evil.example www.evil.example',
    '@everyone @school/staff #1 GH-1 school/shop-api#1',
    '<img src=x onerror=alert(1)> </details><details open> <!-- <a href="https://evil.example">x</a>',
    '::error file=x::y\n::stop-commands::x',
    'first\n\n# second\n\n| a | b |\n| - | - |\n```\n~~~\n> quote\n- item\n1. one\n    code',
    '\u202Eתירבע\u202C \u200B\u2066 \u0000\u001B[31m',
    '$\\href{https://evil.example}{x}$ $`x`$ $$x$$ costs$5',
    '`` ` ``` * _ ~~ \\ [^1] :tada:',
  ]) {
    test(`forges nothing: ${JSON.stringify(hostile.slice(0, 40))}`, () => {
      const [plain, forged] = ['plain words', hostile].map((words) => {
        const ending = { kind: 'graded', report: hostileReport(words) } as const;
        return posted(ending, { ...OPTIONS, rubric: words });
      });
      assert.ok(plain && forged);
      for (const part of ['summary', 'text'] as const) {
        assert.deepEqual(elements(forged[part]), elements(plain[part]), part);
        const shown = rendered(forged[part]).replaceAll(/<(code|pre)>[^]*?<\/\1>/g, '');
        assert.doesNotMatch(shown, /@\w|#\d|GH-\d/, part);
        // A bare dollar sign begins mathematics on GitHub, which can hold a link.
        assert.doesNotMatch(shown.replaceAll('<span>$</span>', ''), /\$/, part);
        assertHarmless(forged[part] ?? '');
      }
      for (const line of [forged.title, checkName(hostile), ...forged.annotations.map(({ title }) => title ?? '')]) {
        assertHarmless(line);
        assert.doesNotMatch(line, /\n/);
      }
      for (const { message, path } of forged.annotations) {
        assertHarmless(message);
        assertHarmless(path);
      }
      for (const ending of [
        { kind: 'stopped', error: new Error(hostile) },
        { kind: 'nothing', reason: hostile },
      ] as const) {
        const html = rendered(posted(ending).summary);
        assert.doesNotMatch(html, /<(?!\/?(p|strong|code|span)>)/);
        assert.doesNotMatch(html.replaceAll(/<code>[^]*?<\/code>/g, ''), /@\w|#\d/);
      }
    });
  }
});

function posted(ending: Ending, options = OPTIONS): Posting {
  return postingOf(ending, options);
}

function scored(score: Partial<Report['score']>): Report {
  const report = sampleReport();
  return { ...report, score: { max: 100, passMark: 60, notGraded: 0, passed: true, earned: 0, ...score } };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** No control, bidi or zero-width character, but the zero-width space that keeps mentions from being made. */
function assertHarmless(text: string): void {
  // oxlint-disable-next-line no-control-regex -- they are what it looks for
  assert.doesNotMatch(text, /[\u0000-\u0008\u000B-\u001F\u007F\u200E\u200F\u202A-\u202E\u2066-\u2069]/);
}

/** All elements with their attributes, in order; words in backticks may become code, and a dollar sign a span. */
function elements(markdown: string | undefined): string[] {
  return (rendered(markdown).match(/<[^>]*>/g) ?? []).filter((tag) => !/^<\/?(code|span)>$/.test(tag));
}

function rendered(markdown: string | undefined): string {
  return micromark(markdown ?? '', {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
}
