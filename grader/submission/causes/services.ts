import type { Place } from '../../platform/errors.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { Facts, Pattern } from './cause.ts';
import { where, placesOf } from './place.ts';

const KIND_BY_PORT: Readonly<Record<string, ServiceKind>> = { '27017': 'mongo', '5432': 'postgres', '6379': 'redis' };
const TITLES: Readonly<Record<ServiceKind, string>> = { mongo: 'MongoDB', postgres: 'Postgres', redis: 'Redis' };
const VARIABLES: Readonly<Record<ServiceKind, string>> = {
  mongo: 'MONGODB_URI',
  postgres: 'DATABASE_URL',
  redis: 'REDIS_URL',
};
const ANY_VARIABLE = 'such as DATABASE_URL, MONGODB_URI, REDIS_URL';

/** Databases that are not where the app looks, do not let it in, or lack what it asks for. */
export const SERVICE_PATTERNS: readonly Pattern[] = [
  {
    pattern: /connect ECONNREFUSED (?:\[?([\w.:]{1,60}?)\]?):(\d{1,5})/,
    explain([, host = '', port = ''], { facts }) {
      const places = writtenAt(facts, host, port);
      const kind = KIND_BY_PORT[port];
      return {
        kind: 'service-refused',
        cause: `${kind === undefined ? 'a server' : TITLES[kind]} refused the connection at ${host}:${port}${where(places)}`,
        mend: `Take the address from the environment (${kind === undefined ? ANY_VARIABLE : VARIABLES[kind]}), not from the code.`,
        places,
      };
    },
  },
  {
    pattern: /querySrv \w+ ([\w.-]{1,100})/,
    explain([, name = ''], { facts }) {
      const host = name.replace(/^_mongodb\._tcp\./, '');
      const places = placesOf(host, facts, 'the address is written here');
      return {
        kind: 'unknown-host',
        cause: `it looked for a database in the cloud ("${host}"), which can’t be reached while grading${where(places)}`,
        mend: 'Take the database’s URL from the environment (MONGODB_URI), not from the code.',
        places,
      };
    },
  },
  {
    pattern:
      /getaddrinfo (?:ENOTFOUND|EAI_AGAIN|EAI_FAIL) ([\w.-]{1,100})|could not translate host name "([\w.-]{1,100})"/,
    explain([, name, other], { facts }) {
      const host = name ?? other ?? '';
      const places = placesOf(host, facts, 'the address is written here');
      return {
        kind: 'unknown-host',
        cause: `it looked for a host named "${host}", which is not there${where(places)}`,
        mend: 'Take the addresses of databases from the environment; other hosts can’t be reached while grading.',
        places,
      };
    },
  },
  {
    pattern: /P1001.{0,40}|Can't reach database server at `?([\w.-]{1,100}):?`?:?`?(\d{1,5})?/,
    explain: ([, host, port], { facts }) => {
      const places = host === undefined ? [] : writtenAt(facts, host, port ?? '5432');
      return {
        kind: 'service-refused',
        cause: `Prisma can’t reach the database${host === undefined ? '' : ` at ${host}`}${where(places)}`,
        mend: 'Take the URL from the environment: url = env("DATABASE_URL") in schema.prisma.',
        places,
      };
    },
  },
  {
    pattern:
      /password authentication failed for user "([^"]{1,60})"|role "([^"]{1,60})" does not exist|SASL authentication failed|WRONGPASS|NOAUTH|(?:^|\W)Authentication failed|ERR AUTH|Access denied for user|P1000/,
    explain([, user, role], { facts }) {
      const name = user ?? role;
      const places = facts.addresses.map(({ file, line, service }) => ({
        file,
        line,
        message: `the address of ${TITLES[service]} is written here`,
      }));
      return {
        kind: 'service-credentials',
        cause: `a database refused its name and password${name === undefined ? '' : ` (user "${name}")`}${where(places)}`,
        mend: 'Take user, password and database from the environment (DATABASE_URL, MONGODB_URI, REDIS_URL).',
        places: places.slice(0, 2),
      };
    },
  },
  {
    pattern: /database "([^"]{1,60})" does not exist|P1003/,
    explain: ([, name], { facts }) => {
      const places = name === undefined ? [] : placesOf(name, facts, 'the database is named here', 1);
      return {
        kind: 'service-credentials',
        cause: `there is no database ${name === undefined ? 'of that name' : `"${name}"`}${where(places)}`,
        mend: 'Take the database’s name from the environment (DATABASE_URL, or PGDATABASE): the grader makes one for each run.',
        places,
      };
    },
  },
  {
    pattern:
      /relation "([^"]{1,100})" does not exist|The table `([^`]{1,100})` does not exist|no such table: (\S{1,100})|Table '([^']{1,100})' doesn't exist/,
    explain([, ...names], { facts }) {
      const name = names.find((one) => one !== undefined) ?? '';
      const places = placesOf(name.replace(/^.*\./, ''), facts, 'the table is named here', 1);
      return {
        kind: 'missing-table',
        cause: `the table "${name}" is not in the database: no migration has made it`,
        mend: 'Make the tables when the app starts, or keep the migrations where their tool looks for them (prisma/migrations, migrations/, a .sql file) with its command among the scripts of package.json.',
        places,
      };
    },
  },
  {
    pattern: /The server does not support SSL connections/,
    explain: (_match, { facts }) => ({
      kind: 'service-refused',
      cause: 'it demands TLS of a database that has none',
      mend: 'Turn TLS on by the environment only (in production).',
      places: placesOf('ssl', facts, 'TLS is demanded here', 1),
    }),
  },
  {
    pattern: /Mongoo?s?e?ServerSelectionError|MongoServerSelectionError|buffering timed out after|ReplicaSetNoPrimary/,
    explain(_match, { facts }) {
      const places = facts.addresses
        .filter(({ service }) => service === 'mongo')
        .map(({ file, line }) => ({ file, line, message: 'the address of MongoDB is written here' }));
      return {
        kind: 'service-refused',
        cause: `it found no MongoDB where it looked${where(places)}`,
        mend: 'Take the database’s URL from the environment (MONGODB_URI), not from the code.',
        places,
      };
    },
  },
  {
    pattern:
      /MaxRetriesPerRequestError|Connection terminated due to connection timeout|connect ETIMEDOUT|timeout exceeded when trying to connect/,
    explain: () => ({
      kind: 'service-refused',
      cause: 'a database did not answer where it looked',
      mend: `Take the address from the environment (${ANY_VARIABLE}), not from the code.`,
      places: [],
    }),
  },
];

/** Where an address that was refused stands: as it is, or as the default of its kind of service. */
function writtenAt(facts: Facts, host: string, port: string): Place[] {
  const here = (address: { file: string; line: number }) => ({
    file: address.file,
    line: address.line,
    message: `${host}:${port} is written here`,
  });
  const samePort = facts.addresses.filter((address) => String(address.port) === port);
  if (samePort.length > 0) return samePort.slice(0, 2).map(here);
  const literal = placesOf(`${host}:${port}`, facts, `${host}:${port} is written here`);
  return literal.length > 0 ? literal : placesOf(`:${port}`, facts, `port ${port} is written here`, 1);
}
