import type { Duplex } from 'node:stream';

/**
 * Reads one message from a connection, and leaves what comes after it there.
 *
 * @param sizeOf the message's size, from its beginning; undefined when that is not enough to tell
 * @throws when the connection ends before, or the message is larger than a megabyte
 */
export function readFrame(
  stream: Duplex,
  sizeOf: (beginning: Buffer) => number | undefined,
  most = 1024 * 1024,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const settle = (act: () => void) => {
      stream.off('readable', look).off('end', ended).off('close', ended);
      act();
    };
    const ended = () => settle(() => reject(new Error('the connection ended')));
    const look = () => {
      for (let chunk: Buffer | null; (chunk = stream.read() as Buffer | null) !== null;) {
        held = Buffer.concat([held, chunk]);
        const size = sizeOf(held);
        if ((size ?? held.length) > most) return settle(() => reject(new Error('a message is too large')));
        if (size === undefined || held.length < size) continue;
        return settle(() => {
          if (held.length > size) stream.unshift(held.subarray(size));
          resolve(held.subarray(0, size));
        });
      }
    };
    stream.on('readable', look).on('end', ended).on('close', ended);
    look();
  });
}
