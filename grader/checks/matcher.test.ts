import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { match } from './matcher.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

/** [matcher, values that match, values that don't] */
const table: [name: string, matcher: unknown, good: unknown[], bad: unknown[]][] = [
  ['a string', 'milk', ['milk'], ['Milk', '', 1, null, undefined]],
  ['a number', 5, [5, 5.0], ['5', 6, NaN]],
  ['zero', 0, [0, -0], [false, '', null]],
  ['a boolean', false, [false], [0, undefined, 'false']],
  ['null', null, [null], [undefined, 0, {}]],
  ['an object matches partially', { a: 1 }, [{ a: 1 }, { a: 1, b: 2 }], [{}, { a: 2 }, [], null, 'a', undefined]],
  ['an empty object matches any object', {}, [{}, { a: 1 }], [[], null, 1]],
  ['nested objects', { a: { b: [1] } }, [{ a: { b: [1], c: 1 } }], [{ a: { b: 1 } }, { a: null }]],
  ['an array item by item', [1, { a: 1 }], [[1, { a: 1, b: 2 }]], [[1], [1, {}], [1, { a: 1 }, 3], { 0: 1 }]],
  ['an empty array', [], [[]], [[1], {}, '']],
  ['$type string', { $type: 'string' }, ['', 'a'], [1, null]],
  ['$type number', { $type: 'number' }, [1, 1.5], ['1', null]],
  ['$type integer', { $type: 'integer' }, [1, -3], [1.5, '1', NaN]],
  ['$type boolean', { $type: 'boolean' }, [true, false], [0, 'true']],
  ['$type object', { $type: 'object' }, [{}], [[], null, 'x']],
  ['$type array', { $type: 'array' }, [[], [1]], [{}, 'x', null]],
  ['$type null', { $type: 'null' }, [null], [undefined, 0]],
  ['$type id', { $type: 'id' }, [0, 7, 'x'], ['', null, {}, undefined]],
  [
    '$type date',
    { $type: 'date' },
    ['2030-01-31', '2030-01-31T12:00:00.000Z'],
    ['tomorrow', '2030-13-45', 1, '20300131'],
  ],
  ['$type email', { $type: 'email' }, ['a@b.c'], ['a', 'a@', 'a b@c', `${'a'.repeat(400)}@b`]],
  ['$type url', { $type: 'url' }, ['http://a/b', 'https://x.y'], ['/b', 'ftp://x', 'http://']],
  ['$type jwt', { $type: 'jwt' }, [JWT], ['a.b', 'a.b.c.d', 'a b.c.d', 1]],
  ['$type list', { $type: ['null', 'integer'] }, [null, 1], ['x', 1.5]],
  ['$matches', { $matches: '^a+b$' }, ['aab'], ['b', 'aabx', 5, null, undefined]],
  ['$matches anywhere, with flags', { $matches: '(?i)JSON' }, ['application/json; x'], ['text']],
  ['$contains in text', { $contains: 'il' }, ['milk'], ['mlk', 1, undefined]],
  ['$contains in a list', { $contains: { a: 1 } }, [[{}, { a: 1, b: 2 }]], [[], [{ a: 2 }], { a: 1 }, 'a']],
  ['$contains text in a list', { $contains: 'a' }, [['b', 'a'], 'cab'], [['ab']]],
  ['$length', { $length: 2 }, [[1, 2], 'ab'], [[1], 'abc', 2, null, { length: 2 }]],
  ['$length with a bound', { $length: { $gte: 1, $lt: 3 } }, [[1], 'ab'], [[], 'abc']],
  ['$gt', { $gt: 1 }, [2], [1, 0, '2', null]],
  ['$gte', { $gte: 1 }, [1, 2], [0.9, '1']],
  ['$lt', { $lt: 1 }, [0], [1, '0']],
  ['$lte', { $lte: 1 }, [1, -5], [1.1, undefined]],
  ['several operators', { $gte: 1, $lte: 3, $type: 'integer' }, [1, 2, 3], [0, 4, 1.5]],
  ['$not', { $not: 'x' }, ['y', 1, undefined], ['x']],
  ['$any', { $any: [1, { $type: 'string' }] }, [1, 'x'], [2, null]],
  ['$all', { $all: [{ a: 1 }, { $not: { b: { $exists: true } } }] }, [{ a: 1 }], [{ a: 1, b: 1 }, {}]],
  ['$every', { $every: { done: true } }, [[], [{ done: true }]], [[{ done: true }, { done: false }], {}]],
  ['$absent', { password: { $absent: true } }, [{}, { a: 1 }], [{ password: 'x' }, { password: null }]],
  ['$absent false', { a: { $absent: false } }, [{ a: null }], [{}]],
  ['$exists', { a: { $exists: true } }, [{ a: 0 }, { a: null }], [{}]],
  ['$exists false', { a: { $exists: false } }, [{}], [{ a: 1 }]],
  ['$oneOf', { $oneOf: ['a', 1, { x: [1] }] }, ['a', 1, { x: [1] }], ['b', '1', { x: [1], y: 2 }]],
  [
    '$equals',
    { $equals: { a: [1, { b: null }] } },
    [{ a: [1, { b: null }] }],
    [{ a: [1, { b: null }], c: 1 }, { a: [1] }, { a: { 0: 1 } }],
  ],
  [
    '$alike, whatever changes from one answer to the next',
    { $alike: '{"error":"wrong password","id":"9f1c-22","at":"2030-01-01T10:00:00.000Z"}' },
    ['{"error":"wrong password","id":"07ab-31","at":"2031-02-03T01:02:03.456Z"}'],
    ['{"error":"no such user","id":"9f1c-22","at":"2030-01-01T10:00:00.000Z"}', '{"error":"wrong password"}', 5, null],
  ],
  [
    '$alike, whatever the stack',
    { $alike: '{"error":"no","stack":"Error: no\\n    at login (file:///a.js:1:2)"}' },
    ['{"error":"no","stack":"Error: no\\n    at login (file:///a.js:9:2)\\n    at runNextTicks (node:internal:65:5)"}'],
    ['{"error":"no","stack":"Error: who?\\n    at login (file:///a.js:1:2)"}'],
  ],
  [
    '$alike, in the HTML of Express',
    { $alike: '<pre>Error: no<br> &nbsp; &nbsp;at login (a.js:1:2)</pre>' },
    ['<pre>Error: no<br> &nbsp; &nbsp;at login (a.js:9:2)<br> &nbsp; &nbsp;at next (node:internal)</pre>'],
    ['<pre>Error: who?<br> &nbsp; &nbsp;at login (a.js:1:2)</pre>'],
  ],
  [
    '$sorted numbers',
    { $sorted: { by: 'price', order: 'asc' } },
    [[], [{ price: 1 }], [{ price: 1 }, { price: 1 }, { price: 2 }]],
    [[{ price: 2 }, { price: 1 }], [{ price: 1 }, {}], {}],
  ],
  [
    '$sorted descending',
    { $sorted: { by: 'a.b', order: 'desc' } },
    [[{ a: { b: 10 } }, { a: { b: 9 } }]],
    [[{ a: { b: 9 } }, { a: { b: 10 } }]],
  ],
  [
    '$sorted text, either way',
    { $sorted: {} },
    [
      ['a', 'b'],
      ['B', 'a'],
      ['a', 'B'],
    ],
    [
      ['b', 'a'],
      ['a', 1],
    ],
  ],
  [
    '$unordered',
    { $unordered: [1, { $type: 'integer' }] },
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [2, 3], [1, 2, 3], 'x'],
  ],
  [
    '$unordered finds the pairs',
    { $unordered: [{ $gt: 0 }, { $gt: 1 }, { $gt: 2 }] },
    [
      [3, 2, 1],
      [1, 2, 3],
    ],
    [[1, 1, 3]],
  ],
  ['$json', { $json: { a: 1 } }, ['{"a":1}\n', '{"a":1,"b":2}'], ['{"a":2}', 'no', { a: 1 }]],
  ['$lines', { $lines: ['a', { $contains: 'b' }] }, ['a\nxbx', 'a \r\nb\r\n\n'], ['a', 'a\nb\nc', 1]],
];

