import type { Db, Document, Filter, MongoClient } from 'mongodb';
import type { MongoHandle } from '../../target/target.ts';
import type { Endpoint } from '../service.ts';
import { connectMongo } from './mongo-connection.ts';
import { plainDocument } from './mongo-document.ts';
import { recordProfile } from './mongo-plans.ts';

const DEFAULT_LIMIT = 1000;
/** What an app stored is its own choice, the grader's memory is not. */
const MAX_DOCUMENTS = 100_000;
const MAX_COLLECTIONS = 200;
const TIME_MS = 30_000;
const SERVERS_OWN = new Set(['admin', 'config', 'local']);

/**
 * The grader's view of one app's data. An app may keep it in another database than the one it was given;
 * a collection is looked for in its own database first, then in the others of a server that is the app's alone.
 */
export async function openMongo(
  admin: Endpoint,
  app: Endpoint,
  { wholeServer }: { wholeServer: boolean },
): Promise<MongoHandle & AsyncDisposable & { ping(): Promise<void> }> {
  const connection = await connectMongo(admin, { authenticate: true });
  const { client } = connection;
  const open = async () => (wholeServer ? databases(client, app.database) : [client.db(app.database)]);
  return {
    collections: async () => {
      const found = [];
      for (const database of await open()) {
        for (const name of await collectionNames(database)) {
          if (found.length >= MAX_COLLECTIONS) return found;
          found.push({ name, documents: await database.collection(name).countDocuments({}, { maxTimeMS: TIME_MS }) });
        }
      }
      return found;
    },
    find: async (collection, filter = {}, limit = DEFAULT_LIMIT) => {
      const database = await holder(await open(), collection);
      const cursor = database
        .collection(collection)
        .find(filter as Filter<Document>, { limit: Math.min(limit, MAX_DOCUMENTS), maxTimeMS: TIME_MS });
      return (await cursor.toArray()).map(plainDocument);
    },
    count: async (collection, filter = {}) => {
      const database = await holder(await open(), collection);
      return database.collection(collection).countDocuments(filter as Filter<Document>, { maxTimeMS: TIME_MS });
    },
    aggregate: async (collection, pipeline) => {
      const database = await holder(await open(), collection);
      const bound = writes(pipeline) ? [] : [{ $limit: MAX_DOCUMENTS }];
      const cursor = database.collection(collection).aggregate([...pipeline, ...bound], { maxTimeMS: TIME_MS });
      return (await cursor.toArray()).map(plainDocument);
    },
    insert: async (collection, documents) => {
      const database = await holder(await open(), collection);
      await database.collection(collection).insertMany(documents, { ordered: false });
    },
    plans: async (work) => recordProfile(await open(), app.user, work),
    ping: async () => {
      await client.db('admin').command({ ping: 1 });
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** A pipeline that writes gives no documents back, and nothing may follow the stage that does. */
function writes(pipeline: readonly Record<string, unknown>[]): boolean {
  const last = pipeline.at(-1) ?? {};
  return '$merge' in last || '$out' in last;
}

/** The app's own database first, then the others of its server. */
async function databases(client: MongoClient, own: string): Promise<Db[]> {
  const { databases: listed } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  const others = listed.map(({ name }) => name).filter((name) => name !== own && !SERVERS_OWN.has(name));
  return [own, ...others].map((name) => client.db(name));
}

async function collectionNames(database: Db): Promise<string[]> {
  const listed = await database.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  return listed
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.'))
    .toSorted();
}

async function holder(candidates: readonly Db[], collection: string): Promise<Db> {
  for (const database of candidates) {
    if (await database.listCollections({ name: collection }, { nameOnly: true }).hasNext()) return database;
  }
  const [own] = candidates;
  if (own === undefined) throw new RangeError('no database');
  return own;
}
