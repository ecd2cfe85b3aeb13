import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../platform/errors.ts';
import { CheckRuns, type Run, type RunFields } from './check-runs.ts';
import { type ClientOptions, createClient, REAL_PACE } from './client.ts';
import { deliver, MOST_TRIES } from './deliver.ts';
import type { Posting } from './posting.ts';
import { mayHaveHappened, type Trouble, troubleOf } from './trouble.ts';

/** Where a report went. The caller makes its exit code of it, or tries again. */
export type Delivery =
  /** On GitHub, once. `refused` counts annotations that GitHub did not take; the text names their places too. */
  | { to: 'check-run'; id: number; url: string | null; annotations: { delivered: number; refused: number } }
  /** GitHub did not take it, so it went to the fallback. @property where in words, such as "the job summary" */
  | { to: 'fallback'; where: string; trouble: Trouble }
  /** Nobody has it. `trouble.passing` tells whether trying again makes sense. */
  | { to: 'nowhere'; trouble: Trouble };

/** Takes a report that GitHub did not take. @returns where it went, in words */
export type Fallback = (posting: Posting, trouble: Trouble) => Promise<string>;

/** What a run shows before it has ended. */
export interface Output {
  title: string;
  /** Markdown. */
  summary: string;
}

export interface PosterOptions extends Omit<ClientOptions, 'limitKey'> {
  repository: { owner: string; repo: string };
  /** The commit that is graded, in full. */
  headSha: string;
  /** Such as "Grade / day-13"; see `checkName`. */
  name: string;
  /**
   * Stands for one grading that was asked for, and is the same when it is tried again after a crash: the run
   * with this `external_id` is then found and carried on. Another id makes another run. A found run keeps the
   * annotations that it has, because GitHub can't take them away.
   */
  externalId: string;
  /** A run of another name that becomes this one, such as one that was opened before it was known what is graded. */
  adopts?: { name: string; externalId: string } | undefined;
  /** The App that posts, where it is known: runs of others are then not looked at. */
  appId?: number | undefined;
  /** Where "View more details" leads. */
  detailsUrl?: string | undefined;
  /** Shows the button "Grade again", which sends `check_run.requested_action` to the App that made the run. */
  againButton: boolean;
  /** Takes one line for the operator. */
  log(line: string): void;
  fallback?: Fallback | undefined;
  /** Milliseconds before the first update while grading; the gap doubles with each, up to the longest. */
  progress?: { firstMs: number; longestMs: number } | undefined;
  /** Waits, or returns early when aborted. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/** The button's identifier, as `check_run.requested_action` brings it back. */
export const GRADE_AGAIN = 'grade-again';
const AGAIN_BUTTON = { label: 'Grade again', description: 'Grades this commit once more', identifier: GRADE_AGAIN };
/** An App may write 500 times an hour; with these gaps a grading takes about six writes. */
const PROGRESS = { firstMs: 10_000, longestMs: 80_000 };

/** Posts one check run: opens it, updates it while grading goes on, completes it. None of its methods throws. */
export class CheckRunPoster {
  readonly #options: PosterOptions;
  readonly #runs: CheckRuns;
  readonly #done = new AbortController();
  /** Runs with our id that are not ours to change. */
  readonly #foreign = new Set<number>();
  #run: Run | undefined;
  #opening: Promise<void> = Promise.resolve();
  #updating: Promise<void> | undefined;
  #latest: Output | undefined;
  #news = Promise.withResolvers<void>();
  #trouble: Trouble | undefined;
  #delivery: Promise<Delivery> | undefined;

  constructor(options: PosterOptions) {
    this.#options = options;
    const client = createClient({ ...options, limitKey: options.repository.owner });
    this.#runs = new CheckRuns(client, options.repository, options.headSha);
  }

  /** Creates the run, or finds the one of an earlier try and carries it on. */
  async open(status: 'queued' | 'in_progress', output: Output): Promise<void> {
    this.#opening = this.#open(this.#opening, { ...begin(status), output });
    await this.#opening;
  }

  /** Says how far the grading is. Only the latest is sent, and seldom. */
  update(output: Output): void {
    this.#latest = output;
    this.#news.resolve();
    this.#updating ??= this.#opening.then(() => this.#keepUpdating());
  }

  /** Delivers the end exactly once, to GitHub or to the fallback. A second call gives the same answer. */
  complete(posting: Posting): Promise<Delivery> {
    this.#delivery ??= this.#complete(posting);
    return this.#delivery;
  }

  /** Ends the updates. An update under way is waited for: after the end it would write over it. */
  async stop(): Promise<void> {
    this.#done.abort();
    this.#news.resolve();
    await this.#opening;
    await this.#updating;
  }

  async #open(earlier: Promise<void>, fields: RunFields): Promise<void> {
    await earlier;
    try {
      this.#run = await this.#findOrCreate(fields);
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = troubleOf(error);
    }
  }

