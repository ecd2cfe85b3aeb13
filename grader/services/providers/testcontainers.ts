import { randomBytes } from 'node:crypto';
import { connectEngine, type Engine } from '../../platform/docker/engine.ts';
import { ensureImage } from '../../platform/docker/image.ts';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import { freePort } from '../../platform/free-port.ts';
import type { Endpoint, ProviderOptions, ServiceProvider, ServiceSpec } from '../service.ts';
import { type LaunchedServer, openService } from '../tenancy.ts';
import { containerEnd } from './testcontainers/end.ts';
import { type Attachments, attachments } from './testcontainers/network.ts';

/** Servers in containers. */
export const testcontainers: ServiceProvider = testcontainersBy('auto');

/** @param reach `published`: never by a container's own address, as on machines where that can't be reached */
export function testcontainersBy(reach: 'auto' | 'published'): ServiceProvider {
  return {
    name: 'testcontainers',
    available: async () => {
      try {
        const { version } = await connectEngine();
        return { ok: true, detail: `Docker ${version}` };
      } catch (error) {
        if (!(error instanceof InfrastructureError)) throw error;
        return { ok: false, reason: error.message, mend: error.mend ?? '' };
      }
    },
    start: async (spec, options) => {
      const found = await connectEngine();
      const engine = reach === 'published' ? { ...found, direct: false } : found;
      const networks = attachments(engine, spec.aliases);
      return openService(spec, 'testcontainers', options, () => launch(spec, engine, networks, options));
    },
  };
}

async function launch(
  spec: ServiceSpec,
  engine: Engine,
  networks: Attachments,
  options: ProviderOptions,
): Promise<LaunchedServer> {
  const image = options.images[spec.kind] ?? spec.image;
  const variable = `GRADE_IMAGE_${spec.kind.toUpperCase()}`;
  await ensureImage(engine, image, { ...options, purpose: spec.title, variable });
  // Where a server tells clients its own address, a published port must be the one that it listens on.
  const fixed = spec.announcesItself && !engine.direct && options.network === undefined;
  const inside = fixed ? await freePort() : spec.port;
  const admin: Endpoint = {
    host: engine.host,
    port: inside,
    user: 'grade_admin',
    password: randomBytes(18).toString('hex'),
    database: spec.adminDatabase,
  };
  const plan = await spec.container(admin);
  const container = new engine.library.GenericContainer(image)
    .withEnvironment(plan.env)
    .withCommand(plan.command)
    .withTmpFs(plan.tmpfs)
    .withCopyContentToContainer(plan.files)
    .withResourcesQuota({ memory: plan.memoryMb / 1024 })
    .withSecurityOpt('no-new-privileges')
    .withWaitStrategy(NO_WAIT);
  if (!engine.direct) container.withExposedPorts(fixed ? { container: inside, host: inside } : inside);
  const started = await container.start().catch((error: unknown) => {
    throw new InfrastructureError(`${spec.title} (image ${image}) could not be started: ${messageOf(error)}`, {
      mend: 'See what the Docker engine says: docker info, docker ps --all.',
      cause: error,
    });
  });
  const id = started.getId();
  const ownAddress = started.getIpAddress(started.getNetworkNames()[0] ?? 'bridge');
  const outside = engine.direct
    ? { host: ownAddress, port: inside }
    : { host: engine.host, port: started.getMappedPort(inside) };
  return {
    admin: { ...admin, ...outside },
    owned: true,
    detail: `image ${image}`,
    address: async (network) =>
      network === undefined ? outside : { host: await networks.attach(id, network), port: inside },
    leave: async (network) => ({ names: await networks.release(id, network), host: ownAddress, port: inside }),
    ended: containerEnd(engine, id),
    [Symbol.asyncDispose]: async () => {
      await started.stop({ timeout: 0 });
    },
  };
}

/** The service waits by talking to the server, which is quicker than looking at its ports from inside. */
const NO_WAIT = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => NO_WAIT,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
