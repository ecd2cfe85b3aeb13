import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { authProxyConformance } from './conformance/auth-proxy.ts';
import { mongoConformance } from './conformance/mongo.ts';
import { postgresConformance } from './conformance/postgres.ts';
import { redisConformance } from './conformance/redis.ts';
import { SERVICE_KINDS } from '../target/target.ts';
import { InfrastructureError } from '../platform/errors.ts';
import type { Endpoint, ServiceKind, StartedService, Tenant } from './service.ts';

/** What the suite needs of a provider. */
export interface Provided {
  /** Starts a service, with options made for tests. */
  start<Kind extends ServiceKind>(kind: Kind): Promise<StartedService<Kind>>;
  /** Ends the server that listens there, at once. */
  kill(endpoint: Endpoint): Promise<void>;
  /** What is left of started servers: processes, containers, folders. */
  leftovers(): Promise<string[]>;
  /** Whether servers are the grader's own, or somebody else's that it only visits. */
  owned: boolean;
}

/** What a kind's own tests are given: a running service with two tenants. */
export interface Running<Kind extends ServiceKind> {
  service: StartedService<Kind>;
  tenant: Tenant<Kind>;
  other: Tenant<Kind>;
  owned: boolean;
}

const suites: { [Kind in ServiceKind]: (running: () => Running<Kind>) => void } = {
  mongo: mongoConformance,
  postgres: postgresConformance,
  redis: redisConformance,
};

/** A loaded machine is slow; a hanging one must not keep the rest waiting. */
const SUITE_MS = 240_000;

/** What every provider must do with every kind of service. */
export function conformance(name: string, skip: string | false, set: (kind: ServiceKind) => Promise<Provided>): void {
  for (const kind of SERVICE_KINDS) {
    describe(`${kind} by ${name}`, { skip, timeout: SUITE_MS }, () => suite(kind, set));
  }
}

function suite<Kind extends ServiceKind>(kind: Kind, set: (kind: ServiceKind) => Promise<Provided>): void {
  let provided: Provided;
  let running: Running<Kind>;
  before(async () => {
    provided = await set(kind);
    const service = await provided.start(kind);
    const [tenant, other] = [await service.tenant('first'), await service.tenant('second')];
    running = { service, tenant, other, owned: provided.owned };
  });
  after(() => running?.service[Symbol.asyncDispose]());

  test('says what runs and where it came from', () => {
    assert.equal(running.service.kind, kind);
    assert.match(running.service.version, /^\d+\.\d+/);
    assert.notEqual(running.service.detail, '');
  });

  suites[kind](() => running);
  authProxyConformance(kind, () => running);

  test('tenants can be made side by side', async () => {
    if (!provided.owned) return;
    const names = ['a', 'b', 'c'];
    const tenants = await Promise.all(names.map((name) => running.service.tenant(name)));
    await Promise.all(tenants.map((tenant) => tenant.healthy()));
    await Promise.all(tenants.map((tenant) => tenant[Symbol.asyncDispose]()));
  });

  test('a dropped tenant leaves the others whole', async () => {
    if (kind !== 'postgres' && !provided.owned) return;
    const third = await running.service.tenant('third');
    await third.healthy();
    await third[Symbol.asyncDispose]();
    await running.tenant.healthy();
  });

  test('a service is taken away from one app alone, and given back', async () => {
    // Here, each app needs a server that was named for it.
    if (kind === 'redis' && !provided.owned) return;
    const { service, tenant: another } = running;
    await using tenant = await service.tenant('interrupted', { interruptible: [kind] });
    const open = await connection(tenant.endpoint);
    const end = once(open, 'close').catch((error: NodeJS.ErrnoException) => error.code);
    {
      await using stack = new AsyncDisposableStack();
      stack.use(await tenant.outage());
      assert.equal(await end, 'ECONNRESET');
      await assert.rejects(connection(tenant.endpoint), { code: 'ECONNREFUSED' });
      (await connection(another.endpoint)).destroy();
      await tenant.healthy();
    }
    (await connection(tenant.endpoint)).destroy();
    await assert.rejects(another.outage(), RangeError);
  });

  test('a killed server is infrastructure, and can still be disposed of', async () => {
    const doomed = await provided.start(kind);
    try {
      const tenant = await doomed.tenant('doomed');
      await tenant.healthy();
      await provided.kill(tenant.endpoint);
      await assert.rejects(
        tenant.healthy(),
        (error) => error instanceof InfrastructureError && /is gone/.test(error.message),
      );
    } finally {
      // What was made in somebody else’s server can’t be removed from it any more, and that is said.
      const disposal = Promise.resolve(doomed[Symbol.asyncDispose]());
      await (provided.owned ? disposal : assert.rejects(disposal));
    }
  });

  test('disposal leaves nothing behind', async () => {
    await running.service[Symbol.asyncDispose]();
    assert.deepEqual(await provided.leftovers(), []);
  });
}

async function connection({ host, port }: Endpoint): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, 'connect');
  return socket;
}
