import type { VNode } from 'preact';
import type { Report } from '../../report/schema.ts';
import { countOf, duration, type Outcome, OUTCOME_WORDS, outcomeOf, passedWords, points } from '../outcome.ts';
import { anchorOf } from './criterion.ts';
import { markup, prose } from './element.ts';
import { code } from './exchange.ts';
import { outcomeIcon } from './icon.ts';

const ORDER: Outcome[] = ['full', 'partial', 'not-graded', 'none'];

/** What was graded, and the score. */
export function scoreHeader(report: Report): VNode {
  const { rubric, submission, score } = report;
  const state = score.passed === null ? 'undecided' : score.passed ? 'passed' : 'failed';
  return markup`<header class="top">
    <div class="titles">
      <p class="eyebrow">${rubric.id} · version ${rubric.version}</p>
      <h1>${rubric.title}</h1>
      <p class="submission"><strong>${submission.name}</strong>${submission.commit === undefined ? null : markup` at <code>${submission.commit.slice(0, 12)}</code>`}${submission.dirty === true ? ' with uncommitted changes' : ''}, graded on <time datetime=${report.startedAt}>${when(report.startedAt)}</time> in ${duration(report.durationMs)}</p>
    </div>
    <section class=${`score ${state}`} aria-labelledby="score-title">
      <h2 id="score-title" class="hidden-text">Score</h2>
      <p class="figure"><strong>${points(score.earned)}</strong><span class="of"> / ${points(score.max)}</span></p>
      <p class="verdict"><span class="badge">${passedWords(report)}</span> pass mark ${points(score.passMark)}${score.notGraded > 0 ? ` · ${countOf(score.notGraded, 'point')} not graded` : ''}</p>
      ${scoreBar(report)}
    </section>
  </header>`;
}

/** The reason why there is little else to read. */
export function bootFailure({ boot }: Report): VNode | null {
  if (boot === undefined || boot.ok) return null;
  return markup`<section class="boot-failure" aria-labelledby="boot-title">
    <h2 id="boot-title"><span aria-hidden="true">✘ </span>The app did not start</h2>
    <p class="reason">${boot.reason ?? 'No reason is known.'}</p>
    ${boot.mend === undefined ? null : markup`<p class="hint"><span class="label">Next</span> ${prose(boot.mend)}</p>`}
    ${boot.evidence === undefined ? null : markup`<ul class="places">${boot.evidence.map(({ file, line, message }) => markup`<li><code>${file}:${line}</code> ${message}</li>`)}</ul>`}
    ${boot.logs.length === 0 ? null : markup`<h3>Its last log lines</h3>${code(boot.logs.join('\n'))}`}
  </section>`;
}

/** All criteria in the rubric's order, as links with their points. */
export function criteriaIndex(report: Report): VNode {
  return markup`<nav class="index" aria-label="Criteria"><ol>
    ${report.criteria.map((result) => markup`<li data-outcome=${outcomeOf(result)}><a href=${`#${anchorOf(report, result)}`}>${outcomeIcon(outcomeOf(result))}<span class="title">${prose(result.title)}</span> <span class="points">${result.verdict.earned === null ? '–' : points(result.verdict.earned)}<span class="of"> / ${points(result.points)}</span></span></a></li>`)}
  </ol></nav>`;
}

/** Points by outcome, side by side. */
function scoreBar({ criteria, score }: Report): VNode {
  const widths: Record<Outcome, number> = { full: 0, partial: 0, 'not-graded': score.notGraded, none: 0 };
  for (const result of criteria) {
    const outcome = outcomeOf(result);
    if (outcome !== 'not-graded') widths[outcome === 'full' ? 'full' : 'partial'] += result.verdict.earned ?? 0;
  }
  widths.none = Math.max(0, score.max - widths.full - widths.partial - widths['not-graded']);
  let at = 0;
  const parts = ORDER.map((outcome) => {
    const width = score.max > 0 ? (widths[outcome] / score.max) * 100 : 0;
    const part = markup`<rect class=${outcome} x=${at} y="0" width=${width} height="4" />`;
    at += width;
    return part;
  });
  const words = ORDER.filter((outcome) => criteria.some((result) => outcomeOf(result) === outcome)).map((outcome) =>
    `${criteria.filter((result) => outcomeOf(result) === outcome).length} with ${OUTCOME_WORDS[outcome]}`.replace(
      'with not graded',
      'not graded',
    ),
  );
  return markup`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">${parts}</svg><p class="counts">Criteria: ${words.join(', ')}</p>`;
}

function when(timestamp: string): string {
  return (
    new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(
      new Date(timestamp),
    ) + ' UTC'
  );
}
