import type { Command } from 'commander';
import { UsageError } from '../platform/errors.ts';
import type { Session } from './session.ts';

interface Options {
  rubric?: string;
  json?: boolean;
}

/** `grade doctor`: what this machine has; with a path, what can be read from a submission. */
export function define(root: Command, session: Session): void {
  root
    .command('doctor')
    .description('say what this machine has and lacks; with a path, what is found out about a submission')
    .argument('[path]', 'a repository: how it is started and spoken to, with the evidence; nothing of it is run')
    .option('--rubric <rubric>', 'what the submission is graded by, such as day-04')
    .option('--json', 'as JSON')
    .action(async (path: string | undefined, options: Options) => {
      if (path === undefined && options.rubric !== undefined)
        throw new UsageError('--rubric needs a submission to look at', {
          mend: 'Name its folder: grade doctor . --rubric day-04',
        });
      const { default: colors } = await import('picocolors');
      const ink = colors.createColors(session.stdout.isTTY === true && !session.env['NO_COLOR']);
      const show = (value: unknown, text: () => string) =>
        session.stdout.write(options.json ? `${JSON.stringify(value, undefined, 2)}\n` : text());
      if (path === undefined) {
        const { examine } = await import('./doctor/examine.ts');
        const { renderFindings } = await import('./doctor/render.ts');
        const findings = await examine(session);
        show(findings, () => renderFindings(findings, ink));
        session.exit(findings.some(({ state }) => state === 'missing') ? 3 : 0);
      } else {
        const { lookAt } = await import('./doctor/look-at.ts');
        const { renderSurvey } = await import('./doctor/render-survey.ts');
        const found = await lookAt(path, options.rubric, session);
        show(found, () => renderSurvey(found, ink, session.stdout.columns ?? 100));
      }
    });
}
