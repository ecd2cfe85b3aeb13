import { join } from 'node:path';
import { bringUp, type Candidate, type CandidateOptions } from './candidate.ts';
import { InfrastructureError, messageOf } from './platform/errors.ts';
import type { SpanCategory, Trace } from './platform/trace.ts';
import { choosePlace, type PlaceOptions } from './place.ts';
import type { RunEvents } from './report/events.ts';
import type { Report } from './report/schema.ts';
import type { Rubric } from './rubric/schema.ts';
import type { ProviderOptions, ServiceKind } from './services/service.ts';
import { type StartedServices, startServices } from './services/start.ts';
import { findNpm } from './submission/packages/npm.ts';
import type { Runtime } from './submission/submission.ts';
import type { Target } from './target/target.ts';

export interface SceneOptions extends PlaceOptions {
  rubric: Rubric;
  /** The repository to grade, absolute. */
  path: string;
  /** Whether a criterion compares with the reference app. */
  needsReference: boolean;
  /** Services that a criterion takes away from the app for a while. */
  interruptible: readonly ServiceKind[];
  /** Servers that outlive this run, on no network of their own; it takes databases in them. Default: servers of its own. */
  shared?: StartedServices | undefined;
  seed: string;
  trace: Trace;
  signal: AbortSignal;
}

/** Everything that checks look at, up and running. Stopped with its scope. */
export interface Scene extends AsyncDisposable {
  candidate: Candidate;
  /** @throws {InfrastructureError} when the reference did not come up: never the learner's fault */
  reference: () => Promise<Target>;
  /** What the report says of it. */
  facts: Pick<Report, 'submission' | 'runtime' | 'services' | 'assumptions' | 'binding' | 'boot'>;
}

