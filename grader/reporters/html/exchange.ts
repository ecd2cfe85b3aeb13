import type { VNode } from 'preact';
import type { CommandRun, Exchange } from '../../report/schema.ts';
import { duration, originOf, pathOf } from '../outcome.ts';
import { curlCommand, quote } from './curl.ts';
import { markup } from './element.ts';

/** Characters of one body that the page shows; the JSON report has what was recorded. */
const MOST_BODY = 4000;

/** One request and its answer, folded up, with a command that sends it again. */
export function exchangeDetails(exchange: Exchange, open = false): VNode {
  const { request, response, error, durationMs } = exchange;
  return markup`<details class="exchange" open=${open}>
    <summary><span class="method">${request.method}</span> <span class="path">${pathOf(request.url)}</span> <span class=${`status ${statusClass(exchange)}`}>${response?.status ?? 'no answer'}</span> <span class="aside">${duration(durationMs)}</span></summary>
    <div class="sides">
      <div><h5>Sent</h5>${headerList(request.headers)}${request.body === undefined ? markup`<p class="aside">No body.</p>` : code(pretty(request.body))}</div>
      <div><h5>Came back</h5>${response === undefined ? markup`<p>No answer: ${error ?? 'unknown reason'}.</p>` : markup`${headerList(response.headers)}${code(response.body === '' ? '(empty body)' : pretty(response.body))}${response.truncated || response.body.length > MOST_BODY ? markup`<p class="aside">Cut; ${response.bytes.toLocaleString('en-GB')} bytes in all.</p>` : null}`}</div>
    </div>
    <div class="curl"><div class="curl-head"><h5>Send it again</h5><button type="button" class="copy" data-copied="Copied">Copy as curl</button></div>${code(curlCommand(exchange), originOf(request.url))}</div>
  </details>`;
}

/** One run of a command, folded up. */
export function commandDetails(run: CommandRun, open = false): VNode {
  const end = run.timedOut
    ? 'out of time'
    : run.exitCode === null
      ? `ended by ${run.signal ?? 'a signal'}`
      : `exit code ${run.exitCode}`;
  const parts: [string, string | undefined][] = [
    ['Standard input', run.stdin],
    ['Standard output', run.stdout],
    ['Standard error', run.stderr],
  ];
  return markup`<details class="exchange" open=${open}>
    <summary><span class="path">${commandLine(run)}</span> <span class=${`status ${run.exitCode === 0 ? 'good' : 'bad'}`}>${end}</span> <span class="aside">${duration(run.durationMs)}</span></summary>
    ${parts.flatMap(([title, text]) => (text === undefined || text === '' ? [] : [markup`<h5>${title}</h5>`, code(text.slice(0, MOST_BODY))]))}
    ${run.stdout === '' && run.stderr === '' ? markup`<p class="aside">It printed nothing.</p>` : null}
  </details>`;
}

/** `POST /todos` and the body in short: what an assertion was about. */
export function sentLine({ request }: Exchange): VNode {
  const body =
    request.body === undefined || request.body === ''
      ? null
      : markup` <code class="body">${request.body.slice(0, 300)}</code>`;
  return markup`<span><span class="method">${request.method}</span> <code>${pathOf(request.url)}</code>${body}</span>`;
}

export function commandLine({ command }: CommandRun): string {
  return command.map(quote).join(' ');
}

/** A block of text that scrolls by itself, also by keyboard. */
export function code(text: string, origin?: string): VNode {
  return markup`<pre tabindex="0" data-origin=${origin}><code>${text}</code></pre>`;
}

function headerList(headers: Record<string, string>): VNode | null {
  const entries = Object.entries(headers);
  if (entries.length === 0) return null;
  return markup`<dl class="headers">${entries.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** JSON indented; other text as it is. */
function pretty(text: string): string {
  if (text.length > MOST_BODY) return `${text.slice(0, MOST_BODY)}…`;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

function statusClass({ response }: Exchange): string {
  if (response === undefined || response.status >= 500) return 'bad';
  return response.status >= 400 ? 'warn' : 'good';
}
