import { z } from 'zod';
import type { Job } from '../batch/job.ts';
import { GRADE_AGAIN } from '../reporters/github-check/poster.ts';

const sha = z.string().regex(/^[0-9a-f]{40,64}$/);
const repositorySchema = z.object({
  name: z.string(),
  clone_url: z.url(),
  owner: z.object({ login: z.string() }),
});
const common = { repository: repositorySchema, installation: z.object({ id: z.int() }) };
/** A check run's name, as `checkName` makes it. */
const CHECK_NAME = /^Grade \/ (?<rubric>\S+)$/;

const pushSchema = z.object({ ...common, ref: z.string(), before: sha, after: sha, deleted: z.boolean() });
const pullRequestSchema = z.object({
  ...common,
  action: z.string(),
  pull_request: z.object({
    head: z.object({ sha, repo: z.object({ full_name: z.string() }).nullable() }),
    base: z.object({ sha, repo: z.object({ full_name: z.string() }) }),
  }),
});
const checkSuiteSchema = z.object({
  ...common,
  action: z.string(),
  check_suite: z.object({ head_sha: sha, before: sha.nullable() }),
});
const checkRunSchema = z.object({
  ...common,
  action: z.string(),
  check_run: z.object({ name: z.string(), head_sha: sha }),
  requested_action: z.object({ identifier: z.string() }).optional(),
});

/**
 * What a webhook asks for.
 *
 * @param id what the job is known by
 * @returns undefined for an event that asks for nothing
 * @throws {z.ZodError} when the payload is not what GitHub sends for this event
 */
export function jobOf(event: string, payload: unknown, id: string): Job | undefined {
  switch (event) {
    case 'push': {
      const { ref, before, after, deleted, ...rest } = pushSchema.parse(payload);
      if (deleted || !ref.startsWith('refs/heads/')) return undefined;
      return { ...jobFrom(rest, id), commit: after, ...since(before) };
    }
    case 'pull_request': {
      const { action, pull_request: pull, ...rest } = pullRequestSchema.parse(payload);
      // A branch of the same repository has sent its own push.
      const fromFork = pull.head.repo?.full_name !== pull.base.repo.full_name;
      if (!fromFork || !['opened', 'synchronize', 'reopened'].includes(action)) return undefined;
      return { ...jobFrom(rest, id), commit: pull.head.sha, ...since(pull.base.sha) };
    }
    case 'check_suite': {
      const { action, check_suite: suite, ...rest } = checkSuiteSchema.parse(payload);
      if (action !== 'rerequested') return undefined;
      return { ...jobFrom(rest, id), commit: suite.head_sha, ...since(suite.before) };
    }
    case 'check_run': {
      const { action, check_run: run, requested_action: button, ...rest } = checkRunSchema.parse(payload);
      const again = action === 'rerequested' || (action === 'requested_action' && button?.identifier === GRADE_AGAIN);
      const rubric = CHECK_NAME.exec(run.name)?.groups?.['rubric'];
      if (!again) return undefined;
      return { ...jobFrom(rest, id), commit: run.head_sha, ...(rubric === undefined ? {} : { rubric }) };
    }
    default:
      return undefined;
  }
}

function jobFrom(
  { repository, installation }: { repository: z.infer<typeof repositorySchema>; installation: { id: number } },
  id: string,
): Pick<Job, 'id' | 'repository' | 'installation'> {
  return {
    id,
    repository: { owner: repository.owner.login, name: repository.name, cloneUrl: repository.clone_url },
    installation: installation.id,
  };
}

/** Nothing came before a new branch: GitHub says so by a commit of zeros. */
function since(before: string | null): Pick<Job, 'base'> {
  return before === null || /^0+$/.test(before) ? {} : { base: before };
}
