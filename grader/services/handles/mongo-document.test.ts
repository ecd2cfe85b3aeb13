import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { plainDocument } from './mongo-document.ts';

test('a document as plain JSON', () => {
  const document = {
    _id: new BSON.ObjectId('64b7f0c2a1b2c3d4e5f60718'),
    at: new Date(0),
    never: new Date(Number.NaN),
    nested: { list: [new BSON.ObjectId('64b7f0c2a1b2c3d4e5f60719'), { n: new BSON.Int32(3) }] },
    bytes: new BSON.Binary(Buffer.from('hi')),
    long: BSON.Long.fromNumber(5),
    huge: BSON.Long.MAX_VALUE,
    price: BSON.Decimal128.fromString('9.99'),
    pattern: /x/i,
    nothing: null,
    text: 'x',
  };
  assert.deepEqual(plainDocument(document), {
    _id: '64b7f0c2a1b2c3d4e5f60718',
    at: '1970-01-01T00:00:00.000Z',
    never: null,
    nested: { list: ['64b7f0c2a1b2c3d4e5f60719', { n: 3 }] },
    bytes: 'aGk=',
    long: 5,
    huge: '9223372036854775807',
    price: '9.99',
    pattern: '/x/i',
    nothing: null,
    text: 'x',
  });
  assert.doesNotThrow(() => JSON.stringify(plainDocument(document)));
});
