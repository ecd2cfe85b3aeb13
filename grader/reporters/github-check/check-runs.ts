import type { Octokit } from 'octokit';
import { z } from 'zod';
import type { Repeats } from './client.ts';

/** A note on lines of a file, as GitHub takes it: https://docs.github.com/rest/checks/runs */
export interface Annotation {
  /** From the repository's root. */
  path: string;
  start_line: number;
  end_line: number;
  /** Columns only where both lines are the same. */
  start_column?: number;
  end_column?: number;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
}

export type Conclusion = 'success' | 'failure' | 'neutral';

/** What can be said of a run. */
export interface RunFields {
  /** Its name and reference may change, as when it is known only later what is graded. */
  name?: string;
  external_id?: string;
  status?: 'queued' | 'in_progress' | 'completed';
  conclusion?: Conclusion;
  started_at?: string;
  completed_at?: string;
  details_url?: string;
  output?: { title: string; summary: string; text?: string; annotations?: Annotation[] };
  /** Buttons; label and identifier have up to 20 characters, the description 40. */
  actions?: { label: string; description: string; identifier: string }[];
}

const runSchema = z.object({
  id: z.int(),
  html_url: z.string().nullable().catch(null),
  external_id: z.string().nullable().catch(null),
  status: z.string().catch(''),
  app: z.object({ id: z.int() }).nullable().catch(null),
  output: z.object({ annotations_count: z.int().catch(0) }).catch({ annotations_count: 0 }),
});

/** A check run as it is on GitHub. */
export interface Run {
  id: number;
  url: string | null;
  annotations: number;
}

/** How many pages of a list are read at most, of 100 each. */
const MOST_PAGES = 30;

/** The check runs of one commit: what GitHub's API does with them. */
export class CheckRuns {
  readonly #octokit: Octokit;
  readonly #repository: { owner: string; repo: string };
  readonly #headSha: string;

  constructor(octokit: Octokit, repository: { owner: string; repo: string }, headSha: string) {
    this.#octokit = octokit;
    this.#repository = repository;
    this.#headSha = headSha;
  }

  /** The runs that have this name and `external_id`, and were made by this App where one is given; newest first. */
  async find(name: string, externalId: string, appId?: number): Promise<Run[]> {
    const runs = await this.#list({ check_name: name }, appId);
    return runs.filter((run) => run.externalId === externalId).toSorted((a, b) => b.id - a.id);
  }

  /** The runs of any name whose `external_id` starts so, and that were made by this App where one is given. */
  async findAll(prefix: string, appId?: number): Promise<{ externalId: string; completed: boolean }[]> {
    const runs = await this.#list({}, appId);
    return runs.flatMap(({ externalId, status }) =>
      externalId?.startsWith(prefix) ? [{ externalId, completed: status === 'completed' }] : [],
    );
  }

  async #list(by: { check_name?: string }, appId: number | undefined): Promise<ReturnType<typeof parseRun>[]> {
    const pages = this.#octokit.paginate.iterator(this.#octokit.rest.checks.listForRef, {
      ...this.#repository,
      ...by,
      ref: this.#headSha,
      filter: 'all',
      per_page: 100,
      ...(appId === undefined ? {} : { app_id: appId }),
    });
    const runs = (await collect(pages)).map(parseRun);
    return runs.filter((run) => appId === undefined || run.appId === appId);
  }

  /** Sent once: after an answer that got lost, another request would make another run. */
  async create(fields: RunFields & { name: string; external_id: string }): Promise<Run> {
    const { data } = await this.#octokit.rest.checks.create({
      ...this.#repository,
      ...fields,
      head_sha: this.#headSha,
      request: { retries: 0 } satisfies Repeats,
    });
    return parseRun(data);
  }

  /** Changes the fields that are given. Annotations are added to those that the run has. */
  async update(id: number, fields: RunFields, repeats: Repeats = {}): Promise<Run> {
    const { data } = await this.#octokit.rest.checks.update({
      ...this.#repository,
      ...fields,
      check_run_id: id,
      request: repeats,
    });
    return parseRun(data);
  }

  /** All annotations that the run has, oldest first. */
  async annotations(id: number): Promise<Annotation[]> {
    const pages = this.#octokit.paginate.iterator(this.#octokit.rest.checks.listAnnotations, {
      ...this.#repository,
      check_run_id: id,
      per_page: 100,
    });
    return (await collect(pages)) as Annotation[];
  }
}

async function collect<Item>(pages: AsyncIterable<{ data: Item[] }>): Promise<Item[]> {
  const items: Item[] = [];
  let read = 0;
  for await (const { data } of pages) {
    if (!Array.isArray(data)) throw new TypeError('GitHub’s answer ended early');
    items.push(...data);
    read += 1;
    if (read === MOST_PAGES) break;
  }
  return items;
}

/** @throws {TypeError} when the answer was cut: what it says can't be trusted to be all */
function parseRun(data: unknown): Run & { externalId: string | null; status: string; appId: number | undefined } {
  const { success, data: run } = runSchema.safeParse(data);
  if (!success) throw new TypeError('GitHub’s answer ended early');
  return {
    id: run.id,
    url: run.html_url,
    annotations: run.output.annotations_count,
    externalId: run.external_id,
    status: run.status,
    appId: run.app?.id,
  };
}
