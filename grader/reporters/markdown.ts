import { toUSVString } from 'node:util';
import type { BlockContent, PhrasingContent, RootContent } from 'mdast';
import { gfmToMarkdown } from 'mdast-util-gfm';
import { toMarkdown } from 'mdast-util-to-markdown';
import { printable, printableLine } from '../platform/printable.ts';
import type { Assertion, CriterionResult, Report } from '../report/schema.ts';
import { documentReporter } from './file.ts';
import {
  countOf,
  dependents,
  failedByBoot,
  measured,
  metricWords,
  type Outcome,
  outcomeOf,
  passedWords,
  pathOf,
  points,
} from './outcome.ts';

/** What GitHub takes for a check run's summary or a comment: https://docs.github.com/rest/checks/runs */
const GITHUB_LIMIT = 65_535;
const MOST_LINE = 400;
const MOST_CODE = 1200;
const MOST_ASSERTIONS = 4;
const MOST_ROWS = 150;
const MARKS: Record<Outcome, string> = { full: '✅', partial: '🟡', none: '❌', 'not-graded': '⚪' };

/** A summary in GitHub's Markdown. */
export const reporter = documentReporter((report) => renderMarkdown(report));

/**
 * A report as GitHub Flavored Markdown. Nothing of a submission becomes markup, a link, an image or a mention.
 *
 * @param limit most bytes of UTF-8; what does not fit is left out by whole criteria, and said
 */
export function renderMarkdown(report: Report, limit = GITHUB_LIMIT): string {
  const head = [...title(report), ...bootFailure(report), ...table(report)];
  const lost = report.criteria.filter(
    (result) =>
      ['partial', 'none'].includes(outcomeOf(result)) &&
      result.verdict.fault !== 'dependency' &&
      !failedByBoot(report, result),
  );
  const sections = [
    ...lost.map((result) => lostSection(report, result)),
    notGraded(report),
    assumptions(report),
  ].filter((section) => section.length > 0);
  return fit([head, ...sections].map(markdown), limit);
}

