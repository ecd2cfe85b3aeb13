import { BSON, type Document } from 'mongodb';

/**
 * A document as plain JSON: ObjectIds as hex strings, dates as ISO strings, binary as base64, numbers of
 * every width as numbers where they fit and as strings where they do not.
 */
export function plainDocument(document: Document): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, plain(value)]));
}

function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? String(value) : value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof BSON.ObjectId) return value.toHexString();
  if (value instanceof BSON.Binary) return value.toString('base64');
  if (value instanceof BSON.Long) return Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value.toString();
  if (value instanceof BSON.Decimal128) return value.toString();
  if (value instanceof BSON.Int32 || value instanceof BSON.Double) return value.valueOf();
  if (value instanceof RegExp) return String(value);
  if ('_bsontype' in value) return BSON.EJSON.serialize(value);
  return plainDocument(value);
}
