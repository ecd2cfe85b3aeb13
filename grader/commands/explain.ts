import type { Command } from 'commander';
import type { Session } from './session.ts';

/** `grade explain <rubric>`: what is asked and what it is worth. */
export function define(root: Command, session: Session): void {
  root
    .command('explain')
    .description('show what a rubric asks for and what each part is worth')
    .argument('<rubric>', 'an id such as day-13, or a folder with a rubric.yaml')
    .option('--course <file>', 'as a course weighs it, by a YAML file')
    .option('--brief', 'the whole brief, as Markdown')
    .option('--json', 'the rubric as JSON')
    .action(async (name: string, options: { brief?: boolean; json?: boolean; course?: string }) => {
      const { explainRubric } = await import('../rubric/explain.ts');
      const { checks } = await import('../checks/index.ts');
      const { loadRubric } = await import('../rubric/load.ts');
      const { loadCourse } = await import('../rubric/overlay.ts');
      const { resolve } = await import('node:path');
      const weigh = await loadCourse(options.course && resolve(session.cwd, options.course));
      const rubric = weigh(await loadRubric(name, checks));
      if (options.json) {
        const { dir: _dir, referenceDir: _referenceDir, ...document } = rubric;
        session.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
      } else if (options.brief) {
        const { readFile } = await import('node:fs/promises');
        session.stdout.write(await readFile(`${rubric.dir}/brief.md`, 'utf8'));
      } else {
        const { default: colors } = await import('picocolors');
        const useColor = session.stdout.isTTY === true && !session.env['NO_COLOR'];
        session.stdout.write(explainRubric(rubric, colors.createColors(useColor), session.stdout.columns ?? 80));
      }
    });
}