describe('match', () => {
  for (const [name, matcher, good, bad] of table) {
    test(name, () => {
      for (const value of good) assert.deepEqual(match(matcher, value), [], `should match ${JSON.stringify(value)}`);
      for (const value of bad)
        assert.notDeepEqual(match(matcher, value), [], `should not match ${JSON.stringify(value)}`);
    });
  }

  test('a mismatch says where, what was expected in words, and what came', () => {
    const matcher = {
      items: { $every: { id: { $type: 'id' }, price: { $gte: 0 } } },
      title: 'milk',
      password: { $absent: true },
    };
    const value = {
      items: [
        { id: 1, price: 2 },
        { id: '', price: -1 },
      ],
      title: 'Milk',
      password: 'hunter2',
    };
    assert.deepEqual(match(matcher, value), [
      { path: 'body.items[1].id', expected: 'an id (a number, or text that is not empty)', received: '""' },
      { path: 'body.items[1].price', expected: 'a number, at least 0', received: '-1' },
      { path: 'body.title', expected: '"milk"', received: '"Milk"' },
      { path: 'body.password', expected: 'nothing: it must not be there', received: '"hunter2"' },
    ]);
  });

  test('a key that is missing is told as missing, not as null', () => {
    assert.deepEqual(match({ id: { $type: 'id' } }, {}), [
      {
        path: 'body.id',
        expected: 'an id (a number, or text that is not empty)',
        received: 'nothing (it is not there)',
      },
    ]);
  });

  test('the root can be called something else, and lengths and texts have paths of their own', () => {
    assert.equal(match({ $length: 3 }, [1], 'rows')[0]?.path, 'rows.length');
    assert.equal(match({ $json: { a: 1 } }, '{"a":2}', 'stdout')[0]?.path, 'stdout.json.a');
    assert.equal(match({ $lines: ['a'] }, 'b', 'stdout')[0]?.path, 'stdout.lines[0]');
  });

  test('an unknown operator is an error of the rubric', () => {
    assert.throws(() => match({ $regex: 'x' }, 'x'), /unknown matcher operator \$regex/);
  });
});

