import type { Socket } from 'node:net';
import { bsonDocument, bsonElement, bsonElements, bsonText } from './bson.ts';
import { mongoBody, mongoMessage, mongoMessages, mongoReplaced } from './mongo-wire.ts';
import { mongoLogin, mongoReception } from './mongo-login.ts';

export interface MongoJoin {
  user: string;
  password: string;
  /** Where the user is known. */
  authDatabase: string;
  /** The one database that every name of the app stands for; undefined when the app may use the names that it likes. */
  database: string | undefined;
  /** Where the app finds the server: the name of the one member of its replica set. */
  address: string;
  /** Names and passwords that clients come with. */
  known: readonly { user: string; password: string }[];
}

/**
 * Logs in to MongoDB before the client says anything, answers the client's own attempt to log in, and has the server
 * tell the address at which the client found it. Runs in containers, too: see program.ts.
 *
 * @throws when a connection ends meanwhile, or the server refuses
 */
export async function joinMongo(
  app: Socket,
  database: Socket,
  login: MongoJoin,
  known?: Map<string, Buffer>,
): Promise<void> {
  const HELLO = ['hello', 'isMaster', 'ismaster'];
  const OWN = ['speculativeAuthenticate', 'saslSupportedMechs', 'compression'];
  await mongoLogin(database, login, known);
  const reception = mongoReception(login.known);
  /** What is to be added to the answers that are still to come, by the number of what they answer. */
  const hellos = new Map<number, Buffer[]>();

  const toServer = mongoMessages((message) => {
    const body = mongoBody(message);
    if (body === undefined) return message;
    const elements = bsonElements(body.document);
    const name = elements[0]?.name ?? '';
    const id = message.readInt32LE(4);
    if (name === 'saslStart' || name === 'saslContinue') {
      app.write(mongoMessage(id, bsonDocument(reception.answer(elements))));
      return undefined;
    }
    if (HELLO.includes(name)) {
      const asked = (which: string) => elements.find((element) => element.name === which);
      const start = asked('speculativeAuthenticate');
      const greeting = start && reception.greeting(bsonElements(start.value));
      hellos.set(id, [
        ...(asked('saslSupportedMechs') ? [bsonElement('saslSupportedMechs', ['SCRAM-SHA-256', 'SCRAM-SHA-1'])] : []),
        ...(greeting ? [bsonElement('speculativeAuthenticate', { document: bsonDocument(greeting) })] : []),
      ]);
      const kept = elements.filter((element) => !OWN.includes(element.name)).map(({ bytes }) => bytes);
      return mongoReplaced(message, body, bsonDocument(kept));
    }
    const { database: only } = login;
    if (only === undefined) return message;
    let changed = false;
    const mapped = elements.map((element) => {
      if (element.name !== '$db' || ['admin', 'local', 'config', only].includes(bsonText(element)))
        return element.bytes;
      changed = true;
      return bsonElement('$db', only);
    });
    return changed ? mongoReplaced(message, body, bsonDocument(mapped)) : message;
  });

  const toApp = mongoMessages((message) => {
    const more = hellos.get(message.readInt32LE(8));
    const body = more && mongoBody(message);
    if (more === undefined || body === undefined) return message;
    hellos.delete(message.readInt32LE(8));
    // The next answer of a stream of them answers this one.
    if (body.moreToCome) hellos.set(message.readInt32LE(4), []);
    const told = bsonElements(body.document)
      .filter(({ name }) => !OWN.includes(name))
      .map(({ name, bytes }) => {
        if (name === 'hosts') return bsonElement(name, [login.address]);
        return name === 'me' || name === 'primary' ? bsonElement(name, login.address) : bytes;
      });
    return mongoReplaced(message, body, bsonDocument([...told, ...more]));
  });

  // A message that can't be understood ends both connections.
  for (const transform of [toServer, toApp]) transform.on('error', () => app.destroy());
  app.pipe(toServer).pipe(database);
  database.pipe(toApp).pipe(app);
}
