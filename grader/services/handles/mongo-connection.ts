import type { MongoClient } from 'mongodb';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import type { Endpoint } from '../service.ts';

const TIMEOUT_MS = 5000;
/** Held from the start, so that an app which takes all connections can't take these. */
const CONNECTIONS = 2;

/** What the server's profiler and logs know the grader's connections by. */
export const APP_NAME = 'grade';

export interface MongoConnection extends AsyncDisposable {
  client: MongoClient;
}

/** Connects to this one server, whatever replica set it says it is in. `admin.database` is where its user is known. */
export async function connectMongo(admin: Endpoint, options: { authenticate: boolean }): Promise<MongoConnection> {
  const { host, port, user, password, database } = admin;
  // Loaded while the server starts: it takes a while, and most rubrics need no MongoDB.
  const { MongoClient } = await import('mongodb');
  const client = new MongoClient(`mongodb://${host}:${port}`, {
    ...(options.authenticate ? { auth: { username: user, password }, authSource: database } : {}),
    directConnection: true,
    appName: APP_NAME,
    minPoolSize: CONNECTIONS,
    maxPoolSize: CONNECTIONS,
    serverSelectionTimeoutMS: TIMEOUT_MS,
    connectTimeoutMS: TIMEOUT_MS,
    serverMonitoringMode: 'poll',
    retryWrites: true,
  });
  try {
    await client.connect();
    await client.db('admin').command({ ping: 1 });
  } catch (error) {
    await client.close();
    throw new InfrastructureError(
      `MongoDB at ${host}:${port} does not let ${options.authenticate ? user : 'anybody'} in: ${messageOf(error)}`,
      { cause: error },
    );
  }
  return { client, [Symbol.asyncDispose]: () => client.close() };
}
