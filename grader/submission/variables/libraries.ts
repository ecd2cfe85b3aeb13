import type { ServiceKind } from '../../target/target.ts';
import type { CallSite } from './call-site.ts';
import type { Parts } from './connection-options.ts';
import type { Flow } from './flow.ts';
import { mongo, queue, redis, sequelize } from './library-arguments.ts';
import type { Value } from './value.ts';

/** A library that connects to a service, by the call that does. */
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

/** The library that a call connects with; undefined for any other call. */
export function libraryOf(call: CallSite): Library | undefined {
  return LIBRARIES.find((one) => isOf(one, call));
}

/** The service of a plugin of Fastify; undefined for what is none. */
export function pluginService(plugin: Value): ServiceKind | undefined {
  return plugin.kind === 'package' && Object.hasOwn(PLUGINS, plugin.name) ? PLUGINS[plugin.name] : undefined;
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
