import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { CallSite } from './call-site.ts';
import type { Flow } from './flow.ts';
import { texts, UNKNOWN, type Place, type Value } from './value.ts';

/** Where the source connects to a service. A part is unknown where the source does not give it. */
export interface Connection {
  service: ServiceKind;
  url: Value;
  host: Value;
  port: Value;
  user: Value;
  password: Value;
  database: Value;
  /** The library takes what is missing from the environment (PGHOST), not this machine. */
  fromEnvironment: boolean;
  at: Place;
}

type Part = 'url' | 'host' | 'port' | 'user' | 'password' | 'database';
type Parts = Partial<Record<Part, Value>>;

/** The names of options, by what they mean, in the libraries of all three services. */
const OPTIONS: Readonly<Record<Part, readonly string[]>> = {
  url: ['connectionString', 'url', 'uri', 'clientUrl', 'mongoUrl', 'conString', 'connectionURL', 'datasourceUrl'],
  host: ['host', 'hostname', 'server'],
  port: ['port'],
  user: ['user', 'username'],
  password: ['password', 'pass', 'auth_pass'],
  database: ['database', 'db', 'dbName', 'dbname'],
};
const PARTS = Object.keys(OPTIONS) as Part[];
/** Options that hold further ones. */
const NESTED = [
  'connection',
  'socket',
  'redis',
  'auth',
  'dbCredentials',
  'replication',
  'master',
  'write',
  'conObject',
  'datasource',
  'db',
];
const DIALECTS: Readonly<Record<string, ServiceKind | 'other'>> = {
  ...named('postgres', 'postgres postgresql pg postgis cockroachdb pg-native'),
  ...named('mongo', 'mongodb mongo'),
  ...named('redis', 'redis ioredis'),
  ...named('other', 'mysql mysql2 mariadb sqlite sqlite3 better-sqlite3 mssql oracle oracledb sqljs libsql'),
};

interface Library {
  service: ServiceKind;
  /** The last name of the call; any when undefined. */
  name?: RegExp;
  package: RegExp;
  /** A call that looks like this is one of it even when its package is not known. */
  way?: RegExp;
  fromEnvironment?: boolean;
  /** Its export is called once before: `require('pg-promise')()(url)`. */
  afterCall?: boolean;
  read?: (call: CallSite, flow: Flow) => Parts;
}

const LIBRARIES: readonly Library[] = [
  {
    service: 'mongo',
    package: /^(mongoose|@typegoose\/typegoose)$/,
    name: /^(connect|createConnection|openUri)$/,
    way: /^mongoose\.(connect|createConnection)$/,
    read: mongo,
  },
  {
    service: 'mongo',
    package: /^mongodb$/,
    name: /^(MongoClient|connect)$/,
    way: /^(new )?(mongodb\.)?MongoClient(\.connect)?$/,
    read: mongo,
  },
  {
    service: 'mongo',
    package: /^@nestjs\/mongoose$/,
    name: /^forRoot$/,
    way: /^MongooseModule\.forRoot$/,
    read: mongo,
  },
  { service: 'mongo', package: /^(monk|mongojs)$/, read: mongo },
  {
    service: 'mongo',
    package: /^(connect-mongo|connect-mongodb-session)$/,
    name: /^(create|MongoStore|MongoDBStore|)$/,
  },
  {
    service: 'postgres',
    package: /^(pg|pg-pool|pg-native|@neondatabase\/serverless|@vercel\/postgres)$/,
    name: /^(Pool|Client|native|neon|createPool)$/,
    way: /^new (pg\.)?Pool$/,
    fromEnvironment: true,
  },
  { service: 'postgres', package: /^postgres$/, fromEnvironment: true },
  {
    service: 'postgres',
    afterCall: true,
    package:
      /^(pg-promise|slonik|massive|connect-pg-simple|@prisma\/adapter-pg|drizzle-orm\/(node-postgres|postgres-js|neon-http))$/,
    fromEnvironment: true,
  },
  {
    service: 'postgres',
    package: /^(sequelize|sequelize-typescript)$/,
    name: /^Sequelize$/,
    way: /^new (\w+\.)?Sequelize$/,
    read: sequelize,
  },
  { service: 'postgres', package: /^knex$/, fromEnvironment: true },
  {
    service: 'postgres',
    package: /^typeorm$/,
    name: /^(DataSource|createConnection)$/,
    way: /^new (\w+\.)?DataSource$/,
    fromEnvironment: true,
  },
  {
    service: 'postgres',
    package: /^@nestjs\/typeorm$/,
    name: /^forRoot$/,
    way: /^TypeOrmModule\.forRoot$/,
    fromEnvironment: true,
  },
  {
    service: 'redis',
    package: /^(redis|@redis\/client)$/,
    name: /^createClient$/,
    way: /^redis\.createClient$/,
    read: redis,
  },
  {
    service: 'redis',
    package: /^ioredis$/,
    name: /^(Redis|IORedis|default|ioredis|Cluster|)$/i,
    way: /^new (IORedis|Redis)$/,
    read: redis,
  },
  {
    service: 'redis',
    package: /^(bull|bullmq)$/,
    name: /^(Queue|Worker|QueueEvents|FlowProducer|Bull|)$/,
    way: /^new (Queue|Worker)$/,
    read: queue,
  },
  { service: 'redis', package: /^(@nestjs\/bull|@nestjs\/bullmq)$/, name: /^(forRoot|registerQueue)$/ },
  {
    service: 'redis',
    package: /^(@keyv\/redis|cache-manager-redis-store|cache-manager-redis-yet|cache-manager-ioredis|@fastify\/redis)$/,
    read: redis,
  },
];
/** Plugins of Fastify, which another call registers: `app.register(plugin, options)`. */
const PLUGINS: Readonly<Record<string, ServiceKind>> = {
  '@fastify/postgres': 'postgres',
  '@fastify/mongodb': 'mongo',
  '@fastify/redis': 'redis',
};

