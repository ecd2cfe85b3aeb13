import crypto from 'node:crypto';
import type { Socket } from 'node:net';
import { bsonBinary, bsonDocument, type BsonElement, bsonElement, bsonElements, bsonText } from './bson.ts';
import { readFrame } from './frame.ts';
import { mongoBody, mongoMessage, mongoSize } from './mongo-wire.ts';
import { scramClient, type ScramServer, scramServer } from './scram.ts';

/** Logs a connection in. Runs in containers, too: see program.ts. @throws when the server refuses */
export async function mongoLogin(
  database: Socket,
  { user, password, authDatabase }: { user: string; password: string; authDatabase: string },
  known?: Map<string, Buffer>,
): Promise<void> {
  const ask = async (elements: Buffer[]) => {
    database.write(mongoMessage(0, bsonDocument([...elements, bsonElement('$db', authDatabase)])));
    const body = mongoBody(await readFrame(database, mongoSize));
    const payload = body && bsonElements(body.document).find(({ name }) => name === 'payload');
    if (payload === undefined) throw new Error('MongoDB refuses to log in');
    return bsonBinary(payload);
  };
  const scram = scramClient('sha256', { user, password }, known);
  const first = await ask([
    bsonElement('saslStart', 1),
    bsonElement('mechanism', 'SCRAM-SHA-256'),
    bsonElement('payload', Buffer.from(scram.first)),
    bsonElement('options', { document: bsonDocument([bsonElement('skipEmptyExchange', true)]) }),
  ]);
  await ask([
    bsonElement('saslContinue', 1),
    bsonElement('conversationId', 1),
    bsonElement('payload', Buffer.from(scram.next(first.toString()))),
  ]);
}

/**
 * Lets in a client that knows one of these passwords. Its driver wants the server to prove that it knows it as well,
 * so that no other can be let in.
 */
export function mongoReception(known: readonly { user: string; password: string }[]): {
  /** The answer to the start of a login that came with a greeting; undefined where there is none to give. */
  greeting(start: readonly BsonElement[]): Buffer[] | undefined;
  /** The answer to a command to log in. */
  answer(command: readonly BsonElement[]): Buffer[];
} {
  let conversation: ScramServer | undefined;
  let short = false;
  let proven = false;
  const said = (payload: string, done: boolean) => [
    bsonElement('conversationId', 1),
    bsonElement('done', done),
    bsonElement('payload', Buffer.from(payload)),
  ];
  const refused = () => [
    bsonElement('ok', 0),
    bsonElement('errmsg', 'Authentication failed.'),
    bsonElement('code', 18),
    bsonElement('codeName', 'AuthenticationFailed'),
  ];
  const start = (command: readonly BsonElement[]): Buffer[] | undefined => {
    const find = (name: string) => command.find((element) => element.name === name);
    const [mechanism, payload, options] = [find('mechanism'), find('payload'), find('options')];
    const hash =
      mechanism && { 'SCRAM-SHA-256': 'sha256' as const, 'SCRAM-SHA-1': 'sha1' as const }[bsonText(mechanism)];
    if (hash === undefined || payload === undefined) return undefined;
    short =
      options !== undefined && bsonElements(options.value).some((element) => element.name === 'skipEmptyExchange');
    proven = false;
    // The older way takes a digest for the password.
    const digested = (user: string, password: string) =>
      hash === 'sha256' ? password : crypto.createHash('md5').update(`${user}:mongo:${password}`).digest('hex');
    conversation = scramServer(hash, bsonBinary(payload).toString(), (user) =>
      known.filter((one) => one.user === user).map((one) => digested(user, one.password)),
    );
    return said(conversation.first, false);
  };
  const go = (command: readonly BsonElement[]): Buffer[] | undefined => {
    if (command[0]?.name === 'saslStart') return start(command);
    if (proven) return said('', true);
    const payload = command.find(({ name }) => name === 'payload');
    const final = payload && conversation?.next(bsonBinary(payload).toString());
    if (final === undefined) return undefined;
    proven = true;
    return said(final, short);
  };
  return {
    greeting: start,
    answer: (command) => {
      const answer = go(command);
      return answer ? [...answer, bsonElement('ok', 1)] : refused();
    },
  };
}
