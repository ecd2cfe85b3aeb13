import type { Command } from 'commander';
import type { Session } from './session.ts';

interface ExplainOptions {
  brief?: boolean;
  json?: boolean;
  course?: string;
  binding?: boolean;
}

/** `grade explain <rubric>`: what is asked and what it is worth; with `--binding`, where a submission has it. */
export function define(root: Command, session: Session): void {
  root
    .command('explain')
    .description('show what a rubric asks for and what each part is worth')
    .argument('<rubric>', 'an id such as day-13, or a folder with a rubric.yaml; with --binding also a report')
    .argument('[path]', 'the submission, for --binding', '.')
    .option('--course <file>', 'as a course weighs it, by a YAML file')
    .option('--brief', 'the whole brief, as Markdown')
    .option('--binding', 'where the submission has each operation of the contract, and what is otherwise there')
    .option('--json', 'the rubric, or the binding, as JSON')
    .action(async (name: string, path: string, options: ExplainOptions) => {
      if (options.binding) return explainBinding(name, path, options, session);
      const { explainRubric } = await import('../rubric/explain.ts');
      const rubric = await loadWeighed(name, options, session);
      if (options.json) {
        const { dir: _dir, referenceDir: _referenceDir, ...document } = rubric;
        session.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
      } else if (options.brief) {
        const { readFile } = await import('node:fs/promises');
        session.stdout.write(await readFile(`${rubric.dir}/brief.md`, 'utf8'));
      } else {
        session.stdout.write(explainRubric(rubric, await colorsFor(session), session.stdout.columns ?? 80));
      }
    });
}

async function explainBinding(name: string, path: string, options: ExplainOptions, session: Session): Promise<void> {
  const { bindingByFiles, bindingOfReport, renderBinding } = await import('./explain/binding.ts');
  const explained = name.endsWith('.json')
    ? { title: name, facts: await bindingOfReport(name, session) }
    : await loadWeighed(name, options, session).then(async (rubric) => ({
        title: `${rubric.rubric} · ${rubric.title}`,
        facts: await bindingByFiles(rubric, path, session),
      }));
  session.stdout.write(
    options.json
      ? `${JSON.stringify(explained.facts, undefined, 2)}\n`
      : renderBinding(explained.title, explained.facts, await colorsFor(session)),
  );
}

async function loadWeighed(name: string, options: ExplainOptions, session: Session) {
  const { checks } = await import('../checks/index.ts');
  const { loadRubric } = await import('../rubric/load.ts');
  const { loadCourse } = await import('../rubric/overlay.ts');
  const { resolve } = await import('node:path');
  const weigh = await loadCourse(options.course && resolve(session.cwd, options.course));
  return weigh(await loadRubric(name, checks));
}

async function colorsFor(session: Session) {
  const { default: colors } = await import('picocolors');
  return colors.createColors(session.stdout.isTTY === true && !session.env['NO_COLOR']);
}