describe('match on hostile values', () => {
  test('keys of the prototype are not found', () => {
    assert.notDeepEqual(match({ constructor: { $exists: true } }, {}), []);
    assert.notDeepEqual(match({ toString: { $exists: true } }, {}), []);
    assert.notDeepEqual(match({ length: 0 }, { __proto__: [] }), []);
    const poisoned = JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": true}}}');
    assert.deepEqual(match({ admin: { $absent: true } }, poisoned), []);
    assert.equal(({} as { admin?: boolean }).admin, undefined);
  });

  test('a value nested a hundred thousand levels deep is compared and shown', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`);
    assert.notDeepEqual(match({ a: 1 }, deep), []);
    assert.notDeepEqual(match({ $equals: deep }, JSON.parse(JSON.stringify([1]))), []);
    assert.notDeepEqual(match({ $equals: deep }, structuredCloneByText(100_000)), []);
    const [mismatch] = match('x', deep);
    assert.ok((mismatch?.received.length ?? Infinity) < 500, mismatch?.received);
  });

  test('a regular expression takes time linear in the input, however evil', () => {
    const value = `${'a'.repeat(200_000)}!`;
    assert.notDeepEqual(match({ $matches: '^(a+)+$|^(a|a)*$' }, `${'a'.repeat(50_000)}!`), []);
    assert.deepEqual(match({ $matches: '^(a+)+' }, value), []);
  });

  test('texts of mismatches are bounded, and so is their number', () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, 'x'.repeat(50)]));
    assert.ok((match('x', wide)[0]?.received.length ?? Infinity) < 500);
    assert.ok((match('x', 'y'.repeat(1_000_000))[0]?.received.length ?? Infinity) < 500);
    assert.equal(
      match(
        { $every: 1 },
        Array.from({ length: 10_000 }, () => 2),
      ).length,
      20,
    );
  });
});

function structuredCloneByText(depth: number): unknown {
  return JSON.parse(`${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`);
}
