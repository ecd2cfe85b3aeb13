import type { Assumption } from '../report/schema.ts';
import type { AuthProxyOptions } from '../services/auth-proxy/auth-proxy.ts';
import type { Tenants } from '../services/start.ts';
import type { ServiceKind } from '../target/target.ts';

/** An address of a database that stands in a submission's source. */
export interface FixedAddress {
  service: ServiceKind;
  host: string;
  port: number;
  user?: string | undefined;
  password?: string | undefined;
  /** Where it stands, relative to the repository. */
  file: string;
  line: number;
}

/** Names and ports beyond these are not looked after: a source may name any number of them. */
const MOST = 8;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[?::1?\]?)$/i;
/** What a compose file or a machine at home may call a server; never a name of somebody's on the internet. */
const PRIVATE_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$|^(?:[a-z0-9-]{1,63}\.){1,4}(?:local|internal)$/i;

/** The host names among them that a sandbox can take for its own localhost. */
export function fixedHosts(addresses: readonly FixedAddress[]): string[] {
  const names = addresses.map(({ host }) => host.toLowerCase());
  return [...new Set(names.filter((host) => !LOOPBACK.test(host) && PRIVATE_NAME.test(host)))].slice(0, MOST);
}

/**
 * What must listen in a sandbox so that an app finds its databases at the addresses that stand in its source.
 *
 * @param hosts names that stand for the sandbox's own localhost
 */
export function fixedProxies(
  addresses: readonly FixedAddress[],
  tenants: Tenants['list'],
  hosts: readonly string[],
): { proxies: AuthProxyOptions[]; assumptions: Assumption[] } {
  const proxies = new Map<number, AuthProxyOptions>();
  const assumptions: Assumption[] = [];
  const add = ({ kind, endpoint, anyDatabase }: Tenants['list'][number], port: number): boolean => {
    if (proxies.size >= MOST && !proxies.has(port)) return false;
    const known = addresses.flatMap(({ service, user, password }) =>
      service === kind && user !== undefined && password !== undefined ? [{ user, password }] : [],
    );
    const made = proxies.get(port) ?? { kind, port, server: endpoint, anyDatabase, known };
    proxies.set(port, made);
    return made.kind === kind;
  };
  for (const { service, host, port, file, line } of addresses) {
    const tenant = tenants.find(({ kind }) => kind === service);
    const here = LOOPBACK.test(host) || hosts.includes(host.toLowerCase());
    if (tenant === undefined || !here || !(port > 0 && port < 65_536) || !add(tenant, port)) continue;
    const what = `${NAMES[service]} is there at ${host}:${port}`;
    if (assumptions.every((assumption) => assumption.what !== what))
      assumptions.push({ what, because: `${file}:${line} names that address` });
  }
  // The environment, too, may name a host by a name that is now the sandbox's own.
  for (const tenant of tenants) if (hosts.includes(tenant.endpoint.host)) add(tenant, tenant.endpoint.port);
  return { proxies: [...proxies.values()], assumptions };
}

const NAMES: Record<ServiceKind, string> = { mongo: 'MongoDB', postgres: 'Postgres', redis: 'Redis' };