  async #complete(posting: Posting): Promise<Delivery> {
    await this.stop();
    let trouble = this.#trouble;
    if (trouble === undefined || trouble.passing) {
      try {
        this.#run ??= await this.#findOrCreate(begin('in_progress'));
        const { id, url } = this.#run;
        const annotations = await deliver(this.#runs, this.#run, posting, this.#ending(posting), (tries) =>
          this.#backOff(tries),
        );
        if (annotations.refused > 0) this.#options.log(`GitHub refused ${annotations.refused} annotations.`);
        return { to: 'check-run', id, url, annotations };
      } catch (error) {
        trouble = troubleOf(error);
      }
    }
    return await this.#fallBack(posting, trouble);
  }

  #ending({ conclusion }: Posting): RunFields {
    const { detailsUrl, againButton } = this.#options;
    return {
      status: 'completed',
      conclusion,
      completed_at: new Date().toISOString(),
      ...(detailsUrl === undefined ? {} : { details_url: detailsUrl }),
      ...(againButton ? { actions: [AGAIN_BUTTON] } : {}),
    };
  }

  /** An answer that got lost leaves open whether a run was made: it is looked for before another is made. */
  async #findOrCreate(fields: RunFields): Promise<Run> {
    const { name, externalId, adopts, appId, detailsUrl } = this.#options;
    const wanted = { ...fields, ...(detailsUrl === undefined ? {} : { details_url: detailsUrl }) };
    for (let tries = 1; ; tries += 1) {
      for (const found of await this.#runs.find(name, externalId, appId)) {
        const ours = this.#foreign.has(found.id) ? undefined : await this.#carryOn(found, wanted);
        if (ours) return ours;
      }
      for (const found of adopts === undefined ? [] : await this.#runs.find(adopts.name, adopts.externalId, appId)) {
        const renamed = { ...wanted, name, external_id: externalId };
        const ours = this.#foreign.has(found.id) ? undefined : await this.#carryOn(found, renamed);
        if (ours) return ours;
      }
      try {
        return await this.#runs.create({ ...wanted, name, external_id: externalId });
      } catch (error) {
        if (!mayHaveHappened(error) || tries === MOST_TRIES) throw error;
        await this.#backOff(tries);
      }
    }
  }

  /** Whoever may write checks can copy an `external_id`: a run that we may not change is somebody else's. */
  async #carryOn(found: Run, fields: RunFields): Promise<Run | undefined> {
    try {
      return await this.#runs.update(found.id, fields);
    } catch (error) {
      if (troubleOf(error).kind !== 'forbidden') throw error;
      this.#foreign.add(found.id);
      return undefined;
    }
  }

  async #keepUpdating(): Promise<void> {
    const { firstMs, longestMs } = this.#options.progress ?? PROGRESS;
    for (let gap = firstMs; ; gap = Math.min(gap * 2, longestMs)) {
      await this.#news.promise;
      await this.#sleep(gap, this.#done.signal);
      if (this.#done.signal.aborted || this.#run === undefined || this.#latest === undefined) return;
      this.#news = Promise.withResolvers();
      try {
        await this.#runs.update(this.#run.id, { output: this.#latest }, { retries: 0, optional: true });
      } catch (error) {
        const { kind, message } = troubleOf(error);
        this.#options.log(`The check run could not be updated while grading: ${message}`);
        if (kind !== 'unreachable') return;
      }
    }
  }

  async #fallBack(posting: Posting, trouble: Trouble): Promise<Delivery> {
    const { fallback, log } = this.#options;
    log(`GitHub did not take the check run: ${trouble.message}. ${trouble.mend}`);
    let where: string | undefined;
    try {
      where = await fallback?.(posting, trouble);
    } catch (error) {
      log(`The report could not be written elsewhere either: ${messageOf(error)}`);
    }
    if (trouble.kind === 'invalid') await this.#completeBriefly(posting, where);
    return where === undefined ? { to: 'nowhere', trouble } : { to: 'fallback', where, trouble };
  }

  /** A run whose report GitHub refuses shall at least not stay in progress. */
  async #completeBriefly(posting: Posting, where: string | undefined): Promise<void> {
    if (this.#run === undefined) return;
    const summary = `GitHub did not take the report${where === undefined ? '' : `; it is in ${where}`}.`;
    try {
      await this.#runs.update(this.#run.id, {
        ...this.#ending(posting),
        output: { title: posting.title, summary },
      });
    } catch (error) {
      this.#options.log(`The check run stays in progress: ${troubleOf(error).message}`);
    }
  }

  #backOff(tries: number): Promise<void> {
    return this.#sleep(tries ** 2 * (this.#options.pace ?? REAL_PACE).secondMs, this.#options.signal);
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    await (this.#options.sleep ?? sleep)(ms, signal);
  }
}

function begin(status: 'queued' | 'in_progress'): RunFields {
  return status === 'queued' ? { status } : { status, started_at: new Date().toISOString() };
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  // It rejects only when it is aborted: that ends the wait, and the caller looks at the signal.
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
