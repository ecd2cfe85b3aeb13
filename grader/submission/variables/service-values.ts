import type { ServiceKind } from '../../target/target.ts';
import type { ServicePart } from './variable.ts';

/** The variables of a service (see its spec) that hold its parts. */
const NAMES: Readonly<Record<ServiceKind, Readonly<Record<Exclude<ServicePart, 'server-url' | 'open-url'>, string>>>> =
  {
    mongo: {
      url: 'MONGODB_URI',
      host: 'MONGO_HOST',
      port: 'MONGO_PORT',
      user: 'MONGO_USER',
      password: 'MONGO_PASSWORD',
      database: 'MONGO_DB_NAME',
    },
    postgres: {
      url: 'POSTGRES_URL',
      host: 'PGHOST',
      port: 'PGPORT',
      user: 'PGUSER',
      password: 'PGPASSWORD',
      database: 'PGDATABASE',
    },
    redis: {
      url: 'REDIS_URL',
      host: 'REDIS_HOST',
      port: 'REDIS_PORT',
      user: 'REDIS_USER',
      password: 'REDIS_PASSWORD',
      database: 'REDIS_DB',
    },
  };
/** Where each listens on this machine, and lets everybody in, for apps whose source fixes an address. */
const LOCAL: Readonly<Record<ServiceKind, { scheme: string; port: string }>> = {
  mongo: { scheme: 'mongodb', port: '27017' },
  postgres: { scheme: 'postgresql', port: '5432' },
  redis: { scheme: 'redis', port: '6379' },
};

/** The kinds of services that these variables are about. */
export function servicesIn(services: Readonly<Record<string, string>>): ServiceKind[] {
  return (['postgres', 'mongo', 'redis'] as const).filter((kind) => services[NAMES[kind].url] !== undefined);
}

/**
 * What a variable that means a part of a service is given; undefined when there is no such service.
 *
 * @param services the variables of all services
 * @param local it must name this machine: see `Variable.local`
 */
export function serviceValue(
  { service, part }: { service: ServiceKind; part: ServicePart },
  services: Readonly<Record<string, string>>,
  local: boolean,
): string | undefined {
  const names = NAMES[service];
  const url = services[names.url];
  if (url === undefined) return undefined;
  const { scheme, port } = LOCAL[service];
  switch (part) {
    case 'server-url': {
      // Postgres' clients come with a name in any case.
      const user = service === 'postgres' ? `${encodeURIComponent(services[names.user] ?? '')}@` : '';
      return `${scheme}://${user}localhost:${port}`;
    }
    case 'open-url':
      return url.replace(/\?.*$/, '');
    case 'host':
      return local ? 'localhost' : services[names.host];
    case 'port':
      return local ? port : services[names.port];
    default:
      return services[names[part]];
  }
}
