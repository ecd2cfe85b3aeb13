import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProfile } from './mongo-profile.ts';

const by = { allUsers: [{ user: 'app', db: 'shop' }], user: 'app@shop', millis: 2, ns: 'shop.todos' };

test('statements of the user in the order of time, without what drivers add', () => {
  const entries = [
    {
      ...by,
      ts: new Date(2),
      op: 'update',
      command: { q: { a: 1 }, u: { $set: { a: 2 } } },
      planSummary: 'COLLSCAN',
      docsExamined: 50,
      nMatched: 1,
    },
    {
      ...by,
      ts: new Date(1),
      op: 'query',
      command: { find: 'todos', filter: { a: 1 }, lsid: { id: 1 }, $db: 'shop' },
      planSummary: 'IXSCAN { a: 1 }',
      docsExamined: 2,
      keysExamined: 3,
      nreturned: 2,
    },
    {
      ...by,
      ts: new Date(3),
      op: 'remove',
      command: { q: { a: 1 }, limit: 0 },
      planSummary: 'IDHACK',
      docsExamined: 1,
      ndeleted: 1,
    },
    { ...by, ts: new Date(4), op: 'insert', command: { insert: 'todos', documents: [] } },
  ];
  assert.deepEqual(
    readProfile(entries, 'app').map(({ statement, scans }) => [JSON.parse(statement), scans]),
    [
      [{ find: 'todos', filter: { a: 1 } }, [{ relation: 'todos', kind: 'index', examined: 3, returned: 2 }]],
      [
        { update: 'todos', q: { a: 1 }, u: { $set: { a: 2 } } },
        [{ relation: 'todos', kind: 'sequential', examined: 50, returned: 1 }],
      ],
      [{ delete: 'todos', q: { a: 1 }, limit: 0 }, [{ relation: 'todos', kind: 'index', examined: 1, returned: 1 }]],
      [{ insert: 'todos', documents: [] }, []],
    ],
  );
});

test('other users, and commands that touch no documents, are left out', () => {
  const entries = [
    {
      ...by,
      user: 'grade_admin@admin',
      allUsers: [{ user: 'grade_admin', db: 'admin' }],
      op: 'query',
      command: { find: 'todos' },
    },
    ...[{ ping: 1 }, { createIndexes: 'todos' }, { commitTransaction: 1 }, { listCollections: 1 }].map((command) => ({
      ...by,
      op: 'command',
      command,
    })),
  ];
  assert.deepEqual(readProfile(entries, 'app'), []);
});

test('a collection that does not exist was not scanned, and long statements are cut', () => {
  const [plan] = readProfile(
    [
      {
        ...by,
        op: 'query',
        command: { find: 'none', filter: { a: 'x'.repeat(50_000) } },
        planSummary: 'EOF',
        docsExamined: 0,
      },
    ],
    'app',
  );
  assert.deepEqual(plan?.scans, []);
  assert.ok(plan.statement.length < 21_000);
});
