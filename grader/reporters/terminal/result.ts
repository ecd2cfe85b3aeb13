import { printableLine } from '../../platform/printable.ts';
import type { CriterionResult, Report } from '../../report/schema.ts';
import { countOf, duration, failedByBoot, outcomeOf, passedWords, points } from '../outcome.ts';
import { lostBlock } from './lost-block.ts';
import { Page, padEnd, padStart } from './page.ts';

const METER_WIDTH = 48;
const NO_BREAK_SPACE = '\u00A0';

/**
 * The result of a run as text: what went wrong first, the marks and the score last, where the eye is
 * when a command ends.
 */
export function renderResult(
  report: Report,
  options: { columns?: number | undefined; color: boolean; htmlFile?: string | undefined },
): string {
  const page = new Page(options);
  const sections = [
    heading(page, report),
    bootFailure(page, report),
    ...report.criteria
      .filter(
        (result) =>
          ['partial', 'none'].includes(outcomeOf(result)) &&
          result.verdict.fault !== 'dependency' &&
          !failedByBoot(report, result),
      )
      .map((result) => [page.rule(), ...lostBlock(page, report, result)]),
    notGraded(page, report),
    assumptions(page, report),
    [page.rule(), ...marks(page, report)],
    [...scoreLine(page, report), ...whereMore(page, options.htmlFile)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function heading(page: Page, { rubric, submission, runtime, services, durationMs }: Report): string[] {
  const { bold, dim } = page.ink;
  const commit = submission.commit === undefined ? '' : ` @ ${page.line(submission.commit.slice(0, 7))}`;
  const changed = submission.dirty === true ? ', with uncommitted changes' : '';
  const where = [
    `${page.line(submission.name, 40)}${commit}${changed}`,
    page.line(runtime, 24),
    ...services.map(({ kind, version }) => page.line(`${kind} ${version}`, 24)),
    duration(durationMs),
  ];
  return [
    ...page.wrap(bold(`${page.line(rubric.id)}  ${page.line(rubric.title)}`)),
    ...page.wrap(dim(where.map((fact) => fact.replaceAll(' ', NO_BREAK_SPACE)).join(' · '))),
  ];
}

function bootFailure(page: Page, { boot }: Report): string[] {
  if (boot === undefined || boot.ok) return [];
  const { bold, red, inverse } = page.ink;
  return [
    ...page.wrap(
      `${inverse(red(bold(`${NO_BREAK_SPACE}DID NOT START${NO_BREAK_SPACE}`)))} ${bold(printableLine(boot.reason ?? 'The app did not start.'))}`,
    ),
    '',
    ...(boot.mend === undefined ? [] : page.field('next', boot.mend, { style: page.ink.bold })),
    ...(boot.evidence ?? []).flatMap(({ file, line, message }) => page.field('see', `${file}:${line}  ${message}`)),
    ...(boot.logs.length === 0
      ? []
      : page.field('app log', boot.logs.slice(-12).join('\n'), { most: 14, style: page.ink.dim })),
  ];
}

function notGraded(page: Page, report: Report): string[] {
  const open = report.criteria.filter((result) => outcomeOf(result) === 'not-graded');
  if (open.length === 0) return [];
  const { bold, dim } = page.ink;
  return [
    page.rule(),
    ...page.wrap(`${bold('Not graded')}  ${dim('nothing that you did; these points are neither won nor lost')}`),
    // One cause, such as a missing database, often keeps many criteria from being graded: said once.
    ...[...Map.groupBy(open, ({ verdict, evidence }) => `${verdict.reason}\n${evidence.mend ?? ''}`).values()].flatMap(
      (alike) => [
        '',
        ...alike.flatMap((result) =>
          page.spread(
            `${page.mark('not-graded')} ${bold(printableLine(result.title))}`,
            dim(countOf(result.points, 'point')),
          ),
        ),
        ...page.field('because', alike[0]?.verdict.reason ?? ''),
        ...page.field('next', alike[0]?.evidence.mend ?? 'Run it again; if it happens again, run `grade doctor`.'),
      ],
    ),
  ];
}

function assumptions(page: Page, report: Report): string[] {
  if (report.assumptions.length === 0) return [];
  const { bold, dim } = page.ink;
  return [
    page.rule(),
    ...page.wrap(`${bold('Assumed')}  ${dim('wrong? say so in grade.yaml (`grade init` writes one)')}`),
    ...report.assumptions.flatMap(({ what, because }) =>
      page.wrap(`- ${printableLine(what)} ${dim(`(${printableLine(because)})`)}`, 2, 4),
    ),
  ];
}

/** One row a criterion; those that only the missing app has cost are one row together. */
function marks(page: Page, report: Report): string[] {
  const lostToBoot = report.criteria.filter((result) => failedByBoot(report, result));
  const others = report.criteria.filter((result) => !lostToBoot.includes(result));
  const rows = others.map((result) => row(page, report, result));
  if (lostToBoot.length > 0) {
    const sum = lostToBoot.reduce((total, result) => total + result.points, 0);
    rows.unshift(
      markRow(page, report, {
        mark: page.mark('none'),
        earned: '0',
        max: sum,
        title: `${countOf(lostToBoot.length, 'criterion').replace('criterions', 'criteria')} that need the running app`,
        aside: '',
      }),
    );
  }
  return rows.flat();
}

function row(page: Page, report: Report, result: CriterionResult): string[] {
  const { verdict } = result;
  const outcome = outcomeOf(result);
  const aside =
    outcome === 'not-graded'
      ? 'not graded'
      : verdict.fault === 'dependency'
        ? 'not run'
        : verdict.fault === 'timeout'
          ? 'too slow'
          : verdict.fault === 'out-of-memory'
            ? 'out of memory'
            : '';
  return markRow(page, report, {
    mark: page.mark(outcome),
    earned: verdict.earned === null ? '–' : points(verdict.earned),
    max: result.points,
    title: printableLine(result.title),
    aside,
  });
}

function markRow(
  page: Page,
  report: Report,
  cells: { mark: string; earned: string; max: number; title: string; aside: string },
): string[] {
  const { dim } = page.ink;
  const widest = Math.max(...report.criteria.map(({ verdict }) => points(verdict.earned ?? 0).length));
  const widestMax = Math.max(
    ...report.criteria.map((result) => points(result.points).length),
    points(cells.max).length,
  );
  const figures = `${padStart(cells.earned, widest)} ${dim('/')} ${dim(padEnd(points(cells.max), widestMax))}`;
  const left = ` ${cells.mark}  ${figures}  `;
  const indent = 1 + 1 + 2 + widest + 3 + widestMax + 2;
  const aside = cells.aside === '' ? '' : `  ${dim(cells.aside)}`;
  const [first = '', ...rest] = page.wrap(cells.title + aside, indent);
  return [left + first.slice(indent), ...rest];
}

function scoreLine(page: Page, report: Report): string[] {
  const { bold, dim, green, red, yellow } = page.ink;
  const { score } = report;
  const color = score.passed === null ? yellow : score.passed ? green : red;
  const asides = [
    `pass mark ${points(score.passMark)}`,
    ...(score.notGraded > 0 ? [`${countOf(score.notGraded, 'point')} not graded`] : []),
  ];
  const words = ` ${bold(color(`${points(score.earned)} / ${points(score.max)}`))}  ${bold(color(passedWords(report)))}`;
  return [
    ...page.wrap(`${words}  ${dim(asides.join(' · '))}`, 1, 1),
    ` ${meter(page, score.earned / score.max, score.notGraded / score.max, color)}`,
  ];
}

/** The score as a bar: earned, not graded, lost. */
function meter(page: Page, earned: number, open: number, color: (text: string) => string): string {
  const width = Math.min(page.width - 2, METER_WIDTH);
  const filled = Math.round(width * Math.min(1, Math.max(0, earned)));
  const unknown = Math.min(width - filled, Math.ceil(width * open));
  return `${color('━'.repeat(filled))}${page.ink.cyan('╍'.repeat(unknown))}${page.ink.dim('─'.repeat(width - filled - unknown))}`;
}

function whereMore(page: Page, htmlFile: string | undefined): string[] {
  return htmlFile === undefined ? [] : ['', ` ${page.ink.dim('Everything in detail:')} ${printableLine(htmlFile)}`];
}
