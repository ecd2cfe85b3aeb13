import type { BlockContent, RootContent } from 'mdast';
import { printable, printableLine } from '../../platform/printable.ts';
import type { Assertion, CriterionResult, Report } from '../../report/schema.ts';
import {
  countOf,
  dependents,
  failedByBoot,
  measured,
  metricWords,
  type Outcome,
  outcomeOf,
  pathOf,
  points,
} from '../outcome.ts';
import { block, code, folded, heading, list, MOST_LINE, paragraph, prose, strong, table, text } from './nodes.ts';

const MOST_ASSERTIONS = 4;
const MOST_ROWS = 150;
export const MARKS: Record<Outcome, string> = { full: '✅', partial: '🟡', none: '❌', 'not-graded': '⚪' };

/** Which rubric judged what, by which mark. */
export function subject({ rubric, submission, score }: Report): BlockContent {
  const open = score.notGraded > 0 ? `, ${countOf(score.notGraded, 'point')} not graded` : '';
  return paragraph(
    code(`${rubric.id} ${rubric.version}`),
    text(' on '),
    code(submission.name),
    ...(submission.commit === undefined ? [] : [text(' at '), code(submission.commit.slice(0, 12))]),
    text(`. Pass mark ${points(score.passMark)}${open}.`),
  );
}

/** Why the app did not start; nothing when it did. */
export function bootFailure({ boot }: Report): RootContent[] {
  if (boot === undefined || boot.ok) return [];
  return [
    heading(3, text('The app did not start')),
    paragraph(text(boot.reason ?? 'No reason is known.')),
    ...(boot.mend === undefined ? [] : [paragraph(strong('Next:'), ...prose(` ${boot.mend}`))]),
    ...(boot.evidence === undefined
      ? []
      : [list(boot.evidence.map(({ file, line, message }) => [code(`${file}:${line}`), text(` ${message}`)]))]),
    ...block(boot.logs.join('\n')),
  ];
}

/** A row for each criterion. @param most rows; what is left out is counted below */
export function criteriaTable({ criteria }: Report, most = MOST_ROWS): RootContent[] {
  const rows = criteria
    .slice(0, most)
    .map((result) => [
      [text(MARKS[outcomeOf(result)])],
      [text(`${result.verdict.earned === null ? '–' : points(result.verdict.earned)} / ${points(result.points)}`)],
      prose(result.title),
    ]);
  const left = criteria.length - rows.length;
  return [
    table(['center', 'right', 'left'], [[[], [text('Points')], [text('Criterion')]], ...rows]),
    ...(left > 0 ? [paragraph(text(`and ${left} more`))] : []),
  ];
}

/** The criteria that lost points and were looked at. */
export function lostCriteria(report: Report): CriterionResult[] {
  return report.criteria.filter(
    (result) =>
      ['partial', 'none'].includes(outcomeOf(result)) &&
      result.verdict.fault !== 'dependency' &&
      !failedByBoot(report, result),
  );
}

/**
 * What a criterion lost its points by: what was sent, expected and received, where it lies, and the hint.
 *
 * @param options.fold shows the app's lines and the hint by a click
 */
export function lostSection(report: Report, result: CriterionResult, { fold = false } = {}): RootContent[] {
  const { verdict, evidence, policy } = result;
  const { assertions, measurements, positions } = evidence.observation;
  const failed = assertions.filter(({ ok }) => !ok);
  const also = dependents(report, result);
  const measurement = policy.kind === 'curve' ? measurements[policy.metric] : undefined;
  const lines = block(evidence.logs.slice(-6).join('\n'));
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
    ...(fold && lines.length > 0 ? folded('The app’s last lines', ...lines) : lines),
    ...(also.length === 0
      ? []
      : [paragraph(text(`Not run because of it: ${also.map((other) => other.title).join('; ')}`))]),
    ...(fold
      ? folded('Hint', paragraph(...prose(result.hint)))
      : [paragraph(strong('Hint:'), ...prose(` ${result.hint}`))]),
  ];
}

/** The criteria that are nobody's loss. */
export function notGraded({ criteria }: Report): RootContent[] {
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

/** What the grader took for granted. */
export function assumptions({ assumptions: taken }: Report): RootContent[] {
  if (taken.length === 0) return [];
  return [
    heading(3, text('Assumed')),
    list(taken.slice(0, MOST_ROWS).map(({ what, because }) => [text(`${what} (${because})`)])),
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

function indented(value: string): string {
  return printable(value).replaceAll('\n', `\n${' '.repeat(10)}`);
}
