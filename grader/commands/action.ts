import type { Command } from 'commander';
import type { Session } from './session.ts';

/** `grade action`: what `action.yml` runs; its inputs come from the environment. */
export function define(root: Command, session: Session): void {
  root
    .command('action', { hidden: true })
    .description('grade inside a GitHub job')
    .action(async () => {
      const { runAction } = await import('../action/run.ts');
      session.exit(await runAction(session));
    });
}
