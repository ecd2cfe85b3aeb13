import { z } from 'zod';
import { defineCheck } from '../check.ts';
import { duration } from '../duration.ts';
import { runJest } from './jest-run.ts';
import { recordResults } from './jest-results.ts';

const specFile = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+\.[cm]?js$/, 'a spec is a .js, .mjs or .cjs file beside the rubric');
const schema = z.strictObject({
  spec: z
    .union([specFile, z.array(specFile).min(1)])
    .transform((value) => [value].flat())
    .describe('Jest spec files beside the rubric'),
  target: z
    .enum(['app', 'files'])
    .default('app')
    .describe('What the tests look at: the running app, or nothing but `grade.files`'),
  timeout: duration.default(60_000).describe('The longest that all of them may take together'),
  testTimeout: duration.default(10_000).describe('The longest that one test may take'),
});

/**
 * An instructor's own Jest tests, run on the grader's side against the running app: one assertion for
 * each test. The specs are as trusted as the rubric; the app that they talk to is not.
 */
export const check = defineCheck<z.infer<typeof schema>>({
  id: 'jest-suite',
  summary: 'Runs an instructor’s Jest spec files against the app, one verdict for each test',
  params: schema,
  inputs: ({ target }) => [target],
  timeoutMs: 90_000,
  async run(context, { spec, target, timeout, testTimeout }) {
    const results = await runJest({
      specs: spec,
      dir: context.rubricDir,
      timeoutMs: timeout,
      testTimeoutMs: testTimeout,
      signal: context.signal,
      globals: {
        origin: target === 'app' ? context.target.http.origin : undefined,
        routes: target === 'app' ? context.target.http.binding.routes : {},
        token: context.target.http.binding.token,
        env: context.target.env,
        // A spec draws its random values from it, so that a run can be replayed.
        seed: context.values.token(24),
        files: target === 'files' ? await textFiles(context.target.files) : {},
      },
    });
    recordResults(context.record, results, context.rubricDir);
  },
});

/** Most characters of the submission's files that are handed to specs. */
const MAX_FILES_CHARS = 4_000_000;

async function textFiles(files: {
  list(): Promise<string[]>;
  read(path: string): Promise<string | undefined>;
}): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  let left = MAX_FILES_CHARS;
  for (const path of await files.list()) {
    const text = (await files.read(path)) ?? '';
    if (text.includes('\0') || text.length > left) continue;
    left -= text.length;
    found.push([path, text]);
  }
  return Object.fromEntries(found);
}
