import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { grade } from '../grade.ts';
import { choosePlace, type PlaceOptions } from '../place.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { Trace } from '../platform/trace.ts';
import { compareOutcome, type FixtureOutcome } from '../rubric/verify.ts';
import { providerOptions } from '../scene.ts';
import { startServices, type StartedServices } from '../services/start.ts';
import type { ServiceKind } from '../services/service.ts';
import type { Combination } from './combinations.ts';
import type { ShapeOutcome } from './outcome.ts';
import { reshape } from './reshape.ts';

/** Grades each combination in its shape; servers are shared between those that need the same. */
export async function proveShapes(
  combinations: readonly Combination[],
  options: PlaceOptions & { lanes: number; signal: AbortSignal; onOutcome?: (outcome: ShapeOutcome) => void },
): Promise<ShapeOutcome[]> {
  const outcomes: ShapeOutcome[] = [];
  const kinds = [...new Set(combinations.flatMap(({ rubric }) => rubric.services))];
  await using shared = await sharedServers(kinds, options);
  await pMap(
    combinations,
    async (combination) => {
      options.signal.throwIfAborted();
      // One that can't be graded must not take the servers from those beside it.
      const outcome = await prove(combination, shared, options).then(
        (graded): ShapeOutcome => ({ combination, outcome: graded }),
        (error: unknown): ShapeOutcome => {
          if (options.signal.aborted || !(error instanceof Error)) throw error;
          return { combination, error };
        },
      );
      outcomes.push(outcome);
      options.onOutcome?.(outcome);
    },
    { concurrency: options.lanes },
  );
  return outcomes;
}

async function sharedServers(
  kinds: readonly ServiceKind[],
  options: PlaceOptions & { signal: AbortSignal },
): Promise<StartedServices> {
  const { provider } = await choosePlace(options, kinds);
  const run = { network: undefined, trace: new Trace(), signal: options.signal };
  return startServices(kinds, provider, providerOptions(options, run));
}

async function prove(
  { rubric, fixture, shape, criteria, fails }: Combination,
  shared: StartedServices,
  options: PlaceOptions & { signal: AbortSignal },
): Promise<FixtureOutcome> {
  await using folder = await tempDir('reshape');
  await using original = await fixture.submission();
  const path = join(folder.path, 'submission');
  await cp(original.path, path, { recursive: true, filter: (source) => !source.endsWith('/node_modules') });
  await reshape(path, rubric, shape);
  const report = await grade({ ...options, rubric, path, only: criteria, shared, trace: new Trace() });
  return compareOutcome(fixture.id, fixture.title, [...fails], report);
}
