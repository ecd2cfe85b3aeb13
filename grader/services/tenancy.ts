import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { InfrastructureError, KnownError, LearnerError, messageOf } from '../platform/errors.ts';
import { type Forward, type ForwardedServer, type Forwarder, forwardLocally } from './forwarder.ts';
import { untilAnswers } from './ready.ts';
import type {
  Endpoint,
  ProviderName,
  ProviderOptions,
  ServiceKind,
  ServiceSpec,
  StartedService,
  Tenant,
  TenantOptions,
} from './service.ts';

/** A server that was told to run and may not answer yet. Stopped with its scope. */
export interface LaunchedServer extends AsyncDisposable {
  /** The administrator's way in, from this process. */
  admin: Endpoint;
  /** False: somebody else's server, to be left as it was found. */
  owned: boolean;
  /** Where it came from, in one line. */
  detail: string;
  /** Where apps find it: from this host, or inside the Docker network of that name. */
  address(network: string | undefined): Promise<{ host: string; port: number }>;
  /** Leaves a Docker network, for a forwarder in its place: its names there, and where a container outside finds it. */
  leave?(network: string): Promise<ForwardedServer>;
  /** Whether it is a process of this machine, and reaches what listens on 127.0.0.1. */
  local?: boolean;
  /** Resolves when it has ended. */
  ended: Promise<ServerEnd>;
}

export interface ServerEnd {
  /** The last lines that it printed, on one. */
  lines: string;
  /** What of its own share it had used up, which is the doing of the app in it; undefined where there is no such share. */
  usedUp?: 'disk' | 'memory' | undefined;
}

const READY_TIMEOUT_MS = 60_000;
const HEALTH_TIMEOUT_MS = 5000;
/** How long news of a server's end may take to come through. */
const ENDING_MS = 1000;

/**
 * Runs a service on servers that `launch` gives: one for all tenants, or one for each, as the spec says.
 *
 * @throws {InfrastructureError} when the server ends or stays silent; what was started is stopped
 */
