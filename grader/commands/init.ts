import type { Command } from 'commander';
import type { Session } from './session.ts';

/** `grade init <rubric>`: writes a grade.yaml to fill in. */
export function define(root: Command, session: Session): void {
  root
    .command('init')
    .description('write a grade.yaml that tells the grader where your app is and how it starts')
    .argument('<rubric>', 'an id such as day-13')
    .argument('[path]', 'the repository', '.')
    .option('--force', 'replace a grade.yaml that is there')
    .action(async (name: string, path: string, options: { force?: boolean }) => {
      const [{ checks }, { loadRubric }, { manifestTemplate }, { writeFile }, { resolve }, { UsageError }] =
        await Promise.all([
          import('../checks/index.ts'),
          import('../rubric/load.ts'),
          import('../rubric/manifest-template.ts'),
          import('node:fs/promises'),
          import('node:path'),
          import('../platform/errors.ts'),
        ]);
      const rubric = await loadRubric(name, checks);
      const file = resolve(session.cwd, path, 'grade.yaml');
      try {
        await writeFile(file, manifestTemplate(rubric), { flag: options.force ? 'w' : 'wx' });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST')
          throw new UsageError(`${file} is there already`, { mend: 'Edit it, or replace it with --force.' });
        if (code === 'ENOENT')
          throw new UsageError(`there is no folder ${resolve(session.cwd, path)}`, {
            mend: 'Name the folder of your repository.',
          });
        throw error;
      }
      session.stdout.write(`Wrote ${file}. Everything in it is optional; take out the # where the default is wrong.\n`);
    });
}
