import { randomBytes } from 'node:crypto';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import { at } from '../../target/template.ts';
import type { MongoHandle } from '../../target/target.ts';
import type { Seeded, SeedOptions } from './seed-postgres.ts';

const KEPT_COPIES = 40;
const ID_DIGITS = 12;
/** Where copies of a unique number begin, above what apps count up to. */
const NUMBER_OFFSET = 1_000_000_000;
/** Carries the number of the copy while the pipeline runs. */
const N = '__copy';

type Expression = unknown;

/**
 * Fills a learner's collection with copies of one document, inside the server, so that every value keeps
 * its type. Fields of unique indexes are made unique, and fields that vary get one of many values.
 *
 * @throws {InfrastructureError} when the collection's rules don't allow for copies
 */
export async function seedMongo(mongo: MongoHandle, { source, vary, rows, note }: SeedOptions): Promise<Seeded> {
  const { from, record, fields } = source;
  const prefix = randomBytes(6).toString('hex');
  const buckets = Math.max(2, Math.ceil(rows / KEPT_COPIES));
  const changes: Record<string, Expression> = { _id: copyId(prefix) };
  for (const field of vary) {
    const place = fields[field];
    if (place === undefined) note(`"${field}" stands in no field of ${from}, so the copies don't differ in it.`);
    else changes[place] = variedValue(place, record[place], buckets);
  }
  for (const key of await uniqueKeys(mongo, from)) {
    const present = key.filter((path) => at(record, path) !== undefined);
    const place = present.find((path) => ['string', 'number'].includes(typeof at(record, path)));
    // A sparse index takes any number of documents without the field.
    if (present.length === 0) continue;
    if (place === undefined)
      throw new InfrastructureError(
        `documents of ${from} can't be copied: (${key.join(', ')}) has to be unique, and none of it can be varied`,
      );
    changes[place] = uniqueValue(place, prefix);
  }
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    await mongo.aggregate(from, [{ $match: { $expr: { $not: [isCopy(prefix)] } } }, { $out: from }]);
  });
  try {
    await mongo.aggregate(from, [
      { $match: { $expr: { $eq: [{ $toString: '$_id' }, String(record['_id'])] } } },
      { $set: { [N]: { $range: [1, rows + 1] } } },
      { $unwind: `$${N}` },
      { $set: changes },
      { $unset: N },
      { $merge: { into: from, whenMatched: 'fail', whenNotMatched: 'insert' } },
    ]);
  } catch (error) {
    throw new InfrastructureError(`the collection ${from} can't be filled with copies: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const owned = stack.move();
  return { relation: from, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Paths of each unique index but the one on `_id`. */
async function uniqueKeys(mongo: MongoHandle, collection: string): Promise<string[][]> {
  const indexes = await mongo.aggregate(collection, [{ $indexStats: {} }]);
  return indexes
    .map(({ key, spec }) => ({
      paths: Object.keys((key ?? {}) as object),
      unique: (spec as { unique?: boolean } | undefined)?.unique === true,
    }))
    .filter(({ paths, unique }) => unique && paths.join() !== '_id')
    .map(({ paths }) => paths);
}

/** The record that we see has ids and dates as text: only the server knows which is which. */
function uniqueValue(place: string, prefix: string): Expression {
  const value = `$${place}`;
  const is = (type: string) => (type === 'number' ? { $isNumber: value } : { $eq: [{ $type: value }, type] });
  return {
    $switch: {
      branches: Object.entries({
        string: { $concat: [copyNumber(), '-', value] },
        objectId: copyId(prefix),
        date: { $add: [value, `$${N}`] },
        number: { $add: [value, `$${N}`, NUMBER_OFFSET] },
      }).map(([type, changed]) => ({ case: is(type), then: changed })),
      default: value,
    },
  };
}

function variedValue(place: string, value: unknown, buckets: number): Expression {
  const bucket = { $mod: [`$${N}`, buckets] };
  const other =
    typeof value === 'number'
      ? { $add: [`$${place}`, bucket] }
      : { $concat: [{ $toString: bucket }, '-', `$${place}`] };
  return typeof value === 'string' || typeof value === 'number'
    ? { $cond: [{ $eq: [bucket, 0] }, `$${place}`, other] }
    : `$${place}`;
}

/** An ObjectId that starts with `prefix` and ends with the number of the copy in decimal digits. */
function copyId(prefix: string): Expression {
  const padded = { $concat: ['0'.repeat(ID_DIGITS), copyNumber()] };
  return { $toObjectId: { $concat: [prefix, { $substrCP: [padded, { $strLenCP: copyNumber() }, ID_DIGITS] }] } };
}

function copyNumber(): Expression {
  return { $toString: `$${N}` };
}

function isCopy(prefix: string): Expression {
  const bound = (digit: string) => ({ $toObjectId: prefix + digit.repeat(ID_DIGITS) });
  return { $and: [{ $gte: ['$_id', bound('0')] }, { $lte: ['$_id', bound('9')] }] };
}
