import type { Command } from 'commander';
import type { Session } from './session.ts';

/** `grade doctor`: what is there, what is missing, how to get it. */
export function define(root: Command, session: Session): void {
  root
    .command('doctor')
    .description('say what this machine has, what is missing and how to get it')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const { examine } = await import('./doctor/examine.ts');
      const { renderFindings } = await import('./doctor/render.ts');
      const { default: colors } = await import('picocolors');
      const findings = await examine(session);
      const useColor = session.stdout.isTTY === true && !session.env['NO_COLOR'];
      session.stdout.write(
        options.json
          ? `${JSON.stringify(findings, undefined, 2)}\n`
          : renderFindings(findings, colors.createColors(useColor)),
      );
      session.exit(findings.some(({ state }) => state === 'missing') ? 3 : 0);
    });
}
