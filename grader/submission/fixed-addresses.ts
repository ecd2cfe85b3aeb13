import type { Assumption } from '../report/schema.ts';
import type { AuthProxyOptions } from '../services/auth-proxy/auth-proxy.ts';
import { InfrastructureError } from '../platform/errors.ts';
import { specs } from '../services/specs/index.ts';
import { serverCertificate } from '../services/certificate.ts';
import type { Tenants } from '../services/start.ts';
import type { ServiceKind } from '../target/target.ts';
import type { Sandbox } from './submission.ts';
import type { Habit } from './variables/habits.ts';

/** Names and ports beyond these are not looked after: a source may name any number of them. */
const MOST = 8;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[?::1?\]?)$/i;
/** What a compose file or a machine at home may call a server; never a name of somebody's on the internet. */
const PRIVATE_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$|^(?:[a-z0-9-]{1,63}\.){1,4}(?:local|internal)$/i;

/**
 * Has an app find its databases at the addresses that stand in its source.
 *
 * @param hosts names that stand for the sandbox's own localhost
 * @throws {InfrastructureError} when something else listens at an address that the app surely uses
 */
export async function openFixedAddresses(
  sandbox: Sandbox,
  tenants: Tenants,
  addresses: readonly Habit[],
  hosts: readonly string[],
): Promise<{ tenants: Tenants; assumptions: Assumption[] }> {
  const { proxies: all, uses } = fixedProxies(addresses, tenants.list, hosts);
  if (all.length === 0) return { tenants, assumptions: [] };
  const tls = await serverCertificate();
  const proxies = await sandbox.proxy(all.map((proxy) => ({ ...proxy, tls })));
  const wanted = all.filter(({ port }) => !proxies.taken.includes(port));
  const assumptions = uses.map((use) => assumed(use, proxies.taken));
  // Who takes the host from the environment and the rest from the source comes in by the proxy as well.
  const list = tenants.list.map((tenant) => {
    const proxy = wanted.find(({ kind }) => kind === tenant.kind);
    const named = addresses.some((address) => address.service === tenant.kind && isCertain(address));
    if (proxy === undefined || !named) return tenant;
    const endpoint = { ...tenant.endpoint, host: '127.0.0.1', port: proxy.port };
    return { ...tenant, endpoint, env: specs[tenant.kind].environment(endpoint) };
  });
  return {
    assumptions,
    tenants: {
      ...tenants,
      list,
      env: Object.assign({}, ...list.map(({ env }) => env)),
      async outage(kind) {
        await using stack = new AsyncDisposableStack();
        await proxies.interrupt(kind);
        stack.defer(() => proxies.restore(kind));
        stack.use(await tenants.outage(kind));
        return stack.move();
      },
    },
  };
}

/** The host names among them that a sandbox can take for its own localhost. */
export function fixedHosts(addresses: readonly Habit[]): string[] {
  const names = addresses.map(({ host }) => host.toLowerCase());
  return [...new Set(names.filter((host) => !LOOPBACK.test(host) && PRIVATE_NAME.test(host)))].slice(0, MOST);
}

/**
 * What must listen in a sandbox so that an app finds its databases at the addresses that stand in its source.
 *
 * @param hosts names that stand for the sandbox's own localhost
 */
export function fixedProxies(
  addresses: readonly Habit[],
  tenants: Tenants['list'],
  hosts: readonly string[],
): { proxies: Omit<AuthProxyOptions, 'tls'>[]; uses: Habit[] } {
  const proxies = new Map<number, Omit<AuthProxyOptions, 'tls'>>();
  const uses = new Map<string, Habit>();
  const add = ({ kind, endpoint, anyDatabase }: Tenants['list'][number], port: number): boolean => {
    if (proxies.size >= MOST && !proxies.has(port)) return false;
    const known = addresses.flatMap(({ service, user, password }) =>
      service === kind && user !== undefined && password !== undefined ? [{ user, password }] : [],
    );
    const made = proxies.get(port) ?? { kind, port, server: endpoint, anyDatabase, known };
    proxies.set(port, made);
    return made.kind === kind;
  };
  for (const address of addresses) {
    const { service, host, port } = address;
    const tenant = tenants.find(({ kind }) => kind === service);
    const here = LOOPBACK.test(host) || hosts.includes(host.toLowerCase());
    if (tenant === undefined || !here || !(port > 0 && port < 65_536) || !add(tenant, port)) continue;
    const where = `${service} ${host}:${port}`;
    if (!uses.has(where) || isCertain(address)) uses.set(where, address);
  }
  // The environment, too, may name a host by a name that is now the sandbox's own.
  for (const tenant of tenants) if (hosts.includes(tenant.endpoint.host)) add(tenant, tenant.endpoint.port);
  return { proxies: [...proxies.values()], uses: [...uses.values()] };
}

/** Whether the source says more than that there is a client of this kind, whose address may come from anywhere. */
function isCertain({ user, password, database }: Habit): boolean {
  return (user ?? password ?? database) !== undefined;
}

/** @throws {InfrastructureError} when an app would find somebody else's database at an address that it surely uses */
function assumed(use: Habit, taken: readonly number[]): Assumption {
  const { service, host, port, file, line } = use;
  const address = `${NAMES[service]} at ${host}:${port}`;
  const because = `${file}:${line} names that address`;
  if (!taken.includes(port)) return { what: `The app finds ${address}`, because };
  if (!isCertain(use)) return { what: `The app does not find its ${address}, but what else listens there`, because };
  throw new InfrastructureError(
    `the app looks for ${address} (${file}:${line}), where something else of this machine listens`,
    {
      mend: `Stop what uses port ${port}, grade with --runtime docker, or have the app take the address from its environment.`,
    },
  );
}

const NAMES: Record<ServiceKind, string> = { mongo: 'MongoDB', postgres: 'Postgres', redis: 'Redis' };
