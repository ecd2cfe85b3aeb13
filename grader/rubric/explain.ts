import type { Colors } from 'picocolors/types.js';
import wrapAnsi from 'wrap-ansi';
import type { Rubric } from './schema.ts';

/**
 * A rubric for a person at a terminal: the contract, then each criterion with its points and hint.
 *
 * @param width columns to wrap at
 */
export function explainRubric(rubric: Rubric, colors: Colors, width: number): string {
  const columns = Math.min(Math.max(width, 40), 100);
  const lines = [
    colors.bold(`${rubric.rubric} · ${rubric.title}`),
    ...(rubric.summary ? [wrapAnsi(rubric.summary.trim(), columns)] : []),
    '',
    `${rubric.points} points; ${rubric.passMark} pass.${rubric.services.length > 0 ? ` Runs beside ${rubric.services.join(', ')}.` : ''}`,
    ...section('Operations', contractRows(rubric), colors),
    ...section(
      'Programs',
      Object.entries(rubric.programs).map(([name, { command, summary }]) => [name, command.join(' '), summary ?? '']),
      colors,
    ),
    '',
    colors.bold('Criteria'),
  ];
  for (const { id, title, points, hint, needs } of rubric.criteria) {
    lines.push('', `${String(points).padStart(4)}  ${colors.bold(title)} ${colors.dim(`(${id})`)}`);
    if (needs.length > 0) lines.push(colors.dim(`      after ${needs.join(', ')}`));
    lines.push(indent(wrapAnsi(hint.trim(), columns - 6), 6));
  }
  if (rubric.notGraded.length > 0) {
    lines.push('', colors.bold('Not graded'));
    for (const { covers, because } of rubric.notGraded)
      lines.push(indent(wrapAnsi(`${covers}: ${because}`, columns - 6), 6));
  }
  lines.push('', colors.dim(`The whole brief: grade explain ${rubric.rubric} --brief`), '');
  return lines.join('\n');
}

function contractRows(rubric: Rubric): string[][] {
  return Object.entries(rubric.contract).map(([name, { request, summary, auth, status }]) => [
    name,
    request,
    [summary, status === undefined ? '' : `→ ${status}`, auth ? 'needs a token' : ''].filter(Boolean).join(', '),
  ]);
}

/** A heading and aligned rows; nothing when there are no rows. */
function section(heading: string, rows: string[][], colors: Colors): string[] {
  if (rows.length === 0) return [];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    '',
    colors.bold(heading),
    ...rows.map(([name = '', what = '', more = '']) =>
      `  ${name.padEnd(widths[0] ?? 0)}  ${what.padEnd(widths[1] ?? 0)}  ${colors.dim(more)}`.trimEnd(),
    ),
  ];
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^/gm, ' '.repeat(by));
}
