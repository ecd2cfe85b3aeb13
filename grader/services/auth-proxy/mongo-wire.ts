import stream from 'node:stream';

/** MongoDB's wire protocol: messages and the documents in them. Runs in containers, too: see program.ts. */
export interface MongoBody {
  document: Buffer;
  /** Place of the document in the message. */
  at: number;
  /** An answer that is followed by others, unasked for. */
  moreToCome: boolean;
  /** Bytes at the end that are no part of the message proper. */
  checksum: number;
}

/** How long the message is that begins so; undefined when that can't be told yet. */
export function mongoSize(held: Buffer): number | undefined {
  return held.length < 4 ? undefined : Math.max(16, held.readInt32LE(0));
}

/** The command or the answer in a message; undefined for one that has none. */
export function mongoBody(message: Buffer): MongoBody | undefined {
  const [REPLY, QUERY, MSG] = [1, 2004, 2013];
  const document = (at: number) => message.subarray(at, at + message.readInt32LE(at));
  const old = { moreToCome: false, checksum: 0 };
  switch (message.readInt32LE(12)) {
    case REPLY:
      return message.readInt32LE(32) === 1 ? { document: document(36), at: 36, ...old } : undefined;
    case QUERY: {
      const at = message.indexOf(0, 20) + 9;
      return { document: document(at), at, ...old };
    }
    case MSG: {
      const flags = message.readInt32LE(16);
      const checksum = flags & 1 ? 4 : 0;
      for (let at = 20; at < message.length - checksum;) {
        const kind = message[at];
        if (kind === 0) return { document: document(at + 1), at: at + 1, moreToCome: (flags & 2) !== 0, checksum };
        at += 1 + message.readInt32LE(at + 1);
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** The message with another document in the place of its own. */
export function mongoReplaced(message: Buffer, { document, at, checksum }: MongoBody, replacement: Buffer): Buffer {
  const before = Buffer.from(message.subarray(0, at));
  const rest = message.subarray(at + document.length, message.length - checksum);
  before.writeInt32LE(before.length + replacement.length + rest.length);
  // The checksum would not be right any more.
  if (checksum > 0) before.writeInt32LE(before.readInt32LE(16) & ~1, 16);
  return Buffer.concat([before, replacement, rest]);
}

/** A message of one document. @param answers the number of the message that it answers; 0 for none */
export function mongoMessage(answers: number, document: Buffer): Buffer {
  const [MSG, HEADER] = [2013, 21];
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + document.length);
  header.writeInt32LE(answers, 8);
  header.writeInt32LE(MSG, 12);
  return Buffer.concat([header, document]);
}

/** Passes whole messages on, as `look` gives them back; those that it keeps are gone. */
export function mongoMessages(look: (message: Buffer) => Buffer | undefined): stream.Transform {
  const most = 48_000_000 + 16 * 1024;
  let chunks: Buffer[] = [];
  let length = 0;
  return new stream.Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      length += chunk.length;
      try {
        for (;;) {
          if ((chunks[0]?.length ?? 0) < 4 && chunks.length > 1) chunks = [Buffer.concat(chunks)];
          const size = mongoSize(chunks[0] ?? Buffer.alloc(0));
          if (size !== undefined && size > most) throw new RangeError('a message is too large');
          if (size === undefined || length < size) break;
          const all = Buffer.concat(chunks);
          const passed = look(all.subarray(0, size));
          if (passed) this.push(passed);
          chunks = size === length ? [] : [all.subarray(size)];
          length -= size;
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
