import { printableLine } from '../../platform/printable.ts';
import type { Assertion, CommandRun, CriterionResult, Exchange, Fault, Report } from '../../report/schema.ts';
import { countOf, dependents, isBare, measured, metricWords, outcomeOf, pathOf, points, quantity } from '../outcome.ts';
import type { Page } from './page.ts';

const MOST_ASSERTIONS = 3;
const MOST_LOG_LINES = 5;
const MOST_POSITIONS = 5;
const STOPPED_LABELS: Partial<Record<Fault, string>> = { timeout: 'timed out', 'out-of-memory': 'no memory' };

/** Why a criterion lost points: what was sent, what was expected, what came back, the log, the hint. */
export function lostBlock(page: Page, report: Report, result: CriterionResult): string[] {
  const { bold, dim } = page.ink;
  const { verdict, evidence } = result;
  const { assertions, positions, notes } = evidence.observation;
  const failed = assertions.filter((assertion) => !assertion.ok);
  const telling = failed.filter((assertion) => !isBare(assertion));
  const shown = (telling.length > 0 ? telling : failed).slice(0, MOST_ASSERTIONS);
  const also = dependents(report, result);
  return [
    ...page.spread(
      `${page.mark(outcomeOf(result))} ${bold(printableLine(result.title))}`,
      `${bold(points(verdict.earned ?? 0))} ${dim(`/ ${points(result.points)}`)}`,
    ),
    ...(failed.length === 0 && result.policy.kind !== 'curve' ? stopped(page, result) : []),
    ...shown.flatMap((assertion) => ['', ...failure(page, result, assertion)]),
    ...(failed.length > shown.length
      ? ['', ...page.wrap(dim(`and ${failed.length - shown.length} more that did not hold, or were not tried`), 2)]
      : []),
    ...(result.policy.kind === 'curve' ? measurements(page, result) : []),
    '',
    ...positions
      .slice(0, MOST_POSITIONS)
      .flatMap(({ file, line, column, message }) =>
        page.field(
          'where',
          `${printableLine(file)}:${line}${column === undefined ? '' : `:${column}`}  ${printableLine(message)}`,
          { most: 3 },
        ),
      ),
    ...notes.flatMap((note) => page.field('note', note, { most: 3, style: dim })),
    ...(evidence.logs.length === 0
      ? []
      : page.field('app log', evidence.logs.slice(-MOST_LOG_LINES).join('\n'), {
          most: MOST_LOG_LINES * 2,
          style: dim,
        })),
    ...(also.length === 0
      ? []
      : page.field(
          'also lost',
          `${countOf(
            also.reduce((sum, other) => sum + other.points, 0),
            'point',
          )}, not run: ${also.map(({ title }) => printableLine(title)).join('; ')}`,
          { most: 4 },
        )),
    ...page.field('hint', result.hint, { most: 14, style: page.ink.yellow }),
  ];
}

/** The check did not come to its end. */
function stopped(page: Page, { verdict, evidence }: CriterionResult): string[] {
  const last = evidence.observation.exchanges.at(-1);
  const lastRun = evidence.observation.commands.at(-1);
  return [
    '',
    ...(last === undefined ? [] : sent(page, last)),
    ...(lastRun === undefined ? [] : ran(page, lastRun)),
    ...page.field(STOPPED_LABELS[verdict.fault ?? 'learner'] ?? 'received', verdict.reason, { style: page.ink.red }),
    ...(evidence.mend === undefined ? [] : page.field('next', evidence.mend)),
  ];
}

function failure(page: Page, { evidence }: CriterionResult, assertion: Assertion): string[] {
  const exchange = evidence.observation.exchanges[assertion.exchange ?? -1];
  const run = evidence.observation.commands[assertion.command ?? -1];
  return [
    ...page.wrap(`${page.ink.red('✘')} ${printableLine(assertion.title)}`, 2, 4),
    ...(exchange === undefined ? [] : sent(page, exchange)),
    ...(run === undefined ? [] : ran(page, run)),
    ...(assertion.expected === undefined
      ? []
      : page.field('expected', compact(assertion.expected), { style: page.ink.green })),
    ...(assertion.received === undefined
      ? []
      : page.field('received', compact(assertion.received), { style: page.ink.red })),
    ...(exchange === undefined ? [] : answer(page, exchange)),
    ...(run === undefined ? [] : printed(page, run)),
  ];
}

/** Method, path, who asked, and the body in short. */
function sent(page: Page, { request }: Exchange): string[] {
  const who = request.headers['authorization'];
  return [
    ...page.field('sent', `${request.method} ${pathOf(request.url)}`, { most: 3 }),
    ...(who === undefined
      ? []
      : page.field('', page.line(`authorization: ${who}`, 48), { most: 1, style: page.ink.dim })),
    ...(request.body === undefined || request.body === '' ? [] : page.field('', compact(request.body), { most: 4 })),
  ];
}

function answer(page: Page, { response, error }: Exchange): string[] {
  if (response === undefined) return page.field('answer', error ?? 'none', { style: page.ink.dim });
  const body = response.body.trim() === '' ? '(empty body)' : compact(response.body);
  return page.field('answer', `${response.status}  ${body}`, { most: 4, style: page.ink.dim });
}

function ran(page: Page, { command, stdin }: CommandRun): string[] {
  return [
    ...page.field('ran', command.map(quoteWord).join(' '), { most: 3 }),
    ...(stdin === undefined || stdin === '' ? [] : page.field('stdin', stdin, { most: 3 })),
  ];
}

function printed(page: Page, run: CommandRun): string[] {
  const end = run.timedOut
    ? 'it was stopped: out of time'
    : run.exitCode === null
      ? `ended by ${run.signal ?? 'a signal'}`
      : `exit code ${run.exitCode}`;
  const style = page.ink.dim;
  return [
    ...page.field('ended', end, { style }),
    ...(run.stdout.trim() === '' ? [] : page.field('stdout', run.stdout.trimEnd(), { most: 5, style })),
    ...(run.stderr.trim() === '' ? [] : page.field('stderr', run.stderr.trimEnd(), { most: 5, style })),
  ];
}

/** What a curve was read from: the metric, and where full marks are. */
function measurements(page: Page, { policy, evidence }: CriterionResult): string[] {
  if (policy.kind !== 'curve') return [];
  const measurement = evidence.observation.measurements[policy.metric];
  if (measurement === undefined) return [];
  const scale = policy.points
    .map(([x, fraction]) => `${shareWords(fraction)} at ${quantity(x, measurement.unit)}`)
    .join(', ');
  const others = Object.entries(evidence.observation.measurements).filter(([name]) => name !== policy.metric);
  return [
    '',
    ...page.field('measured', `${metricWords(policy.metric)} ${measured(measurement)}`, { style: page.ink.bold }),
    ...page.field('worth', scale),
    ...(others.length === 0
      ? []
      : page.field(
          'also',
          others.map(([name, { value, unit }]) => `${metricWords(name)} ${quantity(value, unit)}`).join(' · '),
          { style: page.ink.dim },
        )),
  ];
}

function shareWords(fraction: number): string {
  if (fraction === 0) return 'no points';
  return fraction === 1 ? 'all points' : `${Math.round(fraction * 100)}%`;
}

/** JSON on as few lines as it takes. */
function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/** A word as one would type it; for reading, not for running. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
