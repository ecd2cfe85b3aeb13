import { join, relative } from 'node:path';
import { z } from 'zod';
import { LearnerError } from '../platform/errors.ts';
import { readInside } from './files.ts';

const MAX_BYTES = 1024 * 1024;
const dependenciesSchema = z.record(z.string(), z.string());

/** What we read of a package.json; every other key is free. */
const packageSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  type: z.string().optional(),
  engines: z.record(z.string(), z.string()).optional(),
  main: z.string().optional(),
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  packageManager: z.string().optional().catch(undefined),
  workspaces: z.unknown().optional(),
  resolutions: z.unknown().optional(),
  pnpm: z.unknown().optional(),
  dependencies: dependenciesSchema.optional(),
  devDependencies: dependenciesSchema.optional(),
  optionalDependencies: dependenciesSchema.optional(),
  peerDependencies: dependenciesSchema.optional(),
  peerDependenciesMeta: z.unknown().optional(),
  bundleDependencies: z.unknown().optional(),
  overrides: z.unknown().optional(),
});
export type PackageJson = z.infer<typeof packageSchema>;

/**
 * Reads `folder`/package.json; undefined when there is none.
 *
 * @param root the copy's root, to name the file in messages and to stay inside
 * @throws {LearnerError} when it is too large, no JSON, or its usual keys have the wrong shape
 */
export async function readPackage(root: string, folder: string): Promise<PackageJson | undefined> {
  const file = relative(root, join(folder, 'package.json')).split('\\').join('/');
  const text = await readInside(root, file, MAX_BYTES + 1);
  if (text === undefined) return undefined;
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new LearnerError(`${file} is larger than 1 MB.`, {
      mend: 'A package.json lists scripts and dependencies; keep data elsewhere.',
    });
  }
  const parsed = packageSchema.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new LearnerError(`${file} is not a valid package.json: ${problems.join('; ')}.`, {
    mend: `Correct ${file}; "npm pkg fix" finds the usual mistakes.`,
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 200) : 'unreadable';
    const conflict = /^<{7} /m.test(text) ? ' It still has the marks of a merge conflict.' : '';
    throw new LearnerError(`${file} is not valid JSON: ${reason}.${conflict}`, {
      mend: `Correct ${file}: look for a missing or an extra comma, quote or brace.`,
      cause: error,
    });
  }
}
