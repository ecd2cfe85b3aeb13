import { diffLines } from 'diff';
import type { VNode } from 'preact';
import type { Assertion, Observation } from '../../report/schema.ts';
import { isBare } from '../outcome.ts';
import { commandLine, sentLine } from './exchange.ts';
import { type Child, markup, prose } from './element.ts';

/** Longer texts are shown beside each other without marking what differs: comparing them takes too long. */
const MOST_COMPARED = 6000;

/** What was not as it should be: what was sent, and expected beside received. */
export function failedAssertion(assertion: Assertion, { exchanges, commands }: Observation): VNode {
  const exchange = exchanges[assertion.exchange ?? -1];
  const command = commands[assertion.command ?? -1];
  if (isBare(assertion)) {
    return markup`<li class="assertion bare"><span class="cross" aria-hidden="true">✘</span><span><span class="hidden-text">Not so: </span>${prose(assertion.title)} <span class="aside">${assertion.received ?? ''}</span></span></li>`;
  }
  return markup`<li class="assertion">
    <h4><span class="cross" aria-hidden="true">✘</span><span class="hidden-text">Not so: </span><span>${prose(assertion.title)}</span></h4>
    ${exchange === undefined ? null : markup`<p class="sent"><span class="label">Sent</span> ${sentLine(exchange)}</p>`}
    ${command === undefined ? null : markup`<p class="sent"><span class="label">Ran</span> <code>${commandLine(command)}</code></p>`}
    ${assertion.expected === undefined && assertion.received === undefined ? null : comparison(assertion.expected, assertion.received)}
  </li>`;
}

/** Two columns. Where both have several lines, those are marked that are on one side only. */
function comparison(expected: string | undefined, received: string | undefined): VNode {
  const comparable =
    expected !== undefined &&
    received !== undefined &&
    `${expected}${received}`.includes('\n') &&
    expected.length + received.length < MOST_COMPARED;
  const lines = comparable ? compare(expected, received) : undefined;
  return markup`<div class=${lines === undefined ? 'sides compared' : 'sides compared marked'}>
    ${expected === undefined ? null : markup`<div class="expected"><h5>Expected</h5><pre tabindex="0"><code>${lines?.expected ?? expected}</code></pre></div>`}
    ${received === undefined ? null : markup`<div class="received"><h5>Received</h5><pre tabindex="0"><code>${lines?.received ?? received}</code></pre></div>`}
  </div>`;
}

/**
 * Both texts by lines, with `del` around what was expected and did not come, `ins` around what came in
 * its place. An expectation may name a part of an object only: a key that it does not name is no difference.
 */
function compare(expected: string, received: string): { expected: Child[]; received: Child[] } {
  const parts = diffLines(withNewline(expected), withNewline(received), { ignoreWhitespace: true }).map((part) => ({
    ...part,
    lines: part.value.split(/(?<=\n)/),
  }));
  const expectedKeys = new Set(parts.filter(({ removed }) => removed).flatMap(({ lines }) => lines.map(keyOf)));
  const side = (other: 'added' | 'removed', wrap: (line: string) => Child): Child[] =>
    parts
      .filter((part) => !part[other])
      .flatMap((part) => part.lines.map((line) => (part.added || part.removed ? wrap(line) : line)));
  return {
    expected: side('added', (line) => markup`<del>${line}</del>`),
    received: side('removed', (line) =>
      keyOf(line) === undefined || expectedKeys.has(keyOf(line)) ? markup`<ins>${line}</ins>` : line,
    ),
  };
}

/** The key on one line of indented JSON. */
function keyOf(line: string): string | undefined {
  return /^\s*"((?:[^"\\]|\\.)*)":/.exec(line)?.[1];
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