export async function openService<Kind extends ServiceKind>(
  spec: ServiceSpec<Kind>,
  provider: ProviderName,
  options: ProviderOptions,
  launch: () => Promise<LaunchedServer>,
): Promise<StartedService<Kind>> {
  await using stack = new AsyncDisposableStack();
  const first = await bringUp(spec, options, options.network, launch);
  stack.use(first.server);
  /** Servers that are nobody's at the moment. */
  const spares: UpServer[] = [first];
  let closed = false;
  stack.defer(async () => {
    closed = true;
    await Promise.all(spares.map(({ server }) => server[Symbol.asyncDispose]()));
  });
  const tenants = new Set<AsyncDisposable>();
  stack.defer(async () => {
    await Promise.all([...tenants].map((opened) => opened[Symbol.asyncDispose]()));
  });

  /** A server that is nobody's, as if it were new; undefined where there is none. */
  async function takeSpare(): Promise<UpServer | undefined> {
    for (let up = spares.pop(); up !== undefined; up = spares.pop()) {
      if (!up.used || (spec.clear !== undefined && (await isCleared(spec.clear(up.server.admin), up.server))))
        return up;
      await up.server[Symbol.asyncDispose]();
    }
    return undefined;
  }

  async function tenant(name: string, tenantOptions: TenantOptions = {}): Promise<Tenant<Kind>> {
    await using parts = new AsyncDisposableStack();
    const network = tenantOptions.network ?? options.network;
    let up = first;
    if (first.server.owned ? spec.tenancy === 'server' : !spec.shareable) {
      // A server that was on one app's network is never put on another's.
      const taken = network === options.network ? await takeSpare() : undefined;
      const { server, version } = (up = taken ?? (await bringUp(spec, options, network, launch)));
      // One that a forwarder stood before has taken on its address.
      const again =
        spec.clear !== undefined &&
        network === undefined &&
        options.network === undefined &&
        !isInterruptible(spec, tenantOptions);
      parts.defer(async () => {
        if (again && !closed) spares.push({ server, version, used: true });
        else await server[Symbol.asyncDispose]();
      });
    }
    const { server } = up;
    const forwarder = isInterruptible(spec, tenantOptions)
      ? parts.use(await putForwarder(spec, server, network, tenantOptions.forward))
      : undefined;
    const address = forwarder ? { host: forwarder.host, port: forwarder.port } : await server.address(network);
    const view = { address: `${address.host}:${address.port}`, owned: server.owned };
    const setup = await known(`${spec.title} could not prepare a database for ${name}`, () =>
      spec.provision(server.admin, view),
    );
    parts.defer(() => disposeIn(server, setup));
    const endpoint = { ...setup.app, ...address };
    const owned = parts.move();
    const opened: Tenant<Kind> = {
      kind: spec.kind,
      endpoint,
      anyDatabase: setup.anyDatabase ?? false,
      env: spec.environment(endpoint),
      handle: setup.handle,
      healthy: async () => {
        await healthy(spec, server, () => setup.ping());
        await forwarder?.healthy();
      },
      outage: async () => {
        if (forwarder === undefined) throw new RangeError(`${name} was not made to have its ${spec.title} taken away`);
        await forwarder.interrupt();
        return { [Symbol.asyncDispose]: () => forwarder.restore() };
      },
      [Symbol.asyncDispose]: async () => {
        tenants.delete(opened);
        await owned.disposeAsync();
      },
    };
    tenants.add(opened);
    return opened;
  }

  const owned = stack.move();
  return {
    kind: spec.kind,
    provider,
    version: first.version,
    detail: first.server.detail,
    tenant,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function isInterruptible({ kind }: ServiceSpec, { interruptible }: TenantOptions): boolean {
  return interruptible?.includes(kind) ?? false;
}

/** Whether a server still runs and was cleared. */
async function isCleared(clearing: Promise<void>, server: LaunchedServer): Promise<boolean> {
  const cleared = clearing.then(
    () => true,
    () => false,
  );
  const late = delay(HEALTH_TIMEOUT_MS, false, { ref: false });
  return Promise.race([cleared, server.ended.then(() => false), late]);
}

interface UpServer {
  server: LaunchedServer;
  version: string;
  /** It was a tenant's. */
  used?: true;
}

/** Launches a server and waits until it answers and is set up. */
async function bringUp<Kind extends ServiceKind>(
  spec: ServiceSpec<Kind>,
  options: ProviderOptions,
  network: string | undefined,
  launch: () => Promise<LaunchedServer>,
): Promise<UpServer> {
  await using stack = new AsyncDisposableStack();
  options.signal.throwIfAborted();
  const server = stack.use(await launch());
  const given = new AbortController();
  const signal = AbortSignal.any([options.signal, given.signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  const ended = server.ended.then(({ lines }) => {
    given.abort();
    throw new InfrastructureError(`${spec.title} (${server.detail}) ended while it was starting: ${lines}`);
  });
  const ready = known(`${spec.title} (${server.detail}) does not answer`, async () => {
    const version = await spec.ready(server.admin, signal);
    if (server.owned && spec.initialise) {
      const { host, port } = await server.address(network);
      await spec.initialise(server.admin, { address: `${host}:${port}`, owned: true }, signal);
    }
    return version;
  });
  try {
    const version = await Promise.race([ready, ended]);
    stack.move();
    return { server, version };
  } catch (error) {
    given.abort();
    options.signal.throwIfAborted();
    throw error;
  } finally {
    // Whichever lost the race ends by itself soon.
    for (const left of [ended, ready]) left.catch(() => {});
  }
}

/** Has apps find a forwarder where they would find the server. */
async function putForwarder(
  spec: ServiceSpec,
  server: LaunchedServer,
  network: string | undefined,
  forward: Forward = forwardLocally,
): Promise<Forwarder> {
  const behind =
    network === undefined || server.leave === undefined
      ? { names: spec.aliases, ...(await server.address(network)) }
      : await server.leave(network);
  await using stack = new AsyncDisposableStack();
  const forwarder = stack.use(await forward(behind));
  // A client that looks for the members of the server's replica set would go past the forwarder.
  if (server.owned && server.local) await spec.rename?.(server.admin, `${forwarder.host}:${forwarder.port}`);
  stack.move();
  return forwarder;
}

/** A server may be busy recovering from what an app did to it: it has some seconds to answer. */
async function healthy(spec: ServiceSpec, server: LaunchedServer, ping: () => Promise<void>): Promise<void> {
  const given = new AbortController();
  const patience = AbortSignal.any([given.signal, AbortSignal.timeout(HEALTH_TIMEOUT_MS)]);
  const ended = server.ended.then((end) => {
    throw endError(spec.title, end);
  });
  const silent = delay(HEALTH_TIMEOUT_MS + 1000, undefined, { ref: false, signal: given.signal }).then(() => {
    throw new Error(`no answer in ${HEALTH_TIMEOUT_MS / 1000} s`);
  });
  try {
    const { host, port } = await server.address(undefined);
    // A connection that was open before may outlive its server; a new one, let in or not, tells that somebody listens.
    const answer = () => Promise.all([knock(host, port), ping()]);
    await Promise.race([ended, silent, untilAnswers(patience, answer)]);
  } catch (error) {
    if (error instanceof LearnerError) throw error;
    throw new InfrastructureError(`${spec.title} (${server.detail}) is gone: ${messageOf(error)}`, { cause: error });
  } finally {
    given.abort();
  }
}

function endError(title: string, { lines, usedUp }: ServerEnd): Error {
  if (usedUp === 'disk') return new LearnerError(`the app filled the disk of ${title} until the server gave up`);
  if (usedUp === 'memory') {
    return new LearnerError(`the app made ${title} use more memory than it has`, { fault: 'out-of-memory' });
  }
  return new Error(`the server has ended: ${lines}`);
}

function knock(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/**
 * What can't be dropped any more because its server has gone is gone too. Its connections give up by
 * themselves, which can take seconds where a container vanished with its address.
 */
async function disposeIn(server: LaunchedServer, setup: AsyncDisposable): Promise<void> {
  const ended = server.ended.then(() => undefined);
  const disposal = Promise.resolve(setup[Symbol.asyncDispose]()).then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
  const failure = await Promise.race([disposal, ended]);
  if (failure && (await Promise.race([ended, delay(ENDING_MS, failure)]))) throw failure.reason;
}

/** Gives an unknown failure of a server its place; known ones say it themselves. */
async function known<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KnownError) throw error;
    throw new InfrastructureError(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
