import { createHash } from 'node:crypto';
import type { VNode } from 'preact';
import type { Plot, Report } from '../../report/schema.ts';
import { type Outcome, outcomeOf, passedWords, points } from '../outcome.ts';
import { criterionCard } from './criterion.ts';
import { markup } from './element.ts';
import { iconSheet } from './icon.ts';
import { bootFailure, criteriaIndex, scoreHeader } from './overview.ts';
import { assumptions, runFacts } from './run-facts.ts';
import { script } from './script.ts';
import { styles } from './styles.ts';

/** Nothing from elsewhere is loaded, and of scripts and styles only the page's own run, known by their hash. */
const POLICY = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(styles)}'; base-uri 'none'; form-action 'none'`;

const GROUPS: { id: string; title: string; outcomes: Outcome[] }[] = [
  { id: 'lost', title: 'Lost points', outcomes: ['none', 'partial'] },
  { id: 'not-graded', title: 'Not graded', outcomes: ['not-graded'] },
  { id: 'full', title: 'Full marks', outcomes: ['full'] },
];

/** The whole document. */
export function page(report: Report, drawings: ReadonlyMap<Plot, VNode>): VNode {
  const { rubric, submission, score } = report;
  return markup`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content=${POLICY} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <title>${`${points(score.earned)} / ${points(score.max)} ${passedWords(report)}: ${rubric.id}, ${submission.name}`}</title>
      <style dangerouslySetInnerHTML=${{ __html: styles }} />
    </head>
    <body>
      <a class="skip" href="#criteria">Skip to the criteria</a>
      ${iconSheet()}
      ${scoreHeader(report)}
      <div class="columns">
        <div class="side">${criteriaIndex(report)}</div>
        <main id="criteria" tabindex="-1">
          ${bootFailure(report)}
          ${toolbar(report)}
          ${GROUPS.map((group) => section(report, drawings, group))}
          ${assumptions(report)}
          ${runFacts(report)}
        </main>
      </div>
      <p id="status" class="hidden-text" role="status"></p>
      <script dangerouslySetInnerHTML=${{ __html: script }} />
    </body>
  </html>`;
}

function section(
  report: Report,
  drawings: ReadonlyMap<Plot, VNode>,
  { id, title, outcomes }: (typeof GROUPS)[number],
): VNode | null {
  const results = report.criteria.filter((result) => outcomes.includes(outcomeOf(result)));
  if (results.length === 0) return null;
  return markup`<section class="group" data-group=${id} aria-labelledby=${`group-${id}`}>
    <h2 id=${`group-${id}`}>${title} <span class="count">${results.length}</span></h2>
    ${id === 'not-graded' ? markup`<p class="aside">The grader’s own trouble, and nothing that you did. These points are neither won nor lost.</p>` : null}
    ${results.map((result) => criterionCard(report, result, drawings))}
  </section>`;
}

function toolbar({ criteria }: Report): VNode {
  const counted = (outcomes: Outcome[]): number =>
    criteria.filter((result) => outcomes.includes(outcomeOf(result))).length;
  const filters = [
    { id: 'all', title: 'All', count: criteria.length },
    ...GROUPS.filter(({ id }) => id !== 'full').map(({ id, title, outcomes }) => ({
      id,
      title,
      count: counted(outcomes),
    })),
  ];
  return markup`<div class="toolbar">
    <fieldset class="filter"><legend class="hidden-text">Show criteria</legend>
      ${filters.map(({ id, title, count }) => markup`<label><input type="radio" name="filter" id=${`filter-${id}`} checked=${id === 'all'} disabled=${count === 0} /><span>${title} <span class="count">${count}</span></span></label>`)}
    </fieldset>
    <div class="tools">
      <button type="button" id="fold">Unfold all</button>
      <button type="button" id="theme">Theme: auto</button>
      ${criteria.some(({ evidence }) => evidence.observation.exchanges.length > 0) ? markup`<label class="origin">Send curl to <input id="origin" type="url" value="http://localhost:3000" size="22" spellcheck=${false} autocomplete="off" /></label>` : null}
    </div>
  </div>`;
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
