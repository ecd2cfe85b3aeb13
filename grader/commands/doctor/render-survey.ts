import type { Colors } from 'picocolors/types.js';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { printable, printableLine } from '../../platform/printable.ts';
import type { Fact } from '../../submission/survey/findings.ts';
import type { Look } from './look-at.ts';

/** Rows of one kind that are shown; `--json` has all. */
const MOST_ROWS = 40;

/** A survey for a person at a terminal. @param width columns to wrap at */
export function renderSurvey(look: Look, colors: Colors, width: number): string {
  const columns = Math.min(Math.max(width, 40), 120);
  const { assumed, missing, rubric } = look;
  const sections = [
    [
      colors.bold(`${printableLine(look.name)}${rubric === undefined ? '' : `, for ${rubric}`}`),
      ...wrapped(colors.dim('Read from its files; nothing of it was run.'), columns, 0),
    ],
    [colors.bold('Detected'), ...facts(detected(look), colors, columns)],
    [
      colors.bold('Assumed'),
      ...(assumed.length === 0 ? ['  nothing'] : []),
      ...assumed.flatMap(({ what, because }) => [
        ...wrapped(`${colors.yellow('–')} ${printableLine(what)}`, columns, 2),
        ...wrapped(colors.dim(printableLine(because)), columns, 4),
      ]),
    ],
    [
      colors.bold('Missing'),
      ...(missing.length === 0 ? ['  nothing'] : []),
      ...missing.flatMap(({ what, mend, at }) => [
        ...wrapped(
          `${colors.red('✗')} ${printableLine(what)}${at === undefined ? '' : ` (${printableLine(at)})`}`,
          columns,
          2,
        ),
        ...wrapped(colors.dim(printableLine(mend)), columns, 4),
      ]),
    ],
    [
      colors.bold('grade.yaml'),
      ...wrapped(
        colors.dim(
          `This settles it; ${rubric === undefined ? 'with a rubric, ' : ''}grade init ${rubric ?? '<rubric>'} writes it.`,
        ),
        columns,
        2,
      ),
      ...printable(look.manifest)
        .trimEnd()
        .split('\n')
        .map((line) => (line === '' ? '' : `  ${line.startsWith('#') ? colors.dim(line) : line}`)),
    ],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The facts, with the operations of the rubric in place of bare routes where there are some. */
function detected({ detected: all, operations }: Look): Fact[] {
  if (operations.length === 0) return all;
  return [
    ...all.filter(({ what }) => what !== 'Route'),
    ...operations.flatMap(({ name, request, route, at }) =>
      route === undefined
        ? []
        : [
            {
              what: 'Operation',
              value: `${name}: ${route}${route === request ? '' : ` (the brief: ${request})`}`,
              ...(at === undefined ? {} : { at }),
            },
          ],
    ),
  ];
}

function facts(all: readonly Fact[], colors: Colors, columns: number): string[] {
  const width = Math.max(0, ...all.map(({ what }) => stringWidth(what)));
  const byKind = [...Map.groupBy(all, ({ what }) => what).values()];
  return byKind.flatMap((rows) => {
    const shown = rows.slice(0, MOST_ROWS).flatMap(({ what, value, at }, index) => {
      const label = (index === 0 ? what : '').padEnd(width);
      const [first = '', ...more] = wrapAnsi(
        `${printableLine(value)}${at === undefined ? '' : colors.dim(`  ${printableLine(at)}`)}`,
        columns - width - 4,
      ).split('\n');
      return [`  ${label}  ${first}`, ...more.map((line) => `  ${' '.repeat(width)}    ${line}`)];
    });
    const left = rows.length - MOST_ROWS;
    return left > 0 ? [...shown, `  ${' '.repeat(width)}  ${colors.dim(`and ${left} more`)}`] : shown;
  });
}

function wrapped(text: string, columns: number, indent: number): string[] {
  return wrapAnsi(text, columns - indent)
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`);
}
