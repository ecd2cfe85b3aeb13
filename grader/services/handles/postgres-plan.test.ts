import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlans } from './postgres-plan.ts';

function line(dbname: string, plan: object, duration = '1.500'): string {
  return JSON.stringify({
    timestamp: 'now',
    dbname,
    error_severity: 'LOG',
    message: `duration: ${duration} ms  plan:\n${JSON.stringify(plan, undefined, 2)}`,
  });
}

const lookup = {
  'Query Text': 'SELECT * FROM a JOIN b USING (id)',
  Plan: {
    'Node Type': 'Nested Loop',
    'Actual Rows': 6,
    'Actual Loops': 1,
    Plans: [
      {
        'Node Type': 'Seq Scan',
        'Relation Name': 'a',
        'Actual Rows': 3,
        'Actual Loops': 1,
        'Rows Removed by Filter': 97,
      },
      {
        'Node Type': 'Bitmap Heap Scan',
        'Relation Name': 'b',
        'Actual Rows': 2,
        'Actual Loops': 3,
        'Rows Removed by Index Recheck': 1,
        Plans: [{ 'Node Type': 'Bitmap Index Scan', 'Index Name': 'b_id', 'Actual Rows': 3, 'Actual Loops': 3 }],
      },
    ],
  },
};

test('every scan of a plan, with rows over all loops', () => {
  const [plan] = readPlans(line('shop', lookup), 'shop');
  assert.equal(plan?.statement, lookup['Query Text']);
  assert.equal(plan.durationMs, 1.5);
  assert.deepEqual(JSON.parse(plan.plan), lookup);
  assert.deepEqual(plan.scans, [
    { relation: 'a', kind: 'sequential', examined: 100, returned: 3 },
    { relation: 'b', kind: 'index', examined: 9, returned: 6 },
  ]);
});

test('the table that a statement changes is no scan of it, what it searches is', () => {
  const update = {
    'Query Text': 'UPDATE a SET x = 1 WHERE id = 1',
    Plan: {
      'Node Type': 'ModifyTable',
      'Relation Name': 'a',
      'Actual Rows': 0,
      'Actual Loops': 1,
      Plans: [{ 'Node Type': 'Index Scan', 'Relation Name': 'a', 'Actual Rows': 1.0, 'Actual Loops': 1 }],
    },
  };
  assert.deepEqual(readPlans(line('shop', update), 'shop')[0]?.scans, [
    { relation: 'a', kind: 'index', examined: 1, returned: 1 },
  ]);
});

test('other databases, other messages, foreign key checks and broken lines are left out', () => {
  const check = {
    'Query Text': 'SELECT 1 FROM ONLY "public"."users" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x',
    Plan: { 'Node Type': 'Result' },
  };
  const log = [
    line('other', lookup),
    line('shop', check),
    JSON.stringify({ dbname: 'shop', message: 'connection received' }),
    JSON.stringify({ message: 'checkpoint starting' }),
    line('shop', { 'Query Text': 'SELECT 1', Plan: { 'Node Type': 'Result', 'Actual Rows': 1, 'Actual Loops': 1 } }),
    line('shop', lookup).slice(0, -20),
    '',
  ].join('\n');
  assert.deepEqual(
    readPlans(log, 'shop').map(({ statement, scans }) => [statement, scans]),
    [['SELECT 1', []]],
  );
});
