import { z } from 'zod';
import { type CheckContext, defineCheck } from '../check.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { regexProblem } from '../matcher-operators.ts';
import { checkForbidden } from './forbidden-text.ts';
import { checkContents } from './file-contents.ts';
import { checkPackages } from './package-use.ts';
import { openSource } from './source-tree.ts';

const globs = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());
const regex = z.string().superRefine((pattern, context) => {
  const message = regexProblem(pattern);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
const packageName = z.string().regex(/^(@[\w.-]+\/)?[\w.-]+$/, 'a package name looks like express or @scope/name');

/** What files of a submission must be like. */
export const fileRequirements = z
  .strictObject({
    any: globs.optional().describe('Paths or globs in the app’s folder; one file that is as it should be is enough'),
    exists: z.literal(true).optional(),
    json: matcherSchema.optional().describe('The file, read as JSON'),
    text: matcherSchema.optional().describe('The file as text'),
    uses: z
      .union([z.strictObject({ package: packageName }), z.strictObject({ packages: z.array(packageName).min(1) })])
      .transform((value) => ('package' in value ? [value.package] : value.packages))
      .optional()
      .describe('A package that package.json lists and the source imports; of several, one is enough'),
    absent: z
      .strictObject({
        text: regex.describe('A regular expression that no file may match'),
        in: globs.describe('The files that are looked at'),
        message: z.string().describe('What is wrong at the place where it matches'),
      })
      .optional(),
  })
  .superRefine((value, context) => {
    if (value.any === undefined) {
      for (const key of ['exists', 'json', 'text'] as const) {
        if (value[key] !== undefined)
          context.addIssue({ code: 'custom', path: [key], message: `"${key}" needs "any": the files it is about` });
      }
      if (value.uses === undefined && value.absent === undefined)
        context.addIssue({ code: 'custom', path: [], message: 'one of "any", "uses", "absent" is needed' });
    }
  });

type FileRequirements = z.infer<typeof fileRequirements>;

/** Files of the submission as they were handed in: present, valid, with or without something in them. */
export const check = defineCheck<FileRequirements>({
  id: 'source-file',
  summary: 'Looks at files of the submission: that they are there, what they hold, which packages they use',
  params: fileRequirements,
  inputs: ['files'],
  run: lookAtFiles,
});

/** Notes whether the files are as they must be. */
export async function lookAtFiles(
  { record, target, signal }: CheckContext,
  { any, json, text, uses, absent }: FileRequirements,
): Promise<void> {
  const source = await openSource(target.files);
  if (any !== undefined) await checkContents(record, source, { any, json, text });
  if (uses !== undefined) await checkPackages(record, source, uses);
  if (absent !== undefined) await checkForbidden(record, source, absent, signal);
}
