import Table from 'cli-table3';
import { type Comparison, inSeconds, type Spread } from './comparison.ts';

/** One row a contestant: medians with the fastest and slowest run, and the ratio to the baseline. */
export function comparisonTable(rows: ReadonlyMap<string, Comparison>): string {
  const table = new Table({
    head: ['', 'total', 'of the baseline', "the grader's own"],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, { total, ratio, own }] of rows) {
    table.push([name, range(total, inSeconds), range(ratio, (value) => value.toFixed(2)), range(own, inSeconds)]);
  }
  return table.toString();
}

/** Where the time went: median of each part. */
export function partsTable(rows: ReadonlyMap<string, Comparison>): string {
  const table = new Table({
    head: ['', 'where the time went (medians)'],
    colWidths: [null, 100],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const [name, { parts }] of rows) {
    const longest = [...parts].filter(([, milliseconds]) => milliseconds >= 5);
    table.push([name, longest.map(([part, milliseconds]) => `${part} ${inSeconds(milliseconds)}`).join(' · ')]);
  }
  return table.toString();
}

function range(spread: Spread | undefined, show: (value: number) => string): string {
  if (spread === undefined) return '—';
  const { median, min, max } = spread;
  return min === max ? show(median) : `${show(median)}  (${show(min)} – ${show(max)})`;
}
