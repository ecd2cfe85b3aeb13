import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Job } from '../batch/job.ts';
import { checks } from '../checks/index.ts';
import { grade } from '../grade.ts';
import { InfrastructureError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { type CheckRunOptions, checkRunReporter, postEnding } from '../reporters/github-check/check-run.ts';
import type { Delivery } from '../reporters/github-check/poster.ts';
import { fanOut } from '../reporters/fan-out.ts';
import { reporters } from '../reporters/index.ts';
import { logReporter } from '../reporters/log.ts';
import { listRubrics, loadRubric } from '../rubric/load.ts';
import type { Settings } from '../settings.ts';
import { clone } from '../submission/clone.ts';
import { touchedRubrics } from '../submission/touched.ts';
import type { ServeConfig } from './config.ts';
import type { Metrics } from './metrics.ts';
import type { InstallationTokens } from './tokens.ts';

export interface WorkOptions {
  config: Pick<ServeConfig, 'appId' | 'apiUrl'>;
  tokens: InstallationTokens;
  settings: Settings;
  metrics: Pick<Metrics, 'gradings' | 'duration'>;
  logger: Logger;
  /** Learner code of strangers runs in containers; anything else is for those who trust it. */
  runtime: 'docker' | 'local';
  services: 'auto' | 'testcontainers' | 'embedded' | 'external';
  /** Where reports are kept as JSON, for `grade regrade`; absolute. */
  reportsDir: string;
  signal: AbortSignal;
  /** How often a check run may be written to, and how long requests take; for tests. */
  posting?: Partial<Pick<CheckRunOptions, 'pace' | 'requestTimeoutMs' | 'progress' | 'sleep'>>;
}

/** Does jobs: clones the commit, grades it by each rubric that it touches, posts as the App. */
export function worker(options: WorkOptions): (job: Job) => Promise<void> {
  return async (job) => {
    const { signal, tokens } = options;
    const log = options.logger.child({ job: job.id, repository: job.repository, commit: job.commit });
    const source = tokens(job.installation);
    await using cloned = await clone(
      { url: job.repository.cloneUrl, commit: job.commit, base: job.base },
      { token: await source.token(), path: options.settings.environment['PATH'] ?? '', signal },
    );
    const all = (await listRubrics()).map(({ id }) => id);
    const rubrics =
      job.rubric === undefined
        ? await touchedRubrics(cloned.root, cloned.changed, all, job.repository.name)
        : all.filter((id) => id === job.rubric);
    const posting = (rubric?: string): CheckRunOptions => ({
      ...options.posting,
      tokens: source,
      apiUrl: options.config.apiUrl,
      appId: options.config.appId,
      repository: { owner: job.repository.owner, repo: job.repository.name },
      headSha: job.commit,
      externalId: `${job.id}:${rubric ?? ''}`.slice(-200),
      againButton: true,
      again: 'Press “Grade again” above, or push once more.',
      rubric,
      log: (line) => log.warn(line),
      signal,
    });
    if (rubrics.length === 0) {
      const reason = `Nothing that this change touches is graded. A folder is graded by the rubric that it is named after, or that its grade.yaml names; there are ${all.join(', ')}.`;
      tell(log, await postEnding({ kind: 'nothing', reason }, posting()));
    }
    for (const rubric of rubrics) await gradeBy(rubric, cloned.root, posting(rubric), log, options);
  };
}

async function gradeBy(
  name: string,
  path: string,
  posting: CheckRunOptions,
  log: Logger,
  { settings, metrics, runtime, services, reportsDir, signal }: WorkOptions,
): Promise<void> {
  const startedAt = performance.now();
  const reporter = checkRunReporter({ ...posting, rubric: name });
  let failure: unknown;
  try {
    const file = join(reportsDir, `${posting.headSha}-${name}.json`);
    const json = (await reporters.json())({ stream: process.stderr, file });
    await using events = fanOut({ check: reporter, json, log: logReporter(log) }, (line) => log.warn(line));
    const rubric = await loadRubric(name, checks);
    await grade({ rubric, path, runtime, services, strangers: true, settings, events, signal });
  } catch (error) {
    // Interrupted, it is graded after the next start: nothing is said of it yet.
    signal.throwIfAborted();
    failure = error;
    log.error({ err: error }, 'the grading ended without a report');
  }
  tell(log, await reporter.settle(failure));
  metrics.gradings.inc({ rubric: name, outcome: failure === undefined ? 'graded' : 'failed' });
  metrics.duration.observe({ rubric: name }, (performance.now() - startedAt) / 1000);
}

/** @throws {InfrastructureError} when nobody has the report */
function tell(log: Logger, delivery: Delivery): void {
  if (delivery.to === 'check-run') log.info({ run: delivery.id }, 'posted');
  else
    throw new InfrastructureError(`the check run was not posted: ${delivery.trouble.message}`, {
      mend: delivery.trouble.mend,
    });
}
