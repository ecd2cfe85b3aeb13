import { randomBytes, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Candidate } from './candidate.ts';
import { checks } from './checks/index.ts';
import { type RunCriterion, run } from './engine/run.ts';
import { Trace } from './platform/trace.ts';
import type { PlaceOptions } from './place.ts';
import { REPORT_SCHEMA_VERSION, type Report } from './report/schema.ts';
import { inputsOf } from './rubric/load.ts';
import type { Rubric } from './rubric/schema.ts';
import { selectCriteria } from './rubric/select.ts';
import { setScene } from './scene.ts';
import { score } from './scoring/score.ts';
import type { StartedServices } from './services/start.ts';
import { version } from './version.ts';

export interface GradeOptions extends PlaceOptions {
  rubric: Rubric;
  /** The repository to grade, absolute. */
  path: string;
  /** Ids of the only criteria to grade; what they need is graded as well. */
  only?: readonly string[] | undefined;
  /** Every random value follows from it. Default: drawn anew. */
  seed?: string | undefined;
  /** Servers that outlive this run, on no network of their own; it takes databases in them. Default: servers of its own. */
  shared?: StartedServices | undefined;
  trace?: Trace;
  signal: AbortSignal;
  /** Called before anything is stopped, with where it can be reached; everything stops when it resolves. */
  keep?: ((where: string[]) => Promise<void>) | undefined;
}

/**
 * The pipeline: a repository and a rubric go in, a report comes out. Whatever was started is stopped on
 * every way out, in reverse order.
 *
 * @throws {UsageError} for a wrong path, grade.yaml or option
 * @throws {InfrastructureError} when there is no runtime or no service to be had
 * @throws the reason of `signal` when aborted
 */
export async function grade(options: GradeOptions): Promise<Report> {
  const { events, signal, trace = new Trace() } = options;
  const startedAt = new Date();
  const epoch = performance.now();
  const seed = options.seed ?? randomBytes(6).toString('hex');
  const rubric = options.only === undefined ? options.rubric : selectCriteria(options.rubric, options.only);
  const criteria = prepare(rubric);
  events.begin?.({ rubric: rubric.rubric, title: rubric.title, submission: options.path, criteria });

  await using scene = await setScene({
    ...options,
    rubric,
    seed,
    trace,
    needsReference: criteria.some(({ inputs }) => inputs.includes('reference')),
    interruptible: criteria.flatMap(({ check, params }) => check.interrupts?.(params) ?? []),
  });
  const evidence = await run({
    criteria,
    rubric,
    subject: scene.candidate,
    reference: scene.reference,
    seed,
    signal,
    now: () => performance.now() - epoch,
    trace,
    events,
  });
  const report: Report = {
    schema: REPORT_SCHEMA_VERSION,
    id: randomUUID(),
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - epoch,
    grader: { version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    rubric: { id: rubric.rubric, title: rubric.title, version: rubric.version },
    seed,
    ...scene.facts,
    ...score(rubric, evidence),
    spans: trace.spans(),
  };
  // Reports are written while everything is stopped.
  events.report?.(report);
  if (options.keep) await options.keep(whereabouts(scene.candidate));
  return report;
}

/** Finds each criterion's check and parses its parameters; the rubric was checked when it was loaded. */
function prepare(rubric: Rubric): RunCriterion[] {
  return rubric.criteria.map((criterion): RunCriterion => {
    const check = checks.get(criterion.check);
    if (!check) throw new RangeError(`there is no check ${criterion.check}`);
    const params: unknown = check.params.parse(criterion.with);
    return {
      ...criterion,
      check: check as unknown as RunCriterion['check'],
      params,
      inputs: inputsOf(check, params),
      timeoutMs: criterion.timeout,
      alone: criterion.alone ?? check.alone ?? false,
      disruptive: criterion.disruptive ?? check.disruptive ?? false,
    };
  });
}

/** Where a person can look around, for --keep. */
function whereabouts({ origin, target }: Candidate): string[] {
  const urls = Object.entries(target.env).filter(([name]) =>
    ['DATABASE_URL', 'MONGODB_URI', 'REDIS_URL'].includes(name),
  );
  return [...(origin === undefined ? [] : [`app  ${origin}`]), ...urls.map(([name, url]) => `${name}  ${url}`)];
}
