import crypto from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { readFrame } from './frame.ts';
import { scramClient } from './scram.ts';

/**
 * Logs in to Postgres in the place of a client, which is asked for no password, to the one database that there is for
 * it. Runs in containers, too: see program.ts.
 *
 * @throws when a connection ends meanwhile
 */
export async function joinPostgres(
  app: Socket,
  database: Socket,
  login: { user: string; password: string; database: string; tls?: { key: string; cert: string } | undefined },
  known?: Map<string, Buffer>,
): Promise<void> {
  const CANCEL = 80877102;
  const TLS = 80877103;
  const GSS = 80877104;
  const sized = (held: Buffer) => (held.length < 4 ? undefined : Math.max(8, held.readInt32BE(0)));
  let client: Duplex = app;
  for (;;) {
    const request = await readFrame(client, sized);
    const code = request.readInt32BE(4);
    if (code === TLS && login.tls !== undefined && client === app) {
      app.write('S');
      client = new tls.TLSSocket(app, { isServer: true, ...login.tls });
      // What becomes of the connection is decided by the one below it.
      client.on('error', () => app.destroy());
    } else if (code === TLS || code === GSS) {
      client.write('N');
    } else if (code === CANCEL) {
      database.end(request);
      client.end();
      return;
    } else {
      database.write(postgresStartup(request, login));
      break;
    }
  }
  await authenticatePostgres(client, database, login, known);
  client.pipe(database);
  database.pipe(client);
}

/** A client's first message, with the right user and database in it. */
export function postgresStartup(request: Buffer, { user, database }: { user: string; database: string }): Buffer {
  const words = request.toString('utf8', 8).split('\0');
  const parameters = new Map<string, string>();
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2)
    parameters.set(words[at] ?? '', words[at + 1] ?? '');
  parameters.set('user', user).set('database', database);
  const body = Buffer.from(`${[...parameters].map(([name, value]) => `${name}\0${value}\0`).join('')}\0`);
  const header = Buffer.from(request.subarray(0, 8));
  header.writeInt32BE(8 + body.length);
  return Buffer.concat([header, body]);
}

/** Answers what the server asks for until it lets the client in, or says why not: the client is told either. */
export async function authenticatePostgres(
  client: Duplex,
  database: Socket,
  { user, password }: { user: string; password: string },
  known?: Map<string, Buffer>,
): Promise<void> {
  const [OK, CLEAR, MD5, SASL, CONTINUE, FINAL] = [0, 3, 5, 10, 11, 12];
  const sized = (held: Buffer) => (held.length < 5 ? undefined : 1 + held.readInt32BE(1));
  const say = (...parts: Buffer[]) => {
    const header = Buffer.from('p\0\0\0\0');
    header.writeInt32BE(
      parts.reduce((sum, { length }) => sum + length, 4),
      1,
    );
    database.write(Buffer.concat([header, ...parts]));
  };
  const md5 = (...parts: (string | Buffer)[]) =>
    parts.reduce((hash, part) => hash.update(part), crypto.createHash('md5')).digest('hex');
  const scram = scramClient('sha256', { user: '', password }, known);
  for (;;) {
    const message = await readFrame(database, sized);
    const kind = message[0] === 0x52 ? message.readInt32BE(5) : OK;
    if (kind === OK) {
      client.write(message);
      // A notice may come before the end.
      if (message[0] !== 0x4e) return;
    } else if (kind === CLEAR) say(Buffer.from(`${password}\0`));
    else if (kind === MD5) say(Buffer.from(`md5${md5(md5(password, user), message.subarray(9, 13))}\0`));
    else if (kind === SASL) {
      const first = Buffer.from(scram.first);
      const length = Buffer.alloc(4);
      length.writeInt32BE(first.length);
      say(Buffer.from('SCRAM-SHA-256\0'), length, first);
    } else if (kind === CONTINUE) say(Buffer.from(scram.next(message.toString('utf8', 9))));
    else if (kind !== FINAL) throw new Error(`Postgres asks for an unknown way to log in: ${kind}`);
  }
}
