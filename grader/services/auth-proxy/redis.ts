import type { Socket } from 'node:net';
import stream from 'node:stream';
import { readFrame } from './frame.ts';

/**
 * Logs in to Redis before the client says anything, and puts the right name and password into what the client itself
 * says to log in. Runs in containers, too: see program.ts.
 *
 * @throws when a connection ends meanwhile
 */
export async function joinRedis(
  app: Socket,
  database: Socket,
  { user, password }: { user: string; password: string },
): Promise<void> {
  const encode = (words: readonly string[]) =>
    Buffer.from(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
  database.write(encode(['AUTH', user, password]));
  const answer = await readFrame(database, (held) => {
    const end = held.indexOf('\r\n');
    return end === -1 ? undefined : end + 2;
  });
  if (answer[0] !== 0x2b) {
    app.end(answer);
    return;
  }
  const rewritten = (words: readonly string[]): Buffer => {
    if (words[0]?.toUpperCase() === 'AUTH') return encode(['AUTH', user, password]);
    const at = words.findIndex((word) => word.toUpperCase() === 'AUTH');
    return encode(at === -1 ? words : [...words.slice(0, at + 1), user, password, ...words.slice(at + 3)]);
  };
  app.pipe(redisCommands(rewritten)).pipe(database);
  database.pipe(app);
}

/** Passes a client's commands on, AUTH and HELLO as `rewrite` has them. All others go through without being held. */
export function redisCommands(rewrite: (words: readonly string[]) => Buffer): stream.Transform {
  const most = 64 * 1024;
  const LINE = Buffer.from('\r\n');
  let held: Buffer = Buffer.alloc(0);
  /** Arguments left of a command that passes, and bytes left of the one that is passing. */
  let args = 0;
  let bytes = 0;

  /** A line's number (after its first byte) and the place after it; undefined when the line is not whole. */
  const header = (at: number): { number: number; next: number } | undefined => {
    const end = held.indexOf(LINE, at);
    return end === -1 ? undefined : { number: Number(held.toString('latin1', at + 1, end)), next: end + 2 };
  };
  /** The first `count` words of a command, and the place after them. */
  const words = (at: number, count: number): { list: string[]; next: number } | undefined => {
    const list: string[] = [];
    for (let next = at; ;) {
      if (list.length === count) return { list, next };
      const size = header(next);
      if (size === undefined || !(held.length >= size.next + size.number + 2)) return undefined;
      list.push(held.toString('utf8', size.next, size.next + size.number));
      next = size.next + size.number + 2;
    }
  };
  /** The command that begins at `at`: where it ends if it is to be rewritten, else where what is known of it ends. */
  const command = (at: number): { next: number; args: number; replacement?: Buffer } | undefined => {
    if (held[at] !== 0x2a) {
      const end = held.indexOf('\n', at);
      if (end === -1) return undefined;
      const list = held.toString('utf8', at, end).trim().split(/\s+/);
      const plain = { next: end + 1, args: 0 };
      return /^(auth|hello)$/i.test(list[0] ?? '') ? { ...plain, replacement: rewrite(list) } : plain;
    }
    const count = header(at);
    if (count === undefined) return undefined;
    const size = count.number > 0 ? header(count.next) : undefined;
    if (count.number > 0 && size === undefined) return undefined;
    if (size === undefined || ![4, 5].includes(size.number))
      return { next: count.next, args: Math.max(0, count.number) };
    const name = words(count.next, 1);
    if (name === undefined) return undefined;
    if (!/^(auth|hello)$/i.test(name.list[0] ?? '') || count.number > 16)
      return { next: name.next, args: count.number - 1 };
    const all = words(count.next, count.number);
    return all && { next: all.next, args: 0, replacement: rewrite(all.list) };
  };

  return new stream.Transform({
    transform(chunk: Buffer, _encoding, done) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      let from = 0;
      let at = 0;
      for (;;) {
        const passing = Math.min(bytes, held.length - at);
        at += passing;
        bytes -= passing;
        if (at >= held.length) break;
        if (args > 0) {
          const size = header(at);
          if (size === undefined) break;
          args -= 1;
          bytes = Math.max(0, size.number) + 2;
          at = size.next;
          continue;
        }
        const found = command(at);
        if (found === undefined) break;
        if (found.replacement) {
          this.push(held.subarray(from, at));
          this.push(found.replacement);
          from = found.next;
        }
        at = found.next;
        args = found.args;
      }
      if (at > from) this.push(held.subarray(from, at));
      held = held.subarray(Math.max(at, from));
      done(held.length > most ? new Error('a command is too large') : null);
    },
  });
}
