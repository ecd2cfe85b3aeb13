import type { Recorder } from '../recorder.ts';
import type { FileCoverage } from './line-coverage.ts';
import type { SuiteResult } from './suite-result.ts';

/** Most uncovered stretches that are pointed at, and most files in the table and in the drawing. */
const MAX_GAPS = 20;
const MAX_ROWS = 40;
const MAX_BARS = 8;

/** Takes down what of the source was run: in all, by file, and the largest stretches that were not. */
export function recordCoverage(record: Recorder, files: readonly FileCoverage[], { strange }: SuiteResult): void {
  const lines = sum(files, 'lines');
  const statements = sum(files, 'statements');
  record.measure('linesCovered', percent(lines), '%');
  record.measure('statementsCovered', percent(statements), '%');
  record.measure('linesOfCode', lines.total, '');

  const gaps = files
    .flatMap((file) => file.gaps.map((gap) => ({ file, ...gap })))
    .toSorted((a, b) => b.lines - a.lines || a.file.path.localeCompare(b.file.path) || a.from - b.from);
  for (const { file, from, to, lines: count } of gaps.slice(0, MAX_GAPS)) {
    const where = from === to ? `line ${from} is` : `lines ${from} to ${to} are`;
    const why = file.loaded ? `${where} run by no test` : `${where} run by no test: no test loads this file`;
    record.position({ file: file.path, line: from, message: count > 1 ? `${why} (${count} lines of code)` : why });
  }

  const least = files
    .filter((file) => file.lines.total > 0)
    .toSorted((a, b) => uncovered(b) - uncovered(a) || a.path.localeCompare(b.path));
  record.note(
    `Lines covered by file: ${least.slice(0, MAX_ROWS).map(row).join('; ')}${least.length > MAX_ROWS ? '; …' : ''}.`,
  );
  const drawn = least.slice(0, MAX_BARS);
  if (drawn.length > 1) {
    record.plot({
      title:
        drawn.length < least.length
          ? `Lines covered, in the ${MAX_BARS} files with the most uncovered`
          : 'Lines covered by file',
      x: { label: 'file', values: drawn.map(({ path }) => path) },
      y: { label: '%' },
      series: [{ name: 'lines covered', values: drawn.map((file) => Math.round(percent(file.lines))) }],
    });
  }
  if (strange > 0)
    record.note(
      `The tests left ${strange === 1 ? 'a file' : `${strange} files`} where the grader counts that it has not written; ${strange === 1 ? 'it was' : 'they were'} not read.`,
    );
}

function row({ path, loaded, lines }: FileCoverage): string {
  return `${path} ${lines.covered} of ${lines.total}${loaded ? '' : ' (loaded by no test)'}`;
}

function uncovered({ lines }: FileCoverage): number {
  return lines.total - lines.covered;
}

function sum(files: readonly FileCoverage[], what: 'lines' | 'statements'): { total: number; covered: number } {
  return {
    total: files.reduce((total, file) => total + file[what].total, 0),
    covered: files.reduce((total, file) => total + file[what].covered, 0),
  };
}

/** From 0 to 100, with one decimal; nothing to cover counts as nothing covered. */
function percent({ total, covered }: { total: number; covered: number }): number {
  return total === 0 ? 0 : Math.round((1000 * covered) / total) / 10;
}
