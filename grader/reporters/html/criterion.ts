import type { VNode } from 'preact';
import type { CriterionResult, Plot, Report } from '../../report/schema.ts';
import {
  countOf,
  dependents,
  failedByBoot,
  FAULT_WORDS,
  measured,
  metricWords,
  outcomeOf,
  points,
  quantity,
} from '../outcome.ts';
import { failedAssertion } from './assertion.ts';
import { markup, prose } from './element.ts';
import { code, commandDetails, exchangeDetails } from './exchange.ts';
import { outcomeIcon } from './icon.ts';
import { plotFigure } from './plot.ts';

/** Transcripts of one criterion that the page holds; the JSON report has the others. */
const MOST_TRANSCRIPTS = 25;

/** One criterion: open where its own checks lost points. */
export function criterionCard(report: Report, result: CriterionResult, drawings: ReadonlyMap<Plot, VNode>): VNode {
  const { verdict, evidence } = result;
  const outcome = outcomeOf(result);
  const earned = verdict.earned === null ? '–' : points(verdict.earned);
  return markup`<article class="criterion" id=${anchorOf(report, result)} data-outcome=${outcome}>
    <details open=${outcome !== 'full' && !failedByBoot(report, result)}>
      <summary>
        ${outcomeIcon(outcome)}<h3>${prose(result.title)}</h3>
        ${verdict.fault === null || verdict.fault === 'learner' ? null : markup`<span class="tag">${FAULT_WORDS[verdict.fault]}</span>`}
        <span class="points"><strong>${earned}</strong> / ${points(result.points)}<span class="hidden-text"> points</span></span>
      </summary>
      <div class="inside">
        ${reasons(report, result)}
        ${!worthAHint(report, result) ? null : markup`<p class="hint"><span class="label">Hint</span> ${prose(result.hint)}</p>`}
        ${scoring(result)}
        ${evidence.observation.plots.length === 0 ? null : markup`<div class="plots">${evidence.observation.plots.map((plot) => plotFigure(plot, drawings.get(plot)))}</div>`}
        ${positions(result)}
        ${evidence.logs.length === 0 ? null : markup`<h4>The app’s last log lines</h4>${code(evidence.logs.join('\n'))}`}
        ${evidence.observation.notes.map((note) => markup`<p class="note">${note}</p>`)}
        ${held(result)}
        ${transcripts(result)}
      </div>
    </details>
  </article>`;
}

/** A criterion's place on the page, free of what a rubric may call it. */
export function anchorOf(report: Report, result: CriterionResult): string {
  return `criterion-${report.criteria.indexOf(result) + 1}`;
}

function reasons(report: Report, result: CriterionResult): unknown {
  const { verdict, evidence } = result;
  const failed = evidence.observation.assertions.filter((assertion) => !assertion.ok);
  const also = dependents(report, result);
  return [
    failed.length === 0 && verdict.reason !== '' && !(result.policy.kind === 'curve' && evidence.status === 'observed')
      ? markup`<p class="reason">${prose(sentence(verdict.reason))}</p>`
      : null,
    evidence.mend === undefined
      ? null
      : markup`<p class="reason"><span class="label">Next</span> ${prose(evidence.mend)}</p>`,
    failed.length === 0
      ? null
      : markup`<ul class="assertions">${failed.map((assertion) => failedAssertion(assertion, evidence.observation))}</ul>`,
    also.length === 0
      ? null
      : markup`<p class="note">This also cost ${countOf(
          also.reduce((sum, other) => sum + other.points, 0),
          'point',
        )}, as what needs it was not run: ${also.map(({ title }) => title).join('; ')}.</p>`,
  ];
}

/** A hint helps where the learner’s code was looked at and lost points. */
function worthAHint(report: Report, result: CriterionResult): boolean {
  return (
    ['partial', 'none'].includes(outcomeOf(result)) &&
    result.verdict.fault !== 'dependency' &&
    !failedByBoot(report, result)
  );
}

/** How a curve made points of a number, and what else was measured. */
function scoring({ policy, evidence }: CriterionResult): VNode | null {
  const entries = Object.entries(evidence.observation.measurements);
  if (entries.length === 0) return null;
  const deciding = policy.kind === 'curve' ? evidence.observation.measurements[policy.metric] : undefined;
  return markup`<h4>Measured</h4>
    ${policy.kind === 'curve' && deciding !== undefined ? markup`<p>Scored by <strong>${metricWords(policy.metric)}: ${measured(deciding)}</strong>. ${policy.points.map(([x, fraction]) => `${Math.round(fraction * 100)}% of the points at ${quantity(x, deciding.unit)}`).join(', ')}; in between in proportion.</p>` : null}
    <div class="scroll" tabindex="0" role="group" aria-label="Measurements"><table>
      <thead><tr><th scope="col">What</th><th scope="col">Value</th><th scope="col">Each round</th></tr></thead>
      <tbody>${entries.map(([name, { value, unit, samples }]) => markup`<tr><th scope="row">${metricWords(name)}</th><td>${quantity(value, unit)}</td><td>${samples.length === 0 ? '–' : samples.map((sample) => quantity(sample, '')).join(', ')}</td></tr>`)}</tbody>
    </table></div>`;
}

function positions({ evidence }: CriterionResult): VNode | null {
  const found = evidence.observation.positions;
  if (found.length === 0) return null;
  return markup`<h4>In your files</h4><ul class="positions">${found.map(({ file, line, column, message }) => markup`<li><code>${file}:${line}${column === undefined ? '' : `:${column}`}</code> ${message}</li>`)}</ul>`;
}

function held({ evidence }: CriterionResult): VNode | null {
  const fine = evidence.observation.assertions.filter(({ ok }) => ok);
  if (fine.length === 0) return null;
  return markup`<details class="held"><summary>${fine.length === 1 ? '1 thing was as it should be' : `${fine.length} things were as they should be`}</summary><ul>${fine.map(({ title }) => markup`<li><span aria-hidden="true">✔ </span>${title}</li>`)}</ul></details>`;
}

/** Those that a failed assertion speaks of come first. */
function transcripts({ evidence }: CriterionResult): VNode | null {
  const { exchanges, commands, assertions } = evidence.observation;
  if (exchanges.length + commands.length === 0) return null;
  const blamed = new Set(assertions.filter(({ ok }) => !ok).map(({ exchange }) => exchanges[exchange ?? -1]));
  const shown =
    exchanges.length <= MOST_TRANSCRIPTS
      ? exchanges
      : [
          ...exchanges.filter((exchange) => blamed.has(exchange)),
          ...exchanges.filter((exchange) => !blamed.has(exchange)),
        ].slice(0, MOST_TRANSCRIPTS);
  const left = exchanges.length - shown.length;
  return markup`<h4>${exchanges.length > 0 ? 'What was sent and what came back' : 'What was run'}</h4>
    ${shown.map((exchange) => exchangeDetails(exchange))}${commands.map((run) => commandDetails(run))}
    ${left > 0 ? markup`<p class="aside">${left} more in the JSON report.</p>` : null}`;
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
