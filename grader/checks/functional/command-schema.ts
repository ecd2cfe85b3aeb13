import { z } from 'zod';
import { duration } from '../duration.ts';
import { checkStepTemplates, step as requestStep } from '../flow-schema.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { data, dataByName, exactlyOne, name } from '../params.ts';
import { checkTemplates, type ParameterPath } from '../template-names.ts';

const KINDS = ['run', 'together', 'write', 'remove', 'file', 'serve', 'repeat', 'let'] as const;

/** How a run should end. Without `exit`, it should succeed with exit code 0 (unless it is killed on purpose). */
const runExpectation = z.strictObject({
  exit: z.union([z.int().min(0).max(255), z.enum(['nonzero', 'any'])]).optional(),
  stdout: matcherSchema.optional().describe('What it prints, without the newline at its end'),
  stderr: matcherSchema.optional(),
  time: duration.optional().describe('The longest that it may take'),
  noStack: z.literal(true).optional().describe('It prints no stack trace'),
});

const runSave = z.union([
  z.string().regex(/^(stdout|stderr|exit)\b/, 'a saved value starts with stdout, stderr or exit'),
  z.strictObject({
    from: z.enum(['stdout', 'stderr']),
    matches: z.string().describe('A regular expression; its first group is saved'),
  }),
]);

const runFields = {
  args: z.array(z.union([z.string(), z.number()])).optional(),
  stdin: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  timeout: duration.optional().describe('When it is stopped; default 10s'),
  killAfter: duration.optional().describe('When it is killed in the middle of its work'),
  fileSizeLimit: z
    .int()
    .positive()
    .multipleOf(512)
    .optional()
    .describe('Bytes that it can write into one file: a write that breaks off'),
  title: z.string().optional(),
  expect: runExpectation.optional(),
  save: z.record(z.string(), runSave).optional(),
};

const oneRun = z.strictObject({ run: name, ...runFields });
export type Run = z.infer<typeof oneRun>;

const path = z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, 'a path is relative and stays in the submission');
const fileFields = z
  .strictObject({
    path,
    json: matcherSchema.optional(),
    text: matcherSchema.optional(),
    absent: z.literal(true).optional(),
    title: z.string().optional(),
  })
  .superRefine((value, context) => {
    const extra = (['json', 'text'] as const).find((key) => value[key] !== undefined);
    if (value.absent && extra !== undefined)
      context.addIssue({
        code: 'custom',
        path: [extra],
        message: `"${extra}" can't be asked of a file that is absent`,
      });
  });

const serveFields = z.strictObject({
  run: name,
  args: runFields.args,
  env: runFields.env,
  startup: duration.default(10_000).describe('When it has to listen'),
  steps: z.array(requestStep).min(1).describe('Steps as in http-flow, with `request` only'),
});

const stepFields = {
  run: name.optional().describe('A program of the rubric'),
  ...runFields,
  times: z.int().min(2).max(50).optional().describe('With together: how often it runs at the same time'),
  together: z
    .union([z.literal(true), z.array(oneRun).min(2).max(50)])
    .optional()
    .describe('Runs that happen at the same time'),
  write: z
    .strictObject({ file: path, content: z.string().optional(), json: data.optional() })
    .superRefine((value, context) => exactlyOne(value, ['content', 'json'], context))
    .optional(),
  remove: path.optional(),
  file: fileFields.optional(),
  serve: serveFields.optional().describe('Starts a program that listens, sends it requests, stops it'),
  let: dataByName.optional(),
  repeat: z.int().min(1).max(100).optional().describe('How often to run the steps beside it'),
  independent: z.literal(true).optional(),
};
const stepObject = z.strictObject(stepFields);

/** One step of the check: exactly one of the kinds. */
export type CommandStep = z.infer<typeof stepObject> & { steps?: CommandStep[] | undefined };

export const commandStep: z.ZodType<CommandStep> = z
  .strictObject({ ...stepFields, steps: z.lazy(() => z.array(commandStep).min(1)).optional() })
  .superRefine((value, context) => {
    const kinds = KINDS.filter(
      (kind) => value[kind] !== undefined && !(kind === 'together' && value.together === true),
    );
    if (kinds.length !== 1)
      return exactlyOne({ ...value, ...(value.together === true ? { together: undefined } : {}) }, KINDS, context);
    const kind = kinds[0] ?? 'run';
    const allowed = new Set<string>([
      kind,
      'independent',
      ...(kind === 'run' ? [...Object.keys(runFields), 'times', 'together'] : kind === 'repeat' ? ['steps'] : []),
    ]);
    for (const [key, set] of Object.entries(value)) {
      if (set !== undefined && !allowed.has(key))
        context.addIssue({ code: 'custom', path: [key], message: `"${key}" can't stand in a step with "${kind}"` });
    }
    if ((value.times === undefined) !== (value.together !== true))
      context.addIssue({ code: 'custom', path: [], message: '"times" and "together: true" go together' });
    if (kind === 'repeat' && value.steps === undefined)
      context.addIssue({ code: 'custom', path: [], message: '"repeat" needs "steps"' });
    for (const [i, { call, as }] of (value.serve?.steps ?? []).entries()) {
      if (call !== undefined || as !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['serve', 'steps', i, call === undefined ? 'as' : 'call'],
          message: 'a program has no contract: use "request"',
        });
      }
    }
  });

/** Adds an issue for each template that names nothing at that point; see `checkStepTemplates`. */
export function checkCommandTemplates(
  list: readonly CommandStep[],
  known: Set<string>,
  at: ParameterPath,
  context: z.RefinementCtx,
): void {
  for (const [i, step] of list.entries()) {
    const here = [...at, i];
    const { save, expect, serve, steps, together, ...rest } = step;
    checkTemplates(
      { ...rest, expect, ...(serve ? { serve: { args: serve.args, env: serve.env } } : {}) },
      new Set([...known, 'index']),
      here,
      context,
    );
    if (Array.isArray(together))
      checkTemplates(
        together.map((run) => ({ ...run, save: undefined })),
        known,
        [...here, 'together'],
        context,
      );
    if (serve) checkStepTemplates(serve.steps, known, [...here, 'serve', 'steps'], context);
    if (steps) checkCommandTemplates(steps, known, [...here, 'steps'], context);
    const runs = Array.isArray(together) ? together : [];
    for (const named of [save, step.let, ...runs.map((run) => run.save)].flatMap((names) => Object.keys(names ?? {})))
      known.add(named);
  }
}

/** Every program that steps run. */
export function programsOf(list: readonly CommandStep[]): string[] {
  return list.flatMap((step) => [
    ...(step.run === undefined ? [] : [step.run]),
    ...(Array.isArray(step.together) ? step.together.map(({ run }) => run) : []),
    ...(step.serve ? [step.serve.run] : []),
    ...programsOf(step.steps ?? []),
  ]);
}
