import { randomBytes } from 'node:crypto';
import type { Db, MongoClient } from 'mongodb';
import { connectMongo } from '../handles/mongo-connection.ts';
import { untilAnswers } from '../ready.ts';
import type { Endpoint, ServerView, ServiceSpec, TenantSetup } from '../service.ts';

export const mongo: ServiceSpec<'mongo'> = {
  kind: 'mongo',
  title: 'MongoDB',
  port: 27017,
  image: 'mongo:8',
  aliases: ['mongo', 'mongodb', 'mongo-db', 'mongo_db', 'mongodb-server'],
  adminDatabase: 'admin',
  announcesItself: true,
  // Apps name their database in the code as often as in the URL: each may use any name, on a server of its own.
  tenancy: 'server',
  shareable: true,
  container: (admin) => ({
    env: { MONGO_INITDB_ROOT_USERNAME: admin.user, MONGO_INITDB_ROOT_PASSWORD: admin.password },
    command: ['mongod', '--keyFile', KEY_FILE, '--bind_ip_all', '--port', String(admin.port), ...mongoArguments()],
    tmpfs: { '/data/db': 'rw,size=1g' },
    files: [{ target: KEY_FILE, content: mongoKey(), mode: 0o400 }],
    memoryMb: 1536,
  }),
  ready: (admin, signal) =>
    untilAnswers(signal, async () => {
      await using connection = await connectMongo(admin, { authenticate: false });
      return String((await connection.client.db('admin').command({ buildInfo: 1 }))['version']);
    }),
  initialise,
  rename,
  clear,
  provision,
  environment,
  endpoint: (url) => ({
    host: url.hostname,
    port: Number(url.port || 27017),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.searchParams.get('authSource') ?? 'admin',
  }),
};

/** In a folder that the official image hands over to the server's user. */
const KEY_FILE = '/data/configdb/grade-key';
const REPLICA_SET = 'rs0';

/** Options of the server, for a throw-away database on a shared machine. */
export function mongoArguments(): string[] {
  return [
    '--replSet',
    REPLICA_SET,
    '--oplogSize',
    '64',
    '--wiredTigerCacheSizeGB',
    '0.25',
    '--maxConns',
    '1000',
    '--quiet',
    '--setParameter',
    'diagnosticDataCollectionEnabled=false',
    // Documents with a lifetime go soon after its end, not up to a minute later.
    '--setParameter',
    'ttlMonitorSleepSecs=1',
  ];
}

/** What the members of a replica set with authentication must share. */
export function mongoKey(): string {
  return randomBytes(96).toString('base64');
}

/**
 * Makes the server the one member of a replica set, so that transactions work. A server without users
 * lets this machine in to make the first one.
 */
async function initialise(admin: Endpoint, { address }: ServerView, signal: AbortSignal): Promise<void> {
  const setUp = async (authenticate: boolean) => {
    await using connection = await connectMongo(admin, { authenticate });
    const database = connection.client.db('admin');
    await database.command({ replSetInitiate: replicaSet(address) });
    await untilPrimary(database, signal);
    if (!authenticate) await database.command({ createUser: admin.user, pwd: admin.password, roles: ['root'] });
  };
  try {
    await setUp(true);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await setUp(false);
  }
}

async function rename(admin: Endpoint, address: string): Promise<void> {
  await using connection = await connectMongo(admin, { authenticate: true });
  const database = connection.client.db('admin');
  const { config } = (await database.command({ replSetGetConfig: 1 })) as { config: { version: number } };
  await database.command({ replSetReconfig: { ...config, ...replicaSet(address), version: config.version + 1 } });
}

/** What the server keeps of itself; in `config` and `local` nobody else has anything to do. */
const SYSTEM_DATABASES = ['admin', 'config', 'local'];

async function clear(admin: Endpoint): Promise<void> {
  await using connection = await connectMongo(admin, { authenticate: true });
  const { client } = connection;
  const own = client.db('admin');
  const { databases } = await own.admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) if (!SYSTEM_DATABASES.includes(name)) await client.db(name).dropDatabase();
  const collections = await own.listCollections({}, { nameOnly: true }).toArray();
  const foreign = collections.find(({ name }) => !name.startsWith('system.'));
  if (foreign !== undefined) throw new Error(`an app wrote into admin.${foreign.name}`);
  const users = own.collection('system.users').find({ user: { $ne: admin.user } });
  for await (const { user, db } of users) await client.db(String(db)).command({ dropUser: user });
  for await (const { role, db } of own.collection('system.roles').find({}))
    await client.db(String(db)).command({ dropRole: role });
}

function replicaSet(address: string): Record<string, unknown> {
  return {
    _id: REPLICA_SET,
    members: [{ _id: 0, host: address }],
    // Nothing needs to survive a power cut: a majority need not have written its journal.
    writeConcernMajorityJournalDefault: false,
  };
}

async function untilPrimary(database: Db, signal: AbortSignal): Promise<void> {
  await untilAnswers(signal, async () => {
    const { isWritablePrimary } = await database.command({ hello: 1 });
    if (!isWritablePrimary) throw new Error('the replica set has not elected its primary');
  });
}

function isRefusal(error: unknown): boolean {
  const AUTHENTICATION_FAILED = 18;
  const cause = error instanceof Error && error.cause ? error.cause : error;
  return serverCode(cause) === AUTHENTICATION_FAILED;
}

