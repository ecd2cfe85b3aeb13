import type { Command } from 'commander';
import type { Session } from './session.ts';

interface Options {
  force?: boolean;
  github?: boolean;
}

/** `grade init <rubric>`: writes a grade.yaml with what was found; with `--github`, the workflow that grades every push. */
export function define(root: Command, session: Session): void {
  root
    .command('init')
    .description('write a grade.yaml that tells the grader where your app is and how it starts')
    .argument('[rubric]', 'an id such as day-13')
    .argument('[path]', 'the repository', '.')
    .option('--github', 'write .github/workflows/grade.yml instead, which grades every push')
    .option('--force', 'replace a file that is there')
    .action(async (rubric: string | undefined, path: string, options: Options, command: Command) => {
      if (rubric === undefined && !options.github)
        command.error("error: missing required argument 'rubric'", { code: 'commander.missingArgument' });
      const { initialise } = await import('./init/write.ts');
      session.stdout.write(await initialise({ rubric, path, ...options }, session));
    });
}
