import { z } from 'zod';
import { parseYaml, yamlError, type YamlDocument } from '../platform/yaml.ts';
import { mayBeSet } from './environment.ts';
import type { Manifest } from './submission.ts';

/** The name of the learner's own settings file, at the root of the repository or of the day's folder. */
export const MANIFEST_FILE = 'grade.yaml';

/** One command line; it becomes an argument of a shell in the sandbox, never of one outside. */
const commandSchema = z
  .string()
  .trim()
  .min(1, 'a command must not be empty')
  .max(1000)
  .regex(/^[^\n\0]*$/, 'a command is one line');

const valueSchema = z.union([z.string().max(4096), z.number().transform(String), z.boolean().transform(String)]);

const rubricId = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a rubric is named like day-13');

export const manifestSchema = z.strictObject({
  rubric: z
    .union([rubricId, z.array(rubricId).min(1)])
    .transform((ids) => [ids].flat())
    .optional()
    .describe('What this folder is graded by when a push changes it, such as day-13; or a list'),
  path: z
    .string()
    .max(500)
    .refine((path) => !/^([/\\]|[A-Za-z]:)/.test(path), 'must be relative to the repository')
    .refine((path) => !path.split(/[/\\]/).includes('..'), 'must not leave the repository')
    .optional()
    .describe('The folder of the app, such as packages/api'),
  start: commandSchema.optional().describe('How the app is started, such as node src/server.js'),
  build: commandSchema.optional().describe('What is run once before it is started, such as npm run build'),
  port: z.int().min(1).max(65_535).optional().describe('Where it listens when it does not read PORT'),
  env: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable is letters, digits and underscores')
        .refine(mayBeSet, 'is a variable that a submission may not set'),
      valueSchema,
    )
    .optional()
    .describe('Variables that the app needs beside those that it is given'),
  routes: z
    .record(
      z.string().max(100),
      z
        .string()
        .max(500)
        .regex(/^((GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) )?\/\S*$/, 'a route looks like "GET /api/todos/{id}"'),
    )
    .optional()
    .describe('Where the operations of the contract are, when they are elsewhere'),
  deployedUrl: z
    .url({ protocol: /^https?$/, error: 'is a web address, such as https://my-api.onrender.com' })
    .max(500)
    .refine((url) => URL.canParse(url) && new URL(url).username === '', 'must not hold a password')
    .optional()
    .describe('Where the app is deployed, if it is; it is asked there once'),
  commands: z
    .record(z.string().max(100), commandSchema)
    .optional()
    .describe('How the programs of the rubric are started'),
});

/**
 * Parses a learner's grade.yaml. An empty file says nothing.
 *
 * @throws {UsageError} with file, line and column for broken YAML, unknown keys and bad values
 */
export function parseManifest(
  text: string,
  file: string = MANIFEST_FILE,
): { manifest: Manifest; document: YamlDocument | undefined } {
  if (text.split('\n').every((line) => /^\s*(#.*)?$/.test(line))) return { manifest: {}, document: undefined };
  const { data, document } = parseYaml(text, file, manifestSchema);
  return { manifest: data, document };
}

/** The error for a value that only turns out to be wrong when the files are looked at. */
export function manifestError(
  file: string,
  document: YamlDocument | undefined,
  key: keyof Manifest,
  message: string,
): Error {
  const position = document?.locate([key]) ?? { line: 1, column: 1 };
  return yamlError(file, [{ ...position, path: key, message }]);
}
