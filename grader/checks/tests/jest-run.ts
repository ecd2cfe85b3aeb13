import { access, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { InfrastructureError, LearnerError, UsageError } from '../../platform/errors.ts';
import { type CommandResult, runCommand } from '../../platform/process.ts';
import { tempDir } from '../../platform/temp-dir.ts';

export interface JestOptions {
  /** Paths in `dir`. */
  specs: readonly string[];
  /** The rubric's folder, absolute. */
  dir: string;
  timeoutMs: number;
  testTimeoutMs: number;
  signal: AbortSignal;
  /** What specs find as `grade`, beside its functions. */
  globals: Readonly<Record<string, unknown>>;
}

/** What we read of Jest's JSON report. */
const resultsSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.enum(['passed', 'failed', 'pending', 'skipped', 'todo', 'disabled', 'focused']),
          failureMessages: z
            .array(z.string())
            .nullish()
            .transform((messages) => messages ?? []),
          duration: z.number().nullish(),
        }),
      ),
    }),
  ),
});
export type JestResults = z.infer<typeof resultsSchema>;

const MAX_OUTPUT_CHARS = 400;

/**
 * Runs Jest on spec files in a process of its own. Its report goes through a file in a folder that
 * nobody else knows: what a spec prints is never read as a result.
 *
 * @throws {UsageError} when a spec file is missing
 * @throws {LearnerError} when the specs did not come to an end: an app that hangs makes them wait
 * @throws {InfrastructureError} when Jest gave no report, such as after a `process.exit` in a spec
 */
export async function runJest(options: JestOptions): Promise<JestResults> {
  const { dir, signal } = options;
  const specs = options.specs.map((spec) => join(dir, spec));
  for (const spec of specs) {
    await access(spec).catch((cause: unknown) => {
      throw new UsageError(`there is no spec file ${spec}`, {
        mend: 'Name spec files by their path from the folder of the rubric.',
        cause,
      });
    });
  }
  await using temp = await tempDir('jest');
  const paths = {
    report: join(temp.path, 'report.json'),
    config: join(temp.path, 'jest.config.json'),
    setup: join(temp.path, 'grade-global.cjs'),
  };
  await Promise.all([
    writeFile(paths.setup, setupFile(options.globals)),
    writeFile(paths.config, JSON.stringify(config(options, specs, temp.path, paths.setup))),
  ]);
  const result = await runCommand(
    [
      process.execPath,
      '--experimental-vm-modules',
      '--no-warnings',
      jestBinary(),
      `--config=${paths.config}`,
      '--json',
      `--outputFile=${paths.report}`,
      '--ci',
      '--runInBand',
      '--forceExit',
      '--silent',
      '--watchman=false',
      '--runTestsByPath',
      ...specs,
    ],
    // Jest looks for a configuration in its folder also when it is given one.
    {
      cwd: temp.path,
      env: { NO_COLOR: '1', FORCE_COLOR: '0', CI: 'true', HOME: temp.path, TMPDIR: temp.path },
      timeoutMs: options.timeoutMs,
      signal,
    },
  );
  if (result.timedOut) {
    throw new LearnerError(`the tests did not come to an end within ${options.timeoutMs / 1000} s`, {
      fault: 'timeout',
    });
  }
  return await readReport(paths.report, result);
}

function config({ dir, testTimeoutMs }: JestOptions, specs: readonly string[], temp: string, setup: string): object {
  return {
    rootDir: dir,
    roots: [...new Set(specs.map(dirname))],
    testMatch: specs.map((spec) => spec.replaceAll('\\', '/').replaceAll(/[()[\]{}!*?+@]/g, '\\$&')),
    testEnvironment: 'node',
    testTimeout: testTimeoutMs,
    // Specs run as they are written; packages that they import may be the grader's own.
    transform: {},
    modulePaths: [dirname(dirname(packageFile('jest')))],
    setupFiles: [setup],
    cacheDirectory: join(temp, 'cache'),
    reporters: [],
    injectGlobals: true,
  };
}

/** Defines `globalThis.grade` for specs. A file, since Jest takes no functions in its settings. */
function setupFile(globals: Readonly<Record<string, unknown>>): string {
  return `'use strict';
const grade = ${JSON.stringify(globals)};
/** Where an operation is found: { method, path, url }. Parameters fill {braces}. */
grade.route = (operation, params = {}) => {
  const route = grade.routes[operation];
  if (!route) throw new Error('operation "' + operation + '" is not in the contract');
  const path = route.path.replace(/\\{(\\w+)\\}/g, (whole, name) => {
    if (params[name] === undefined) throw new Error('the path ' + route.path + ' needs the parameter "' + name + '"');
    return encodeURIComponent(params[name]);
  });
  return { method: route.method, path, url: grade.origin + path };
};
/** The headers that carry a token, the way this app takes it. */
grade.authorization = (token) => ({ [grade.token.header]: grade.token.prefix + token });
globalThis.grade = grade;
`;
}

async function readReport(path: string, { stdout, stderr, exitCode, signal }: CommandResult): Promise<JestResults> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const said = stripVTControlCharacters(`${stderr}\n${stdout}`).trim().slice(0, MAX_OUTPUT_CHARS);
  const mend = 'Run the spec with Jest by hand; a spec must not end its own process.';
  if (text === undefined)
    throw new InfrastructureError(
      `Jest ended (${signal ?? `exit code ${exitCode}`}) without a report: ${said || 'it said nothing'}`,
      { mend },
    );
  const report = resultsSchema.safeParse(JSON.parse(text));
  if (!report.success)
    throw new InfrastructureError('Jest gave a report that the grader can’t read', { mend, cause: report.error });
  return report.data;
}

function jestBinary(): string {
  return join(dirname(packageFile('jest')), 'bin', 'jest.js');
}

function packageFile(name: string): string {
  return createRequire(import.meta.url).resolve(`${name}/package.json`);
}
