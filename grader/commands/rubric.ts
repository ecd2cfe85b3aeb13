import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Session } from './session.ts';

/** `grade rubric …`: for those who write rubrics. */
export function define(root: Command, session: Session): void {
  const rubric = root.command('rubric').description('write and prove rubrics');

  rubric
    .command('lint')
    .description('check rubrics for mistakes, with file, line and column')
    .argument('[rubrics...]', 'default: all')
    .action(async (names: string[]) => {
      const { lint } = await import('./rubric/lint.ts');
      session.exit(await lint(names, session));
    });

  rubric
    .command('verify')
    .description('prove rubrics: the reference scores everything, each defect fails exactly what its header says')
    .argument('[rubrics...]', 'default: all')
    .option('--only <fixtures...>', 'only these: "reference" or names of defects')
    .addOption(
      new Option('--runtime <where>', 'where fixtures run').choices(['auto', 'docker', 'local']).default('auto'),
    )
    .addOption(
      new Option('--services <from>', 'where databases come from')
        .choices(['auto', 'testcontainers', 'embedded', 'external'])
        .default('auto'),
    )
    .option('--everything', 'also the criteria that defects spare')
    .option('--repeat <times>', 'run each fixture so often, and fail when its verdicts differ', times, 1)
    .action(async (names: string[], options: VerifyOptions) => {
      const { verify } = await import('./rubric/verify.ts');
      session.exit(await verify(names, options, session));
    });

  rubric
    .command('coverage')
    .description('show which criterion stands for which phrase of the curriculum; fails on a gap')
    .argument('[rubrics...]', 'default: all')
    .action(async (names: string[]) => {
      const { coverage } = await import('./rubric/coverage.ts');
      session.exit(await coverage(names, session));
    });

  rubric
    .command('schema')
    .description('print the JSON Schema of rubrics, or of reports')
    .option('--report', 'of reports')
    .option('--out <file>', 'into a file, at once or not at all')
    .action(async (options: { report?: boolean; out?: string }) => {
      const schema = options.report
        ? (await import('../reporters/json.ts')).reportJsonSchema()
        : (await import('../rubric/json-schema.ts')).rubricJsonSchema((await import('../checks/index.ts')).checks);
      const text = `${JSON.stringify(schema, undefined, 2)}\n`;
      if (options.out === undefined) return void session.stdout.write(text);
      const { rename, writeFile } = await import('node:fs/promises');
      const { resolve } = await import('node:path');
      const file = resolve(session.cwd, options.out);
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    });
}

function times(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 to 999.');
  return Number(text);
}

/** Options of `grade rubric verify`. */
export interface VerifyOptions {
  only?: string[];
  runtime: 'auto' | 'docker' | 'local';
  services: 'auto' | 'testcontainers' | 'embedded' | 'external';
  everything?: boolean;
  repeat: number;
}
