import type { VNode } from 'preact';
import type { Report } from '../../report/schema.ts';
import { duration } from '../outcome.ts';
import { markup } from './element.ts';

/** Shorter work is left out of the list of where the time went. */
const MOST_SPANS = 15;

/** What the grader took for granted about the submission. */
export function assumptions({ assumptions: list }: Report): VNode | null {
  if (list.length === 0) return null;
  return markup`<section aria-labelledby="assumptions-title"><h2 id="assumptions-title">What the grader assumed</h2>
    <p class="aside">Where one is wrong, say so in <code>grade.yaml</code>; <code>grade init</code> writes one.</p>
    <ul class="assumed">${list.map(({ what, because }) => markup`<li>${what} <span class="aside">because ${because}</span></li>`)}</ul>
  </section>`;
}

/** Where, with what and in which time the run was done, and how to do it again. */
export function runFacts(report: Report): VNode {
  const { grader, runtime, services, boot, seed, id } = report;
  const facts: [string, unknown][] = [
    ['Runtime', runtime],
    ...services.map(({ kind, version, provider, detail }): [string, unknown] => [
      kind,
      `${version}, by ${provider} (${detail})`,
    ]),
    ...(boot === undefined
      ? []
      : [['Install and start', `${duration(boot.installMs)} and ${duration(boot.bootMs)}`] as [string, unknown]]),
    ['Grader', `${grader.version} on Node ${grader.node}, ${grader.platform}`],
    ['Seed', markup`<code>${seed}</code> (give it to <code>--seed</code> to replay the run)`],
    ['Run', markup`<code>${id}</code>`],
  ];
  const spans = report.spans.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, MOST_SPANS);
  return markup`<section aria-labelledby="facts-title"><h2 id="facts-title">About this run</h2>
    <dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${
      spans.length === 0
        ? null
        : markup`<details><summary>Where the time went</summary><div class="scroll" tabindex="0" role="group" aria-label="Where the time went"><table>
      <thead><tr><th scope="col">What</th><th scope="col">Began after</th><th scope="col">Took</th></tr></thead>
      <tbody>${spans.map((span) => markup`<tr><th scope="row">${span.name}</th><td>${duration(span.startMs)}</td><td>${duration(span.durationMs)}</td></tr>`)}</tbody>
    </table></div></details>`
    }
  </section>`;
}
