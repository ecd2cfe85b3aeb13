import type { RootContent } from 'mdast';
import { KnownError, messageOf } from '../../platform/errors.ts';
import { printableLine } from '../../platform/printable.ts';
import type { Report } from '../../report/schema.ts';
import { fit, GITHUB_LIMIT } from '../markdown/fit.ts';
import { cut, link, markdown, paragraph, prose, strong, text } from '../markdown/nodes.ts';
import {
  assumptions,
  bootFailure,
  criteriaTable,
  lostCriteria,
  lostSection,
  notGraded,
  subject,
} from '../markdown/sections.ts';
import { countOf, passedWords, points } from '../outcome.ts';
import { type AnnotationOptions, annotationsOf } from './annotations.ts';
import type { Annotation, Conclusion } from './check-runs.ts';

/** What is said at the end. */
export type Ending =
  /** The commit was graded. */
  | { kind: 'graded'; report: Report }
  /** The grader failed; whatever it was, the learner lost nothing by it. */
  | { kind: 'stopped'; error: unknown }
  /** There was nothing to grade. @property reason one sentence */
  | { kind: 'nothing'; reason: string };

/** A check run's end, within GitHub's limits and escaped. */
export interface Posting {
  conclusion: Conclusion;
  title: string;
  /** Markdown. */
  summary: string;
  /** Markdown. */
  text: string | undefined;
  annotations: Annotation[];
}

export interface PostingOptions extends AnnotationOptions {
  /** The rubric's id; undefined when none is asked for. */
  rubric?: string | undefined;
  /** Where the full report is. */
  reportUrl?: string | undefined;
  /** How to have it graded once more, in one sentence. */
  again: string;
}

const MOST_TITLE = 200;
/** Room that the criteria leave for what stands below them. */
const BELOW_TABLE = 4000;

/** The check run's name, which GitHub tells runs apart by: "Grade / day-13". */
export function checkName(rubric: string | undefined): string {
  return rubric === undefined ? 'Grade' : `Grade / ${printableLine(rubric)}`;
}

/** An ending as a check run shows it. */
export function postingOf(ending: Ending, options: PostingOptions): Posting {
  if (ending.kind === 'graded') return graded(ending.report, options);
  const name = options.rubric === undefined ? '' : `${printableLine(options.rubric)} — `;
  const quiet = { conclusion: 'neutral' as const, text: undefined, annotations: [] };
  if (ending.kind === 'nothing') {
    return { ...quiet, title: `${name}nothing to grade`, summary: markdown([paragraph(...prose(ending.reason))]) };
  }
  return { ...quiet, title: `${name}not graded`, summary: markdown(stopped(ending.error, options)) };
}

function graded(report: Report, options: PostingOptions): Posting {
  const { score, rubric } = report;
  const open = score.notGraded > 0 ? `, ${points(score.notGraded)} not graded` : '';
  const title = `${printableLine(rubric.id)} — ${points(score.earned)} of ${points(score.max)}${open}`;
  return {
    conclusion: score.passed === null ? 'neutral' : score.passed ? 'success' : 'failure',
    title: cut(title, MOST_TITLE),
    summary: summary(report, options),
    text: details(report, options),
    annotations: annotationsOf(report, options),
  };
}

/** Score, what kept the app from starting, the criteria, what was not graded. */
function summary(report: Report, { reportUrl, again }: PostingOptions): string {
  const { score, rubric } = report;
  const head = [
    paragraph(
      strong(`${points(score.earned)} / ${points(score.max)}, ${passedWords(report)}:`),
      ...prose(` ${rubric.title}`),
      ...(reportUrl === undefined ? [] : [text(' · '), link('full report', reportUrl)]),
    ),
    subject(report),
    ...bootFailure(report),
  ];
  const below = [notGraded(report), againWords(report, again)].filter((section) => section.length > 0);
  return fit([headAndTable(report, head), ...below.map((section) => render(section))], GITHUB_LIMIT, reportUrl);
}

/** As many rows as fit. */
function headAndTable(report: Report, head: RootContent[]): string {
  for (let rows = report.criteria.length; ; rows = Math.floor(rows * 0.9)) {
    const rendered = render([...head, ...criteriaTable(report, rows)]);
    if (rows === 0 || Buffer.byteLength(rendered) <= GITHUB_LIMIT - BELOW_TABLE) return rendered;
  }
}

/** What lost points and why, with the hints folded; then what was assumed. */
function details(report: Report, { reportUrl }: PostingOptions): string | undefined {
  const sections = [
    ...lostCriteria(report).map((result) => lostSection(report, result, { fold: true })),
    assumptions(report),
  ].filter((section) => section.length > 0);
  if (sections.length === 0) return undefined;
  return fit(
    sections.map((section) => render(section)),
    GITHUB_LIMIT,
    reportUrl,
  );
}

function againWords({ score }: Report, again: string): RootContent[] {
  if (score.notGraded === 0) return [];
  const open = `${countOf(score.notGraded, 'point')} ${score.notGraded === 1 ? 'is' : 'are'} still open. `;
  return [paragraph(text(open), ...prose(again))];
}

function stopped(error: unknown, { again }: PostingOptions): RootContent[] {
  const mend = error instanceof KnownError ? error.mend : undefined;
  return [
    paragraph(
      strong('The grader could not grade this commit.'),
      text(' No points are lost by it: the commit has no score yet.'),
    ),
    paragraph(strong('Why:'), ...prose(` ${messageOf(error)}`)),
    ...(mend === undefined ? [] : [paragraph(strong('Next:'), ...prose(` ${mend}`))]),
    paragraph(strong('Again:'), ...prose(` ${again}`)),
  ];
}

/** A table that is padded to look even would fill the space that GitHub gives. */
function render(children: RootContent[]): string {
  return markdown(children, { alignTables: false });
}
