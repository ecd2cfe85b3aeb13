import { create } from 'xmlbuilder2';
import { printable, printableLine } from '../platform/printable.ts';
import type { CriterionResult, Report } from '../report/schema.ts';
import { documentReporter } from './file.ts';
import { outcomeOf, points } from './outcome.ts';
import { lostBlock } from './terminal/lost-block.ts';
import { Page } from './terminal/page.ts';

/** What XML 1.0 forbids even as a reference, and `printable` has left: https://www.w3.org/TR/xml/#charsets */
const REPLACEMENT = '\uFFFD';
/** Each criterion's text in the file; transcripts are already bounded when they are recorded. */
const MOST_DETAIL = 32_768;
const SECOND = 1000;

/** JUnit XML for CI servers: one test case a criterion. */
export const reporter = documentReporter(renderJUnit);

/**
 * JUnit XML as Jenkins and GitLab read it. A criterion that lost points is a `failure`, one that the
 * grader could not judge an `error`, one that waited for such a one `skipped`. Points are properties.
 */
export function renderJUnit(report: Report): string {
  const counts = {
    tests: report.criteria.length,
    failures: count(report, 'failure'),
    errors: count(report, 'error'),
    skipped: count(report, 'skipped'),
  };
  const time = (report.durationMs / SECOND).toFixed(3);
  const document = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: REPLACEMENT });
  const suites = document.ele('testsuites', { name: 'grade', ...counts, time });
  const suite = suites.ele('testsuite', {
    name: attribute(`${report.rubric.id} ${report.rubric.title}`),
    ...counts,
    time,
    timestamp: report.startedAt.replace(/(\.\d+)?Z$/, ''),
    id: 0,
    package: attribute(report.submission.name),
  });
  const facts = {
    'score.earned': points(report.score.earned),
    'score.max': points(report.score.max),
    'score.notGraded': points(report.score.notGraded),
    'score.passMark': points(report.score.passMark),
    'score.passed': String(report.score.passed ?? 'undecided'),
    'rubric.version': report.rubric.version,
    'submission.commit': report.submission.commit ?? '',
    'grader.version': report.grader.version,
    seed: report.seed,
  };
  properties(suite, facts);
  for (const result of report.criteria) testCase(suite, report, result);
  return `${document.end({ prettyPrint: true })}\n`;
}

type Element = ReturnType<ReturnType<typeof create>['ele']>;

function testCase(suite: Element, report: Report, result: CriterionResult): void {
  const { verdict, evidence } = result;
  const element = suite.ele('testcase', {
    name: attribute(result.title),
    classname: attribute(`${report.rubric.id}.${result.id}`),
    time: (evidence.durationMs / SECOND).toFixed(3),
  });
  properties(element, {
    'points.earned': verdict.earned === null ? '' : points(verdict.earned),
    'points.max': points(result.points),
    check: evidence.check,
  });
  const kind = kindOf(result);
  const message = attribute(verdict.reason);
  if (kind === 'failure')
    element.ele('failure', { message, type: verdict.fault ?? 'learner' }).txt(detail(report, result));
  if (kind === 'error') element.ele('error', { message, type: 'infrastructure' }).txt(printable(evidence.mend ?? ''));
  if (kind === 'skipped') element.ele('skipped', { message });
  if (evidence.logs.length > 0)
    element.ele('system-out').txt(printable(evidence.logs.join('\n')).slice(0, MOST_DETAIL));
}

function kindOf(result: CriterionResult): 'passed' | 'failure' | 'error' | 'skipped' {
  const outcome = outcomeOf(result);
  if (outcome === 'full') return 'passed';
  if (outcome !== 'not-graded') return 'failure';
  return result.evidence.status === 'errored' ? 'error' : 'skipped';
}

function count(report: Report, kind: ReturnType<typeof kindOf>): number {
  return report.criteria.filter((result) => kindOf(result) === kind).length;
}

function properties(parent: Element, values: Record<string, string>): void {
  const element = parent.ele('properties');
  for (const [name, value] of Object.entries(values)) element.ele('property', { name, value: attribute(value) });
}

function detail(report: Report, result: CriterionResult): string {
  return lostBlock(new Page({ columns: 100, color: false }), report, result)
    .join('\n')
    .slice(0, MOST_DETAIL);
}

/** Attributes are one line: XML turns a newline in them into a space anyway. */
function attribute(text: string): string {
  return printableLine(text);
}