/** Brings up servers, submission and reference side by side; each is stopped before what it stands on. */
export async function setScene(options: SceneOptions): Promise<Scene> {
  const { rubric, settings, events, trace } = options;
  const giveUp = new AbortController();
  const signal = AbortSignal.any([options.signal, giveUp.signal]);
  const phase = phases(events, trace, signal);

  await using stack = new AsyncDisposableStack();
  const [{ runtime, provider }, npm] = await Promise.all([
    choosePlace(options, rubric.services),
    findNpm(settings.environment),
  ]);
  // The engine makes networks one after the other: what comes next waits for the first alone.
  const networkComing = runtime.network(signal);
  const referenceNetwork = options.needsReference ? networkComing.then(() => runtime.network(signal)) : undefined;
  stack.defer(() => disposeOf([networkComing, referenceNetwork]));
  const network = await networkComing;

  const starting = options.shared
    ? Promise.resolve({ ...options.shared, [Symbol.asyncDispose]: async () => {} })
    : startServices(rubric.services, provider, providerOptions(options, { network: network?.name, trace, signal }));
  const services =
    rubric.services.length === 0 || options.shared
      ? starting
      : phase(`Starting ${rubric.services.join(', ')}`, 'services', () => starting);
  const common: Omit<CandidateOptions, 'folder' | 'network' | 'phase'> = {
    rubric,
    runtime,
    services,
    interruptible: options.interruptible,
    npm,
    modulesCacheDir: join(settings.cacheDir, 'modules'),
    seed: options.seed,
    searchPath: settings.environment['PATH'] ?? '',
    trace,
    signal,
  };
  const candidateComing = bringUp({ ...common, folder: options.path, network, phase });
  const referenceComing = options.needsReference
    ? bringUpReference(rubric, {
        ...common,
        network: referenceNetwork,
        phase: phases({}, trace, signal, 'reference: '),
      })
    : undefined;
  // Whoever needs the reference is told why it failed; until then, nobody listens.
  referenceComing?.catch(() => {});
  const apps = [candidateComing, referenceComing];
  stack.defer(async () => {
    // What is still coming up may be asking the services for databases.
    await Promise.allSettled(apps);
    await allDone([
      trace.span('Stopping apps', 'teardown', () => disposeOf(apps)),
      trace.span('Stopping services', 'services', () => disposeOf([services])),
    ]);
  });
  try {
    const [started, candidate] = await Promise.all([services, candidateComing]);
    const owned = stack.move();
    return {
      candidate,
      reference: async () => {
        if (!referenceComing) throw new InfrastructureError(`${rubric.rubric} has no reference to compare with`);
        const { bootFailure, target } = await referenceComing;
        if (bootFailure) throw new InfrastructureError(`the reference app did not come up: ${bootFailure.message}`);
        return target;
      },
      facts: factsOf(candidate, runtime.name, started, rubric),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    // What is still coming up must not outlive the failure.
    giveUp.abort(error);
    throw error;
  }
}

/** What a provider is told of where and for whom it starts servers. */
export function providerOptions(
  { settings, events }: Pick<PlaceOptions, 'settings' | 'events'>,
  run: Pick<ProviderOptions, 'network' | 'trace' | 'signal'>,
): ProviderOptions {
  return {
    ...run,
    urls: settings.urls,
    images: settings.images,
    cacheDir: settings.cacheDir,
    environment: settings.environment,
    notice: (line) => events.notice?.(line),
    progress: (what, fraction) => events.progress?.({ what, fraction }),
  };
}

async function bringUpReference(
  rubric: Rubric,
  {
    network,
    ...options
  }: Omit<CandidateOptions, 'folder' | 'network'> & { network: ReturnType<Runtime['network']> | undefined },
): Promise<Candidate> {
  if (rubric.referenceDir === undefined)
    throw new InfrastructureError(`${rubric.rubric} has no reference to compare with`);
  try {
    return await bringUp({ ...options, network: await network, folder: rubric.referenceDir });
  } catch (error) {
    throw error instanceof InfrastructureError
      ? error
      : new InfrastructureError(`the reference app did not come up: ${messageOf(error)}`, { cause: error });
  }
}

/** Disposes of what has come up, or still does, side by side; each is tried whatever becomes of the others. */
async function disposeOf(parts: readonly (Promise<AsyncDisposable | undefined> | undefined)[]): Promise<void> {
  await allDone(
    parts.map(async (coming) => {
      // Why it did not come up was said already.
      const part = await coming?.catch(() => undefined);
      await part?.[Symbol.asyncDispose]();
    }),
  );
}

/** Waits for all, then throws the first failure. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

/** Tells each phase to reporters as it starts and ends, and times it; `label` goes before its name in the trace. */
function phases(
  events: Pick<RunEvents, 'phase'>,
  trace: Trace,
  signal: AbortSignal,
  label = '',
): CandidateOptions['phase'] {
  let count = 0;
  return async <T>(title: string, category: SpanCategory, work: () => Promise<T>): Promise<T> => {
    const id = `${category}-${++count}`;
    events.phase?.({ id, title, state: 'started' });
    try {
      const result = await trace.span(`${label}${title}`, category, work);
      events.phase?.({ id, title, state: 'done' });
      return result;
    } catch (error) {
      // What was given up because something else failed has no news of its own.
      events.phase?.({ id, title, state: 'failed', ...(signal.aborted ? {} : { detail: messageOf(error) }) });
      throw error;
    }
  };
}

function factsOf(candidate: Candidate, runtime: string, services: StartedServices, rubric: Rubric): Scene['facts'] {
  const { submission, bootFailure } = candidate;
  return {
    submission: {
      name: submission.name,
      ...(submission.commit === undefined ? {} : { commit: submission.commit }),
      ...(submission.dirty === undefined ? {} : { dirty: submission.dirty }),
    },
    runtime,
    services: services.list.map(({ kind, provider, version, detail }) => ({ kind, provider, version, detail })),
    assumptions: candidate.assumptions,
    ...(candidate.binding ? { binding: candidate.binding } : {}),
    ...(rubric.app || bootFailure
      ? {
          boot: {
            ok: bootFailure === undefined,
            ...(bootFailure
              ? {
                  reason: bootFailure.message,
                  fault: bootFailure.fault,
                  ...(bootFailure.mend ? { mend: bootFailure.mend } : {}),
                  ...(bootFailure.kind ? { cause: bootFailure.kind } : {}),
                  ...(bootFailure.places.length > 0 ? { evidence: [...bootFailure.places] } : {}),
                }
              : {}),
            logs: [...(bootFailure?.logs ?? [])],
            installMs: candidate.installMs,
            bootMs: candidate.bootMs,
          },
        }
      : {}),
  };
}