/** As many whole sections as fit; then a line that says how many do not. */
function fit(sections: string[], limit: number): string {
  const size = (value: string): number => Buffer.byteLength(value);
  const note = (left: number): string => `\n_Cut here: ${countOf(left, 'section')} more in the full report._\n`;
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

function title(report: Report): RootContent[] {
  const { rubric, submission, score } = report;
  const open = score.notGraded > 0 ? `, ${countOf(score.notGraded, 'point')} not graded` : '';
  return [
    heading(2, text(`${points(score.earned)} / ${points(score.max)}, ${passedWords(report)}: ${rubric.title}`)),
    paragraph(
      code(`${rubric.id} ${rubric.version}`),
      text(' on '),
      code(submission.name),
      ...(submission.commit === undefined ? [] : [text(' at '), code(submission.commit.slice(0, 12))]),
      text(`. Pass mark ${points(score.passMark)}${open}.`),
    ),
  ];
}

function bootFailure({ boot }: Report): RootContent[] {
  if (boot === undefined || boot.ok) return [];
  return [
    heading(3, text('The app did not start')),
    paragraph(text(boot.reason ?? 'No reason is known.')),
    ...(boot.mend === undefined ? [] : [paragraph(strong('Next:'), ...prose(` ${boot.mend}`))]),
    ...block(boot.logs.join('\n')),
  ];
}

function table({ criteria }: Report): RootContent[] {
  const row = (
    ...cells: PhrasingContent[][]
  ): { type: 'tableRow'; children: { type: 'tableCell'; children: PhrasingContent[] }[] } => ({
    type: 'tableRow',
    children: cells.map((cell) => ({ type: 'tableCell', children: cell })),
  });
  const rows = criteria
    .slice(0, MOST_ROWS)
    .map((result) =>
      row(
        [text(MARKS[outcomeOf(result)])],
        [text(`${result.verdict.earned === null ? '–' : points(result.verdict.earned)} / ${points(result.points)}`)],
        prose(result.title),
      ),
    );
  const left = criteria.length - rows.length;
  return [
    {
      type: 'table',
      align: ['center', 'right', 'left'],
      children: [row([], [text('Points')], [text('Criterion')]), ...rows],
    },
    ...(left > 0 ? [paragraph(text(`and ${left} more`))] : []),
  ];
}

function lostSection(report: Report, result: CriterionResult): RootContent[] {
  const { verdict, evidence, policy } = result;
  const { assertions, measurements, positions } = evidence.observation;
  const failed = assertions.filter(({ ok }) => !ok);
  const also = dependents(report, result);
  const measurement = policy.kind === 'curve' ? measurements[policy.metric] : undefined;
  return [
    heading(
      3,
      ...prose(
        `${MARKS[outcomeOf(result)]} ${result.title} (${points(verdict.earned ?? 0)} / ${points(result.points)})`,
      ),
    ),
    ...(failed.length === 0 && measurement === undefined ? [paragraph(text(verdict.reason))] : []),
    ...failed.slice(0, MOST_ASSERTIONS).flatMap((assertion) => failure(result, assertion)),
    ...(failed.length > MOST_ASSERTIONS
      ? [paragraph(text(`and ${failed.length - MOST_ASSERTIONS} more like these`))]
      : []),
    ...(policy.kind === 'curve' && measurement !== undefined
      ? [paragraph(strong('Measured:'), text(` ${metricWords(policy.metric)} ${measured(measurement)}`))]
      : []),
    ...positions
      .slice(0, MOST_ASSERTIONS)
      .map(({ file, line, message }) => paragraph(code(`${file}:${line}`), text(` ${message}`))),
    ...block(evidence.logs.slice(-6).join('\n')),
    ...(also.length === 0
      ? []
      : [paragraph(text(`Not run because of it: ${also.map((other) => other.title).join('; ')}`))]),
    paragraph(strong('Hint:'), ...prose(` ${result.hint}`)),
  ];
}

function failure(
  { evidence }: CriterionResult,
  { title: what, expected, received, exchange, command }: Assertion,
): BlockContent[] {
  const request = evidence.observation.exchanges[exchange ?? -1]?.request;
  const run = evidence.observation.commands[command ?? -1];
  const lines = [
    ...(request === undefined
      ? []
      : [
          `sent      ${request.method} ${printableLine(pathOf(request.url))}${request.body === undefined ? '' : `\n          ${printableLine(request.body).slice(0, MOST_LINE)}`}`,
        ]),
    ...(run === undefined ? [] : [`ran       ${printableLine(run.command.join(' '))}`]),
    ...(expected === undefined ? [] : [`expected  ${indented(expected)}`]),
    ...(received === undefined ? [] : [`received  ${indented(received)}`]),
  ];
  return [paragraph(...prose(what)), ...block(lines.join('\n'))];
}

function notGraded({ criteria }: Report): RootContent[] {
  const open = criteria.filter((result) => outcomeOf(result) === 'not-graded').slice(0, MOST_ROWS);
  if (open.length === 0) return [];
  return [
    heading(3, text('Not graded')),
    paragraph(text('The grader’s own trouble: these points are neither won nor lost.')),
    list(
      open.map((result) => [text(`${result.title} (${countOf(result.points, 'point')}): ${result.verdict.reason}`)]),
    ),
  ];
}

function assumptions({ assumptions: taken }: Report): RootContent[] {
  if (taken.length === 0) return [];
  return [
    heading(3, text('Assumed')),
    list(taken.slice(0, MOST_ROWS).map(({ what, because }) => [text(`${what} (${because})`)])),
  ];
}

function markdown(children: RootContent[]): string {
  return toMarkdown({ type: 'root', children }, { extensions: [gfmToMarkdown()], bullet: '-', rule: '-' });
}

/**
 * Foreign text in a sentence. The library escapes Markdown, HTML and bare links; a zero-width space
 * keeps GitHub from making mentions and references, which it looks for in what was rendered.
 */
function text(value: string): PhrasingContent {
  return {
    type: 'text',
    value: cut(printable(value).replaceAll(/\s+/g, ' '), MOST_LINE).replaceAll(
      /([@#])(?=\w)|\b(GH)(?=-\d)/gi,
      '$1$2\u200B',
    ),
  };
}

/** As `text`, with `words in backticks` as code. */
function prose(value: string): PhrasingContent[] {
  return cut(printable(value).replaceAll(/\s+/g, ' '), MOST_LINE)
    .split(/`([^`]+)`/)
    .flatMap((part, index) => (part === '' ? [] : [index % 2 === 1 ? code(part) : text(part)]));
}

function strong(value: string): PhrasingContent {
  return { type: 'strong', children: [text(value)] };
}

/** GitHub makes no links, mentions or references in code. */
function code(value: string): PhrasingContent {
  return { type: 'inlineCode', value: cut(printableLine(value), MOST_LINE) || ' ' };
}

function block(value: string): BlockContent[] {
  return value.trim() === '' ? [] : [{ type: 'code', value: cut(printable(value), MOST_CODE) }];
}

function heading(depth: 2 | 3, ...children: PhrasingContent[]): BlockContent {
  return { type: 'heading', depth, children };
}

function paragraph(...children: PhrasingContent[]): BlockContent {
  return { type: 'paragraph', children };
}

function list(items: PhrasingContent[][]): BlockContent {
  return {
    type: 'list',
    spread: false,
    children: items.map((children) => ({
      type: 'listItem',
      spread: false,
      children: [{ type: 'paragraph', children }],
    })),
  };
}

function indented(value: string): string {
  return printable(value).replaceAll('\n', `\n${' '.repeat(10)}`);
}

function cut(value: string, most: number): string {
  return value.length > most ? `${toUSVString(value.slice(0, most))}…` : value;
}
