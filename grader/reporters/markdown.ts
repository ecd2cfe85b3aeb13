import type { RootContent } from 'mdast';
import type { Report } from '../report/schema.ts';
import { documentReporter } from './file.ts';
import { fit, GITHUB_LIMIT } from './markdown/fit.ts';
import { heading, markdown, text } from './markdown/nodes.ts';
import {
  assumptions,
  bootFailure,
  criteriaTable,
  lostCriteria,
  lostSection,
  notGraded,
  subject,
} from './markdown/sections.ts';
import { passedWords, points } from './outcome.ts';

/** A summary in GitHub's Markdown. */
export const reporter = documentReporter((report) => renderMarkdown(report));

/**
 * A report as GitHub Flavored Markdown. Nothing of a submission becomes markup, a link, an image or a mention.
 *
 * @param limit most bytes of UTF-8; what does not fit is left out by whole criteria, and said
 */
export function renderMarkdown(report: Report, limit = GITHUB_LIMIT): string {
  const head = [...title(report), ...bootFailure(report), ...criteriaTable(report)];
  const sections = [
    ...lostCriteria(report).map((result) => lostSection(report, result)),
    notGraded(report),
    assumptions(report),
  ].filter((section) => section.length > 0);
  return fit(
    [head, ...sections].map((section) => markdown(section)),
    limit,
  );
}

function title(report: Report): RootContent[] {
  const { rubric, score } = report;
  return [
    heading(2, text(`${points(score.earned)} / ${points(score.max)}, ${passedWords(report)}: ${rubric.title}`)),
    subject(report),
  ];
}
