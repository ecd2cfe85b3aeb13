import type { Job } from '../batch/job.ts';
import type { Logger } from '../platform/log.ts';
import type { CheckRunOptions } from '../reporters/github-check/check-run.ts';
import type { ServeConfig } from './config.ts';
import type { InstallationTokens } from './tokens.ts';

/** What it takes to post as the App. */
export interface PostingContext {
  config: Pick<ServeConfig, 'appId' | 'apiUrl'>;
  tokens: InstallationTokens;
  logger: Logger;
  signal: AbortSignal;
  /** How often a check run may be written to, and how long requests take; for tests. */
  posting?: Partial<Pick<CheckRunOptions, 'pace' | 'requestTimeoutMs' | 'progress' | 'sleep'>>;
}

/** What the `externalId` of each check run of a job starts with. */
export function externalPrefix(job: Job): string {
  return `${job.id}:`;
}

/**
 * How a job's check run is posted.
 *
 * @param rubric what is graded; undefined while that is not known, or when it is nothing
 */
export function postingOf(job: Job, rubric: string | undefined, context: PostingContext): CheckRunOptions {
  const log = context.logger.child({ job: job.id, repository: job.repository, commit: job.commit });
  return {
    ...context.posting,
    tokens: context.tokens(job.installation),
    apiUrl: context.config.apiUrl,
    appId: context.config.appId,
    repository: { owner: job.repository.owner, repo: job.repository.name },
    headSha: job.commit,
    externalId: `${externalPrefix(job)}${rubric ?? ''}`,
    againButton: true,
    again: 'Press “Grade again” above, or push once more.',
    rubric,
    log: (line) => log.warn(line),
    signal: context.signal,
  };
}
