import { InfrastructureError, UsageError } from './platform/errors.ts';
import type { RunEvents } from './report/events.ts';
import { providers } from './services/providers/index.ts';
import type { ProviderName, ServiceKind, ServiceProvider } from './services/service.ts';
import type { Settings } from './settings.ts';
import { findNpm } from './submission/packages/npm.ts';
import { dockerRuntime } from './submission/runtimes/docker.ts';
import { localRuntime } from './submission/runtimes/local.ts';
import type { Runtime } from './submission/submission.ts';

export interface PlaceOptions {
  runtime: 'auto' | 'docker' | 'local';
  services: 'auto' | ProviderName;
  /** The submission is somebody else's: its container is given no way to servers of this machine, at the price of speed. */
  strangers?: boolean | undefined;
  settings: Settings;
  events: Pick<RunEvents, 'begin' | 'phase' | 'criterionStart' | 'criterionEnd' | 'notice' | 'progress' | 'report'>;
}

/** Where a submission runs, and where its databases come from. */
export interface Place {
  runtime: Runtime;
  provider: ServiceProvider;
}

/**
 * Chooses where to run. `auto` takes containers where a Docker engine answers and has or can get what it
 * needs, else plain processes beside embedded servers, and says so.
 *
 * @throws {UsageError} for a combination that can't work
 * @throws {InfrastructureError} when what was asked for is not to be had
 */
export async function choosePlace(options: PlaceOptions, kinds: readonly ServiceKind[]): Promise<Place> {
  const runtime = await chooseRuntime(options);
  const provider = await chooseProvider(options, runtime);
  if (runtime.name === 'docker' && provider.name === 'embedded' && kinds.length > 0) {
    throw new UsageError('an app in a container can’t reach embedded servers', {
      mend: 'Use --services testcontainers, or --runtime local.',
    });
  }
  return { runtime, provider };
}

async function chooseRuntime({ runtime, services, strangers, settings, events }: PlaceOptions): Promise<Runtime> {
  const local = async () =>
    localRuntime({ path: settings.environment['PATH'] ?? '', npm: await findNpm(settings.environment) });
  if (runtime === 'local') return local();
  const docker = dockerRuntime({ image: settings.images.node, reach: strangers ? 'gateway' : 'auto' });
  if (runtime === 'auto' && services === 'embedded') return local();
  const available = await docker.available();
  if (runtime === 'auto') {
    const reason = available.ok ? await missingImage(docker) : available.reason;
    if (reason === undefined) return docker;
    events.notice?.(`No containers: ${reason}. The app runs as a plain process on this machine.`);
    return local();
  }
  if (available.ok) return docker;
  throw new InfrastructureError(`the docker runtime is not to be had: ${available.reason}`, { mend: available.mend });
}

/** Why the runtime's image is not to be had; undefined when it is there. */
async function missingImage(docker: Runtime): Promise<string | undefined> {
  try {
    await docker.platform();
    return undefined;
  } catch (error) {
    if (error instanceof InfrastructureError) return error.message;
    throw error;
  }
}

async function chooseProvider({ services }: PlaceOptions, runtime: Runtime): Promise<ServiceProvider> {
  const name: ProviderName =
    services === 'auto' ? (runtime.name === 'docker' ? 'testcontainers' : 'embedded') : services;
  const provider = providers[name];
  const available = await provider.available();
  if (!available.ok)
    throw new InfrastructureError(`services by ${name} are not to be had: ${available.reason}`, {
      mend: available.mend,
    });
  return provider;
}
