import PQueue from 'p-queue';
import type { Job } from '../batch/job.ts';
import { messageOf } from '../platform/errors.ts';
import { printableLine } from '../platform/printable.ts';
import { postEnding, postStanding, runsStartingWith } from '../reporters/github-check/check-run.ts';
import { markdown, paragraph, prose } from '../reporters/markdown/nodes.ts';
import { externalPrefix, type PostingContext, postingOf } from './posting.ts';

/**
 * Shows on a commit how it stands with its job, beside what the grading itself posts: that it waits, that it is looked
 * at, and that it was given up. Nothing here throws, and no job waits for the news of another.
 */
export class Standing {
  readonly #context: PostingContext;
  /** One at a time: GitHub asks for a second between writes, and those of a grading must not stand behind a burst. */
  readonly #news = new PQueue({ concurrency: 1 });
  /** Jobs that are accepted, and whose run is not opened yet. */
  readonly #unopened = new Set<string>();
  #opening: { id: string; done: Promise<void> } | undefined;

  constructor(context: PostingContext) {
    this.#context = context;
  }

  /** Opens the job's check run as queued, in its turn, unless the work begins before that. */
  accepted(job: Job): void {
    this.#unopened.add(job.id);
    void this.#news.add(async () => {
      if (!this.#unopened.delete(job.id) || this.#context.signal.aborted) return;
      this.#opening = { id: job.id, done: this.#post(job, 'queued', 'waiting', 'Accepted; it is graded in its turn.') };
      await this.#opening.done;
    });
  }

  /** Shows that the work begins: on the run that was opened, else on one of its own. */
  async begun(job: Job): Promise<void> {
    this.#unopened.delete(job.id);
    if (this.#opening?.id === job.id) await this.#opening.done;
    try {
      const { externalId } = this.#posting(job);
      const runs = await runsStartingWith(externalPrefix(job), this.#posting(job));
      // After a crash the run may have its rubric's name already, and is carried on under that.
      if (runs.length > 0 && !runs.some((run) => run.externalId === externalId)) return;
    } catch (error) {
      return this.#context.logger.warn({ job: job.id, err: error }, 'GitHub does not tell the check runs');
    }
    await this.#post(job, 'in_progress', 'looking at what was pushed', 'Fetching the commit.');
  }

  /** Shows that it is tried again, and why. */
  async delayed(job: Job, error: unknown): Promise<void> {
    await this.#post(job, 'queued', 'waiting to try again', `It could not be graded yet: ${messageOf(error)}`);
  }

  /** Completes each run of the job that is still open as neutral, with the reason and a way to run it again. */
  async givenUp(job: Job, error: unknown): Promise<void> {
    const log = this.#context.logger.child({ job: job.id, repository: job.repository });
    log.error({ err: error }, 'given up');
    try {
      const runs = await runsStartingWith(externalPrefix(job), this.#posting(job));
      const rubricOf = ({ externalId }: { externalId: string }) =>
        externalId.slice(externalPrefix(job).length) || undefined;
      const open = runs.filter(({ completed }) => !completed).map(rubricOf);
      for (const rubric of runs.length === 0 ? [job.rubric] : open) {
        const delivery = await postEnding({ kind: 'stopped', error }, postingOf(job, rubric, this.#context));
        if (delivery.to !== 'check-run') log.error({ trouble: delivery.trouble }, 'nobody was told');
      }
    } catch (cause) {
      log.error({ err: cause }, 'nobody was told');
    }
  }

  async #post(job: Job, status: 'queued' | 'in_progress', title: string, text: string): Promise<void> {
    const name = job.rubric === undefined ? '' : `${printableLine(job.rubric)} — `;
    const summary = markdown([paragraph(...prose(text))]);
    await postStanding(status, { title: `${name}${title}`, summary }, this.#posting(job));
  }

  #posting(job: Job) {
    return postingOf(job, job.rubric, this.#context);
  }
}
