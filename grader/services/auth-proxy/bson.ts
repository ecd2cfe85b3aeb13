/*
 * As much of BSON as it takes to look at a document's own fields and to exchange some of them, while all others pass
 * byte by byte, whatever they hold. Runs in containers, too: see program.ts.
 */

export interface BsonElement {
  name: string;
  type: number;
  /** The element whole. */
  bytes: Buffer;
  value: Buffer;
}

/** The fields of a document, not of those inside of it. @throws {RangeError} for what is no document */
export function bsonElements(document: Buffer): BsonElement[] {
  const sizes: Record<number, number> = {
    1: 8,
    6: 0,
    7: 12,
    8: 1,
    9: 8,
    10: 0,
    16: 4,
    17: 8,
    18: 8,
    19: 16,
    127: 0,
    255: 0,
  };
  const afterText = (from: number) => {
    const end = document.indexOf(0, from);
    if (end === -1) throw new RangeError('a text without end in BSON');
    return end + 1;
  };
  const sizeAt = (type: number, at: number): number => {
    const fixed = sizes[type];
    if (fixed !== undefined) return fixed;
    if (type === 11) return afterText(afterText(at)) - at;
    const length = document.readInt32LE(at);
    if ([3, 4, 15].includes(type)) return length;
    if ([2, 13, 14].includes(type)) return 4 + length;
    if (type === 5) return 5 + length;
    if (type === 12) return 16 + length;
    throw new RangeError(`BSON has no type ${type}`);
  };
  const elements: BsonElement[] = [];
  for (let at = 4; document[at] !== 0;) {
    const type = document.readUInt8(at);
    const valueAt = afterText(at + 1);
    const end = valueAt + sizeAt(type, valueAt);
    if (end <= at || end >= document.length) throw new RangeError('a document is cut short');
    elements.push({
      name: document.toString('utf8', at + 1, valueAt - 1),
      type,
      bytes: document.subarray(at, end),
      value: document.subarray(valueAt, end),
    });
    at = end;
  }
  return elements;
}

/** A document of elements. */
export function bsonDocument(elements: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(elements.reduce((sum, { length: size }) => sum + size, 5));
  return Buffer.concat([length, ...elements, Buffer.alloc(1)]);
}

/** An element. Numbers are 32-bit integers, a Buffer is binary data. */
export function bsonElement(
  name: string,
  value: string | number | boolean | Buffer | readonly string[] | { document: Buffer },
): Buffer {
  const int32 = (number: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(number);
    return bytes;
  };
  const element = (type: number, ...parts: Buffer[]) =>
    Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), ...parts]);
  if (typeof value === 'string') return element(2, int32(Buffer.byteLength(value) + 1), Buffer.from(`${value}\0`));
  if (typeof value === 'number') return element(16, int32(value));
  if (typeof value === 'boolean') return element(8, Buffer.from([Number(value)]));
  if (Buffer.isBuffer(value)) return element(5, int32(value.length), Buffer.alloc(1), value);
  if ('document' in value) return element(3, value.document);
  return element(4, bsonDocument(value.map((item, index) => bsonElement(String(index), item))));
}

/** The value of a text element. */
export function bsonText({ value }: BsonElement): string {
  return value.toString('utf8', 4, value.length - 1);
}

/** The value of a binary element. */
export function bsonBinary({ value }: BsonElement): Buffer {
  return value.subarray(5);
}
