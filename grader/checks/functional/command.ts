import { z } from 'zod';
import { UsageError } from '../../platform/errors.ts';
import { defineCheck } from '../check.ts';
import { dataByName } from '../params.ts';
import { checkTemplates } from '../template-names.ts';
import { CommandFlow } from './command-flow.ts';
import { checkCommandTemplates, commandStep, programsOf } from './command-schema.ts';

const params = z
  .strictObject({
    let: dataByName.default({}).describe('Values to draw before the first step'),
    steps: z.array(commandStep).min(1),
  })
  .superRefine((value, context) => {
    const known = new Set<string>();
    for (const [name, drawn] of Object.entries(value.let)) {
      checkTemplates(drawn, known, ['let', name], context);
      known.add(name);
    }
    checkCommandTemplates(value.steps, known, ['steps'], context);
  });

/** Runs the submission's programs in a fresh copy of it: arguments, input, output, files, exit codes. */
export const check = defineCheck<z.infer<typeof params>>({
  id: 'command',
  summary: 'Runs programs of the submission and looks at what they print, write and exit with',
  params,
  inputs: ['workspace'],
  timeoutMs: 120_000,
  programs: ({ steps }) => programsOf(steps),
  async run(context, { let: drawn, steps }) {
    for (const program of programsOf(steps)) {
      if (!Object.hasOwn(context.target.programs, program))
        throw new UsageError(`the rubric has no program "${program}"`, { mend: 'Name it under `programs:`.' });
    }
    await using workspace = await context.target.workspace();
    const flow = new CommandFlow(context, workspace);
    await flow.let(drawn);
    await flow.run(steps);
  },
});
