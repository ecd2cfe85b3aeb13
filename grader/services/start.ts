import { SERVICE_KINDS, type ServiceHandles } from '../target/target.ts';
import type {
  ProviderOptions,
  ServiceKind,
  ServiceProvider,
  ServiceSpec,
  StartedService,
  Tenant,
  TenantOptions,
} from './service.ts';
import { specs } from './specs/index.ts';

/** The services of one run. Stopped with their scope. */
export interface StartedServices extends AsyncDisposable {
  /** For the report: kind, provider, version, and where each came from. */
  readonly list: readonly Pick<StartedService, 'kind' | 'provider' | 'version' | 'detail'>[];
  /** A fresh database in every service for one app. Tenants end with their own scope or with this one. */
  tenants(name: string, options?: TenantOptions): Promise<Tenants>;
}

/** One app's databases. Dropped with their scope. */
export interface Tenants extends AsyncDisposable {
  /** What the app finds in its environment: every usual variable name of every service. */
  readonly env: Readonly<Record<string, string>>;
  readonly handles: ServiceHandles;
  /** What each of them is and how the app comes in. */
  readonly list: readonly Pick<Tenant, 'kind' | 'endpoint' | 'anyDatabase' | 'env'>[];
  /** Throws when one of the servers is gone: an InfrastructureError, or a LearnerError when the app brought it down. */
  healthy(): Promise<void>;
  /** Takes an `interruptible` service away from the app until the scope ends: see `Tenant`. */
  outage(kind: ServiceKind): Promise<AsyncDisposable>;
}

/**
 * Starts the services that a rubric names, all at once.
 *
 * @throws {InfrastructureError} of the first that does not start, when those that did are stopped again
 */
export async function startServices(
  kinds: readonly ServiceKind[],
  provider: ServiceProvider,
  options: ProviderOptions,
): Promise<StartedServices> {
  const abort = new AbortController();
  const together = { ...options, signal: AbortSignal.any([options.signal, abort.signal]) };
  const started = await allOrNone(
    SERVICE_KINDS.filter((kind) => kinds.includes(kind)).map((kind) =>
      options.trace.span(`start ${specs[kind].title}`, 'services', () => provider.start(named(kind, kinds), together)),
    ),
    () => abort.abort(),
  );
  return {
    list: started,
    tenants: (name, tenantOptions) =>
      options.trace.span(`databases for ${name}`, 'services', () => openTenants(started, name, tenantOptions)),
    [Symbol.asyncDispose]: () => disposeAll(started),
  };
}

/** Host names for whichever database there is: the first of these kinds that the rubric names has them. */
const ANY_DATABASE = { names: ['db', 'database'], kinds: ['postgres', 'mongo'] } as const;

function named(kind: ServiceKind, kinds: readonly ServiceKind[]): ServiceSpec {
  const spec: ServiceSpec = specs[kind];
  const isTheDatabase = ANY_DATABASE.kinds.find((one) => kinds.includes(one)) === kind;
  return isTheDatabase ? { ...spec, aliases: [...spec.aliases, ...ANY_DATABASE.names] } : spec;
}

async function openTenants(
  services: readonly StartedService[],
  name: string,
  options?: TenantOptions,
): Promise<Tenants> {
  const tenants: Tenant[] = await allOrNone(services.map((service) => service.tenant(name, options)));
  return {
    env: Object.assign({}, ...tenants.map((tenant) => tenant.env)),
    handles: Object.fromEntries(tenants.map((tenant) => [tenant.kind, tenant.handle])) as ServiceHandles,
    list: tenants,
    healthy: async () => {
      await Promise.all(tenants.map((tenant) => tenant.healthy()));
    },
    outage: async (kind) => {
      const tenant = tenants.find((one) => one.kind === kind);
      if (tenant === undefined) throw new RangeError(`${name} has no ${kind}`);
      return tenant.outage();
    },
    [Symbol.asyncDispose]: () => disposeAll(tenants),
  };
}

/** Waits for all. When one failed, disposes of the others and throws its reason. */
async function allOrNone<T extends AsyncDisposable>(
  promises: Promise<T>[],
  onFailure: () => void = () => {},
): Promise<T[]> {
  let failure: { reason: unknown } | undefined;
  for (const promise of promises) {
    promise.catch((reason: unknown) => {
      failure ??= { reason };
      onFailure();
    });
  }
  const settled = await Promise.allSettled(promises);
  const values = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (!failure) return values;
  await disposeAll(values);
  throw failure.reason;
}

/** All at once; each is tried whatever becomes of the others. */
async function disposeAll(parts: readonly AsyncDisposable[]): Promise<void> {
  const settled = await Promise.allSettled(parts.map((part) => part[Symbol.asyncDispose]()));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}
