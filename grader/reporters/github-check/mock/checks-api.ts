import assert from 'node:assert/strict';
import type { Annotation, RunFields } from '../check-runs.ts';

/** A check run as the mock keeps it. */
export interface MockRun extends RunFields {
  id: number;
  name: string;
  external_id: string;
  head_sha: string;
  /** The App that made it. */
  app: number;
  annotations: Annotation[];
}

/** What a request asks for, taken apart. */
export interface Call {
  /** Such as `checks/create`. */
  operation: string;
  /** The parts of the path. */
  params: Record<string, string>;
  url: URL;
  body: RunFields & { name?: string; external_id?: string; head_sha?: string };
  /** The App that the token belongs to. */
  app: number;
}

export interface Answer {
  status: number;
  data: unknown;
  headers?: Record<string, string>;
}

/** GitHub's check runs, in memory: does what a request asks for. */
export class ChecksApi {
  readonly runs: MockRun[] = [];
  readonly #example: Record<string, unknown>;

  /** @param example a check run as GitHub shows one, to fill in what the mock does not keep */
  constructor(example: Record<string, unknown>) {
    this.#example = example;
  }

  perform(call: Call): Answer {
    if (call.operation === 'checks/create') return this.#create(call);
    if (call.operation === 'checks/list-for-ref') return this.#list(call);
    const run = this.runs.find(({ id }) => id === Number(call.params['check_run_id']));
    if (run === undefined) return { status: 404, data: { message: 'Not Found' } };
    if (call.operation === 'checks/list-annotations') {
      const { items, headers } = page(run.annotations, call.url);
      return { status: 200, data: items.map(showAnnotation), headers };
    }
    assert.equal(call.operation, 'checks/update');
    return this.#update(run, call);
  }

  #create({ body, app }: Call): Answer {
    const { name = '', external_id = '', head_sha = '' } = body;
    const annotations = [...(body.output?.annotations ?? [])];
    const run: MockRun = { ...body, name, external_id, head_sha, id: this.runs.length + 1, app, annotations };
    this.runs.push(run);
    return { status: 201, data: this.#show(run) };
  }

  #update(run: MockRun, { body, app }: Call): Answer {
    if (run.app !== app) {
      const message = `Invalid app_id \`${app}\` - check run can only be modified by the GitHub App that created it.`;
      return { status: 403, data: { message } };
    }
    const output = body.output ?? run.output;
    Object.assign(run, body, output === undefined ? {} : { output: { ...run.output, ...output } });
    run.annotations.push(...(body.output?.annotations ?? []));
    return { status: 200, data: this.#show(run) };
  }

  #list({ params, url }: Call): Answer {
    const asked = url.searchParams;
    const matching = this.runs.filter(
      (run) =>
        run.head_sha === params['ref'] &&
        (asked.get('check_name') ?? run.name) === run.name &&
        Number(asked.get('app_id') ?? run.app) === run.app,
    );
    const latest = new Map(matching.map((run) => [`${run.app} ${run.name}`, run]));
    const listed = asked.get('filter') === 'all' ? matching : [...latest.values()];
    const { items, headers } = page(listed, url);
    return {
      status: 200,
      data: { total_count: listed.length, check_runs: items.map((run) => this.#show(run)) },
      headers,
    };
  }

  #show(run: MockRun): Record<string, unknown> {
    const { id, name, head_sha, external_id, output } = run;
    return {
      ...this.#example,
      id,
      name,
      head_sha,
      external_id,
      html_url: `https://github.com/school/shop-api/runs/${id}`,
      details_url: run.details_url ?? null,
      status: run.status ?? 'queued',
      conclusion: run.status === 'completed' ? (run.conclusion ?? null) : null,
      started_at: run.started_at ?? null,
      completed_at: run.completed_at ?? null,
      app: { ...(this.#example['app'] as object), id: run.app },
      output: {
        title: output?.title ?? null,
        summary: output?.summary ?? null,
        text: output?.text ?? null,
        annotations_count: run.annotations.length,
        annotations_url: `https://api.github.com/repos/school/shop-api/check-runs/${id}/annotations`,
      },
    };
  }
}

function page<Item>(items: readonly Item[], url: URL): { items: Item[]; headers: Record<string, string> } {
  const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), 100);
  const number = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url);
  next.searchParams.set('page', String(number + 1));
  return {
    items: items.slice((number - 1) * size, number * size),
    headers: number * size < items.length ? { link: `<${next.href}>; rel="next"` } : {},
  };
}

function showAnnotation(note: Annotation): Record<string, unknown> {
  return {
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    blob_href: 'https://api.github.com/repos/school/shop-api/contents/file',
    ...note,
  };
}
