import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '../platform/errors.ts';

/** What a workflow asks for, and what GitHub says of the job that it runs in. */
export interface ActionInputs {
  /** Rubrics to grade by; undefined for those that the push touches. */
  rubrics: string[] | undefined;
  /** The folder to grade, from the workspace. */
  path: string;
  /** A course's overlay, from the workspace. */
  course: string | undefined;
  token: string;
  /** Percent of the points below which the step fails; undefined for each rubric's pass mark. */
  failBelow: number | undefined;
  runtime: 'auto' | 'docker' | 'local';
  /** Absolute. */
  workspace: string;
  /** Where reports are written, absolute. */
  reportsDir: string;
  repository: { owner: string; repo: string };
  /** The commit that people see: of a pull request its head, not the merge that was checked out. */
  headSha: string;
  /** What the change is counted from; undefined when everything is new. */
  base: string | undefined;
  apiUrl: string;
  /** The job's page. */
  jobUrl: string;
  /** The same when this attempt is tried again. */
  attempt: string;
  summaryFile: string | undefined;
}

const sha = z.string().regex(/^[0-9a-f]{40,64}$/);
const optional = z
  .string()
  .trim()
  .transform((text) => text || undefined)
  .optional();

const environmentSchema = z.object({
  INPUT_RUBRIC: optional,
  INPUT_PATH: optional,
  INPUT_COURSE: optional,
  INPUT_GITHUB_TOKEN: z.string('is missing: give the action `github-token`').min(1),
  INPUT_FAIL_BELOW: optional
    .transform((text) => (text === undefined ? undefined : Number(text)))
    .pipe(z.number('is a number of percent').min(0).max(100).optional()),
  INPUT_RUNTIME: optional.pipe(z.enum(['auto', 'docker', 'local']).default('docker')),
  GITHUB_WORKSPACE: z.string(),
  GITHUB_REPOSITORY: z.string().regex(/^[^/]+\/[^/]+$/),
  GITHUB_SHA: sha,
  GITHUB_EVENT_PATH: z.string().optional(),
  GITHUB_API_URL: z.url().default('https://api.github.com'),
  GITHUB_SERVER_URL: z.url().default('https://github.com'),
  GITHUB_RUN_ID: z.string(),
  GITHUB_RUN_ATTEMPT: z.string().default('1'),
  GITHUB_STEP_SUMMARY: optional,
  RUNNER_TEMP: z.string(),
});

/** The parts of the event's payload that say what changed. */
const eventSchema = z.object({
  before: sha.optional().catch(undefined),
  pull_request: z
    .object({ head: z.object({ sha }), base: z.object({ sha }) })
    .optional()
    .catch(undefined),
});

/**
 * Reads the action's inputs and the job from the environment.
 *
 * @throws {UsageError} naming each value that is missing or wrong
 */
export function readInputs(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): ActionInputs {
  const { success, data: env, error } = environmentSchema.safeParse(environment);
  if (!success) {
    const problems = error.issues.map(({ path, message }) => `${inputName(String(path[0]))}: ${message}`);
    throw new UsageError(`the action can’t start: ${problems.join('; ')}`, {
      mend: 'Correct these in the workflow; outside of a GitHub job, use `grade <rubric>`.',
    });
  }
  const event =
    env.GITHUB_EVENT_PATH === undefined ? {} : eventSchema.parse(JSON.parse(readFile(env.GITHUB_EVENT_PATH)));
  const [owner = '', repo = ''] = env.GITHUB_REPOSITORY.split('/');
  const base = event.pull_request?.base.sha ?? event.before;
  return {
    rubrics: env.INPUT_RUBRIC?.split(/[\s,]+/),
    path: env.INPUT_PATH ?? '.',
    course: env.INPUT_COURSE,
    token: env.INPUT_GITHUB_TOKEN,
    failBelow: env.INPUT_FAIL_BELOW,
    runtime: env.INPUT_RUNTIME,
    workspace: env.GITHUB_WORKSPACE,
    reportsDir: `${env.RUNNER_TEMP}/grade-report`,
    repository: { owner, repo },
    headSha: event.pull_request?.head.sha ?? env.GITHUB_SHA,
    // Nothing came before a new branch: GitHub says so by a commit of zeros.
    base: base === undefined || /^0+$/.test(base) ? undefined : base,
    apiUrl: env.GITHUB_API_URL,
    jobUrl: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
    attempt: `${env.GITHUB_RUN_ID}.${env.GITHUB_RUN_ATTEMPT}`,
    summaryFile: env.GITHUB_STEP_SUMMARY,
  };
}

/** `INPUT_FAIL_BELOW` as the workflow calls it: `fail-below`. */
function inputName(variable: string): string {
  return variable.startsWith('INPUT_') ? variable.slice(6).toLowerCase().replaceAll('_', '-') : variable;
}