/** All that an app does with its data. Not the profiler, which is the grader's eye, and nothing of the server. */
const ACTIONS = [
  'find',
  'insert',
  'update',
  'remove',
  'bypassDocumentValidation',
  'changeStream',
  'killCursors',
  'createCollection',
  'dropCollection',
  'renameCollectionSameDB',
  'collMod',
  'convertToCapped',
  'dropDatabase',
  'createIndex',
  'dropIndex',
  'reIndex',
  'indexStats',
  'planCacheRead',
  'validate',
  'compact',
  'listCollections',
  'listIndexes',
  'collStats',
  'dbStats',
  'dbHash',
];

async function provision(admin: Endpoint, server: ServerView): Promise<TenantSetup<'mongo'>> {
  const name = `grade_${randomBytes(6).toString('hex')}`;
  const app: Endpoint = { ...admin, user: name, password: randomBytes(18).toString('hex'), database: name };
  await using stack = new AsyncDisposableStack();
  const { client } = stack.use(await connectMongo(admin, { authenticate: true }));
  // A role of `admin` may reach every database: on a server of the app's own it may use any name.
  // Somebody else's server is not opened up.
  const role = { role: `${name}_app`, db: server.owned ? 'admin' : name };
  // Clients look for the user in the database of the URL, or in `admin` where an app puts its URL together by itself.
  const homes = [name, 'admin'];
  if (!server.owned) stack.defer(() => drop(client, name, role, homes));
  await client.db(role.db).command({
    createRole: role.role,
    privileges: [{ resource: { db: server.owned ? '' : name, collection: '' }, actions: ACTIONS }],
    roles: [],
  });
  for (const home of homes) await client.db(home).command({ createUser: app.user, pwd: app.password, roles: [role] });
  // Brings the driver along, which most rubrics never need.
  const { openMongo } = await import('../handles/mongo.ts');
  const handle = stack.use(await openMongo(admin, app, { wholeServer: server.owned }));
  const owned = stack.move();
  return {
    app,
    handle,
    anyDatabase: server.owned,
    ping: () => handle.ping(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function drop(
  client: MongoClient,
  name: string,
  role: { role: string; db: string },
  homes: readonly string[],
): Promise<void> {
  await client.db(name).dropDatabase();
  for (const home of homes) await unlessAbsent(client.db(home).command({ dropUser: name }));
  await unlessAbsent(client.db(role.db).command({ dropRole: role.role }));
}

async function unlessAbsent(dropping: Promise<unknown>): Promise<void> {
  const USER_NOT_FOUND = 11;
  const ROLE_NOT_FOUND = 31;
  try {
    await dropping;
  } catch (error) {
    if (![USER_NOT_FOUND, ROLE_NOT_FOUND].includes(serverCode(error))) throw error;
  }
}

/** The code of an error that the server answered; NaN for any other. */
function serverCode(error: unknown): number {
  return error instanceof Error && error.name === 'MongoServerError' && 'code' in error
    ? Number(error.code)
    : Number.NaN;
}

/** Names that tutorials, courses and hosting platforms use. */
function environment({ host, port, user, password, database }: Endpoint): Record<string, string> {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  // Direct: the name that the server gives itself in its replica set need not be one that the app can resolve.
  const url = `mongodb://${credentials}@${host}:${port}/${database}?directConnection=true`;
  const all = (value: string, ...names: string[]) => Object.fromEntries(names.map((name) => [name, value]));
  return {
    ...all(
      url,
      'MONGODB_URI',
      'MONGODB_URL',
      'MONGO_URI',
      'MONGO_URL',
      'MONGO_DB_URI',
      'MONGO_DB_URL',
      'MONGOURI',
      'MONGOURL',
    ),
    ...all(
      url,
      'MONGODB_CONNECTION_STRING',
      'MONGO_CONNECTION_STRING',
      'MONGO_CONNECTION',
      'ATLAS_URI',
      'MONGO_ATLAS_URI',
      'MONGODB',
    ),
    ...all(
      url,
      'DATABASE_URL',
      'DATABASE_URI',
      'DATABASE',
      'DB_URL',
      'DB_URI',
      'DB_CONNECTION',
      'DB_CONNECTION_STRING',
      'CONNECTION_STRING',
    ),
    ...all(host, 'MONGO_HOST', 'MONGODB_HOST', 'DB_HOST', 'DATABASE_HOST', 'MONGOHOST'),
    ...all(String(port), 'MONGO_PORT', 'MONGODB_PORT', 'DB_PORT', 'DATABASE_PORT', 'MONGOPORT'),
    ...all(
      user,
      'MONGO_USER',
      'MONGO_USERNAME',
      'MONGODB_USER',
      'MONGODB_USERNAME',
      'DB_USER',
      'DB_USERNAME',
      'DATABASE_USER',
      'MONGOUSER',
    ),
    ...all(
      password,
      'MONGO_PASSWORD',
      'MONGO_PASS',
      'MONGODB_PASSWORD',
      'DB_PASSWORD',
      'DB_PASS',
      'DATABASE_PASSWORD',
      'MONGOPASSWORD',
    ),
    ...all(
      database,
      'MONGO_DB',
      'MONGO_DB_NAME',
      'MONGO_DATABASE',
      'MONGODB_DB',
      'MONGODB_DB_NAME',
      'MONGODB_DATABASE',
      'DB_NAME',
      'DATABASE_NAME',
    ),
  };
}