/** Every place where the source connects to a service. */
export function connections(calls: readonly CallSite[], flow: Flow): Connection[] {
  const seen = new Set<SyntaxNode>();
  const byCall = calls.flatMap((call) => fromCall(call, flow, seen));
  const byObject = flow.program.modules.flatMap((module) =>
    module.objects.flatMap(({ node }) => {
      if (seen.has(node)) return [];
      const value = flow.evaluate(node, module);
      const service = dialect(value, flow);
      if (service === undefined || service === 'other') return [];
      const parts = options(value, flow, seen);
      const at = { file: module.file, line: node.loc.start.line };
      return Object.keys(parts).length === 0 ? [] : [connection(service, parts, true, at)];
    }),
  );
  return [...byCall, ...byObject];
}

function fromCall(call: CallSite, flow: Flow, seen: Set<SyntaxNode>): Connection[] {
  const library = LIBRARIES.find((one) => isOf(one, call));
  if (library === undefined) return call.name === 'register' ? plugin(call, flow, seen) : [];
  if (call.package?.called === true && library.afterCall !== true) return [];
  const given = call.given.map((_, index) => call.argument(index));
  const spoken = given.map((value) => dialect(value, flow)).find((one) => one !== undefined) ?? library.service;
  if (spoken === 'other') return [];
  const parts = library.read?.(call, flow) ?? options(given[0] ?? UNKNOWN, flow, seen);
  // Options that nobody can read may say anything.
  if (given.length > 0 && given.every(({ kind }) => kind === 'unknown')) return [];
  // Somebody else's connection is used.
  if (
    given.some((value) =>
      ['connection', 'client', 'pool'].some((name) => flow.property(value, name).kind === 'package'),
    )
  )
    return [];
  for (const value of given) consume(value, flow, seen);
  return [connection(spoken, parts, library.fromEnvironment ?? false, call.at)];
}

function isOf(library: Library, call: CallSite): boolean {
  if (call.package !== undefined) {
    if (!library.package.test(call.package.name)) return false;
    return (
      library.name === undefined || library.name.test(call.package.path.at(-1) ?? '') || library.name.test(call.name)
    );
  }
  return library.way?.test(call.isNew ? `new ${call.way}` : call.way) ?? false;
}

function plugin(call: CallSite, flow: Flow, seen: Set<SyntaxNode>): Connection[] {
  const [what, given] = [call.argument(0), call.argument(1)];
  const service = what.kind === 'package' && Object.hasOwn(PLUGINS, what.name) ? PLUGINS[what.name] : undefined;
  return service === undefined
    ? []
    : [connection(service, options(given, flow, seen), service === 'postgres', call.at)];
}

function mongo(call: CallSite, flow: Flow): Parts {
  const more = options(call.argument(1), flow, new Set());
  const first = call.argument(0);
  return first.kind === 'object' ? options(first, flow, new Set()) : { ...more, url: first };
}

/** `new Sequelize(url)`, `new Sequelize(database, user, password, options)` and `new Sequelize(options)`. */
function sequelize(call: CallSite, flow: Flow): Parts {
  const given = call.given.map((_, index) => call.argument(index));
  const isOptions = (value: Value | undefined) =>
    value === undefined || value.kind === 'object' || value.kind === 'json';
  const here: Parts = { host: text('localhost', call.at) };
  if (isOptions(given[0])) return defined({ ...here, ...options(given[0] ?? UNKNOWN, flow, new Set()) });
  if (given.length <= 2 && isOptions(given[1])) return { url: given[0] ?? UNKNOWN };
  const more = options(given.find((value, index) => index > 1 && isOptions(value)) ?? UNKNOWN, flow, new Set());
  return defined({
    ...here,
    ...more,
    database: given[0],
    user: given[1],
    password: isOptions(given[2]) ? UNKNOWN : given[2],
  });
}

