import type { RunEvents } from '../../report/events.ts';
import { CheckRuns } from './check-runs.ts';
import { createClient } from './client.ts';
import { CheckRunPoster, type Delivery, type Output, type PosterOptions } from './poster.ts';
import { checkName, type Ending, postingOf, type PostingOptions } from './posting.ts';
import { Progress } from './progress.ts';

export interface CheckRunOptions extends Omit<PosterOptions, 'name' | 'detailsUrl'>, PostingOptions {}

/** Reports a run to a check run on GitHub, while it goes on and at its end. */
export interface CheckRunReporter extends RunEvents, AsyncDisposable {
  /**
   * Completes the check run, once grading has ended in whatever way, and says where the report went.
   *
   * @param error what ended the grading when there is no report
   */
  settle(error?: unknown): Promise<Delivery>;
}

/**
 * A reporter that posts a check run to a commit. It never throws: what GitHub does not take goes to the fallback,
 * and `settle` says so.
 */
export function checkRunReporter(options: CheckRunOptions & { rubric: string }): CheckRunReporter {
  const poster = posterOf(options);
  const progress = new Progress(options.rubric);
  let opened = false;
  let delivery: Promise<Delivery> | undefined;
  const end = (ending: Ending) => (delivery ??= poster.complete(postingOf(ending, options)));
  const changed = () => {
    if (opened) poster.update(progress.output());
  };
  const events = progress.events(changed);
  return {
    ...events,
    begin(run) {
      events.begin?.(run);
      void poster.open('in_progress', progress.output());
      opened = true;
    },
    report(report) {
      void end({ kind: 'graded', report });
    },
    settle: (error) => end({ kind: 'stopped', error: error ?? new Error('the grading ended without a report') }),
    async [Symbol.asyncDispose]() {
      // Without a report there is more to come: `settle` is told why.
      await (delivery ?? poster.stop());
    },
  };
}

/** Posts a check run that has its end already, such as that nothing was there to grade. */
export function postEnding(ending: Ending, options: CheckRunOptions): Promise<Delivery> {
  return posterOf(options).complete(postingOf(ending, options));
}

/** Shows on the commit how it stands with a grading before it has begun. Never throws. */
export async function postStanding(
  status: 'queued' | 'in_progress',
  output: Output,
  options: CheckRunOptions,
): Promise<void> {
  await posterOf(options).open(status, output);
}

/**
 * The check runs of a commit whose `externalId` starts so.
 *
 * @throws what octokit throws, when GitHub does not tell
 */
export function runsStartingWith(
  prefix: string,
  options: CheckRunOptions,
): Promise<{ externalId: string; completed: boolean }[]> {
  const { repository, headSha, appId } = options;
  const client = createClient({ ...options, limitKey: repository.owner });
  return new CheckRuns(client, repository, headSha).findAll(prefix, appId);
}

function posterOf(options: CheckRunOptions): CheckRunPoster {
  return new CheckRunPoster({ ...options, name: checkName(options.rubric), detailsUrl: options.reportUrl });
}
