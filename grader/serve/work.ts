import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Job } from '../batch/job.ts';
import { checks } from '../checks/index.ts';
import { grade } from '../grade.ts';
import { InfrastructureError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { type CheckRunOptions, checkRunReporter, postEnding } from '../reporters/github-check/check-run.ts';
import type { Delivery } from '../reporters/github-check/poster.ts';
import { checkName } from '../reporters/github-check/posting.ts';
import { fanOut } from '../reporters/fan-out.ts';
import { reporters } from '../reporters/index.ts';
import { logReporter } from '../reporters/log.ts';
import { listRubrics, loadRubric } from '../rubric/load.ts';
import type { Weighing } from '../rubric/overlay.ts';
import type { Settings } from '../settings.ts';
import { clone } from '../submission/clone.ts';
import { touchedRubrics } from '../submission/touched.ts';
import type { Metrics } from './metrics.ts';
import { externalPrefix, type PostingContext, postingOf } from './posting.ts';

export interface WorkOptions extends PostingContext {
  settings: Settings;
  /** A course's own points and pass marks. */
  weigh: Weighing;
  metrics: Pick<Metrics, 'gradings' | 'duration'>;
  /** Learner code of strangers runs in containers; anything else is for those who trust it. */
  runtime: 'docker' | 'local';
  services: 'auto' | 'testcontainers' | 'embedded' | 'external';
  /** Where reports are kept as JSON, for `grade regrade`; absolute. */
  reportsDir: string;
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
    if (rubrics.length === 0) {
      const reason = `Nothing that this change touches is graded. A folder is graded by the rubric that it is named after, or that its grade.yaml names; there are ${all.join(', ')}.`;
      tell(log, await postEnding({ kind: 'nothing', reason }, postingOf(job, job.rubric, options)));
    }
    for (const [index, rubric] of rubrics.entries()) {
      // The run that was opened before it was known what is graded becomes that of the first rubric.
      const unnamed = { name: checkName(undefined), externalId: externalPrefix(job) };
      const adopts = index === 0 && job.rubric === undefined ? unnamed : undefined;
      await gradeBy(rubric, cloned.root, { ...postingOf(job, rubric, options), adopts }, log, options);
    }
  };
}

async function gradeBy(
  name: string,
  path: string,
  posting: CheckRunOptions,
  log: Logger,
  { settings, weigh, metrics, runtime, services, reportsDir, signal }: WorkOptions,
): Promise<void> {
  const startedAt = performance.now();
  const reporter = checkRunReporter({ ...posting, rubric: name });
  let failure: unknown;
  try {
    const file = join(reportsDir, `${posting.headSha}-${name}.json`);
    const json = (await reporters.json())({ stream: process.stderr, file });
    await using events = fanOut({ check: reporter, json, log: logReporter(log) }, (line) => log.warn(line));
    const rubric = weigh(await loadRubric(name, checks));
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
