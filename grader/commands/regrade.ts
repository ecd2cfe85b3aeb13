import type { Command } from 'commander';
import type { RegradeOptions } from './regrade/regrade.ts';
import type { Session } from './session.ts';

/** `grade regrade <report>`: scores saved evidence again, without running anything of the learner's. */
export function define(root: Command, session: Session): void {
  root
    .command('regrade')
    .description('score a saved report again from its evidence, with a changed rubric; runs no learner code')
    .argument('<report>', 'a report that --json wrote')
    .option('--rubric <rubric>', 'the rubric to score by (default: the one that the report names)')
    .option('--course <file>', 'a course’s own points and pass marks, a YAML file')
    .option('--json <file>', 'write the new report there')
    .option('--html <file>', 'and as HTML there')
    .action(async (file: string, options: RegradeOptions) => {
      const { regrade } = await import('./regrade/regrade.ts');
      session.exit(await regrade(file, options, session));
    });
}
