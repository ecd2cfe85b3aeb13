import type { Command } from 'commander';
import type { Session } from './session.ts';

/** `grade list`: what can be graded. */
export function define(root: Command, session: Session): void {
  root
    .command('list')
    .description('list the rubrics, or the checks that rubrics are made of')
    .option('--checks', 'the checks, with what each one does')
    .option('--json', 'as JSON')
    .action(async (options: { checks?: boolean; json?: boolean }) => {
      const rows = options.checks ? await checkRows() : await rubricRows();
      const width = Math.max(...rows.map(({ id }) => id.length));
      session.stdout.write(
        options.json
          ? `${JSON.stringify(rows, undefined, 2)}\n`
          : rows
              .map(
                (row) =>
                  `${row.id.padEnd(width)}  ${'points' in row ? `${String(row.points).padStart(4)} points  ${row.title}` : row.summary}\n`,
              )
              .join(''),
      );
    });
}

async function rubricRows() {
  const { listRubrics } = await import('../rubric/load.ts');
  return listRubrics();
}

async function checkRows() {
  const { checks } = await import('../checks/index.ts');
  return [...checks.values()].map(({ id, summary }) => ({ id, summary }));
}