/** `(url)`, `(port, host)`, `(path)`, `(options)` or nothing. */
function redis(call: CallSite, flow: Flow): Parts {
  const given = call.given.map((_, index) => call.argument(index));
  const list = given[0]?.kind === 'array' ? flow.property(given[0], '0') : given[0];
  if (list === undefined || list.kind === 'object' || list.kind === 'unknown')
    return options(list ?? UNKNOWN, flow, new Set());
  const more = given.length > 1 ? options(given.at(-1) ?? UNKNOWN, flow, new Set()) : {};
  const [first] = texts(list)[0] ?? [];
  const second = given[1];
  const isPort = first?.kind === 'text' ? /^\d+$/.test(first.text) : second !== undefined && second.kind !== 'object';
  if (!isPort) return { ...more, url: list };
  return { ...more, port: list, ...(second === undefined || second.kind === 'object' ? {} : { host: second }) };
}

function queue(call: CallSite, flow: Flow): Parts {
  const given = call.given.slice(1).map((_, index) => call.argument(index + 1));
  const url = given.find((value) => ['text', 'read', 'joined', 'choice'].includes(value.kind));
  return url === undefined ? options(given.find(({ kind }) => kind === 'object') ?? UNKNOWN, flow, new Set()) : { url };
}

/** The parts of a connection that options give; a text or a variable is a URL. */
function options(value: Value, flow: Flow, seen: Set<SyntaxNode>, depth = 0): Parts {
  if (value.kind === 'object') seen.add(value.node);
  if (['text', 'read', 'joined', 'decoded'].includes(value.kind))
    return depth === 0 || isUrl(value) ? { url: value } : {};
  if (value.kind === 'choice' && !value.options.some((one) => ['object', 'json'].includes(one.kind)))
    return { url: value };
  if (!['object', 'json', 'choice', 'instance', 'exports'].includes(value.kind)) return {};
  const own: Parts = {};
  for (const part of PARTS) {
    const found = OPTIONS[part].map((name) => flow.property(value, name)).find((one) => isText(one));
    if (found !== undefined) own[part] = found;
  }
  if (depth > 2) return own;
  for (const name of NESTED) {
    const inner = flow.property(value, name);
    if (inner.kind === 'unknown') continue;
    if (name === 'connection' && isText(inner)) own.url ??= inner;
    else if (!isText(inner)) Object.assign(own, { ...options(inner, flow, seen, depth + 1), ...own });
  }
  return own;
}

function isText(value: Value): boolean {
  return (
    ['text', 'read', 'joined', 'decoded'].includes(value.kind) ||
    (value.kind === 'json' && typeof value.json !== 'object') ||
    (value.kind === 'choice' && value.options.some(isText))
  );
}

function isUrl(value: Value): boolean {
  return texts(value).some(([first]) => first?.kind === 'text' && first.text.includes('://'));
}

/** Notes that an object, and those in it, belong to a connection. */
function consume(value: Value, flow: Flow, seen: Set<SyntaxNode>, depth = 0): void {
  if (value.kind !== 'object' || depth > 3) return;
  seen.add(value.node);
  for (const property of children(value.node, 'properties')) {
    const name = nameOf(child(property, 'key'));
    if (name !== undefined && child(property, 'value')?.type !== 'StringLiteral')
      consume(flow.property(value, name), flow, seen, depth + 1);
  }
}

/** The database that options name: `dialect`, `type`, `client`, `provider`. */
function dialect(value: Value, flow: Flow): ServiceKind | 'other' | undefined {
  if (value.kind !== 'object' && value.kind !== 'json') return undefined;
  for (const name of ['dialect', 'type', 'client', 'provider', 'driver', 'store']) {
    const [atoms] = texts(flow.property(value, name));
    const word = atoms?.[0]?.kind === 'text' ? atoms[0].text.toLowerCase() : '';
    if (Object.hasOwn(DIALECTS, word)) return DIALECTS[word];
  }
  return undefined;
}

function connection(service: ServiceKind, parts: Parts, fromEnvironment: boolean, at: Place): Connection {
  const none = { url: UNKNOWN, host: UNKNOWN, port: UNKNOWN, user: UNKNOWN, password: UNKNOWN, database: UNKNOWN };
  return { service, ...none, ...defined(parts), fromEnvironment: fromEnvironment && service === 'postgres', at };
}

function defined(parts: { [Key in Part]?: Value | undefined }): Parts {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function text(value: string, at: Place): Value {
  return { kind: 'text', text: value, at };
}

function named<Kind>(kind: Kind, list: string): Record<string, Kind> {
  return Object.fromEntries(list.split(' ').map((name) => [name, kind]));
}
