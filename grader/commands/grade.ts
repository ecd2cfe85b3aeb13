import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { documents } from '../reporters/index.ts';
import type { GradeRequest } from './grade/once.ts';
import type { Session } from './session.ts';

interface Options extends Omit<GradeRequest, 'rubric' | 'path'> {
  watch?: boolean;
}

/** `grade <rubric> [path]`: the default command. */
export function define(root: Command, session: Session): void {
  const command = root
    .command('run', { isDefault: true })
    .usage('<rubric> [path] [options]')
    .description('grade a folder against a rubric (the word "run" may be left out)')
    .argument('<rubric>', 'an id such as day-13, or a folder with a rubric.yaml')
    .argument('[path]', 'the repository to grade', '.')
    .option('--only <ids...>', 'only these criteria, and what they need')
    .option('--course <file>', 'a course’s own points and pass marks, a YAML file')
    .option('--json [file]', 'the report as JSON, to stdout unless a file is named')
    .option('--html <file>', 'where the HTML report goes (default: grade-report/<rubric>.html)')
    .addOption(
      new Option(
        '--runtime <where>',
        'where the submission runs: in containers, or as a plain process (your own code only)',
      )
        .choices(['auto', 'docker', 'local'])
        .default('auto'),
    )
    .addOption(
      new Option('--services <from>', 'where databases come from')
        .choices(['auto', 'testcontainers', 'embedded', 'external'])
        .default('auto'),
    )
    .option('--seed <text>', 'repeat the random values of an earlier run')
    .option('--trace <file>', 'write where the time went, in Chrome’s trace format')
    .option('--keep', 'leave the app and its databases running afterwards, until Ctrl-C')
    .option('--watch', 'grade again whenever a file changes')
    .action(async (rubric: string, path: string, options: Options) => {
      const { gradeOnce } = await import('./grade/once.ts');
      const request = { ...options, rubric, path: resolve(session.cwd, path) };
      if (!options.watch) return session.exit(await gradeOnce(request, session));
      const { gradeOnChange } = await import('./grade/watch.ts');
      session.exit(await gradeOnChange(request, session));
    });
  for (const name of documents) command.option(`--${name} <file>`, `also as ${name}, to that file`);
}
