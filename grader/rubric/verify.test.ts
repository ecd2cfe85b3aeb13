import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tempDir } from '../platform/temp-dir.ts';
import type { Report } from '../report/schema.ts';
import { coverageOf } from './coverage.ts';
import type { Rubric } from './schema.ts';
import { selectCriteria } from './select.ts';
import { verifyRubric } from './verify.ts';

const PATCH = `Title: Answers 200 for everything
Fails: creates, deletes

diff --git a/app.js b/app.js
--- a/app.js
+++ b/app.js
@@ -1 +1 @@
-status(201)
+status(200)
`;

function rubricOf(dir: string): Rubric {
  const criterion = (id: string, needs: string[] = []) => ({
    id,
    title: `Title of ${id}`,
    points: 25,
    check: 'http-flow',
    with: {},
    needs,
    score: { kind: 'pass' as const },
    timeout: undefined,
    hint: 'Look at the route.',
    covers: [],
  });
  return {
    rubric: 'day-99',
    title: 'A day',
    version: '1.0.0',
    points: 100,
    passMark: 60,
    services: [],
    app: true,
    env: {},
    contract: {},
    programs: {},
    criteria: [
      criterion('creates'),
      criterion('lists'),
      criterion('updates', ['creates']),
      criterion('deletes', ['updates']),
    ],
    notGraded: [],
    dir: join(dir, 'rubrics', 'day-99'),
    referenceDir: join(dir, 'fixtures', 'day-99', 'reference'),
  };
}

/** A report in which these criteria failed. */
function reportOf(rubric: Rubric, failed: string[], notGraded: string[] = []): Report {
  return {
    score: { earned: 100 - failed.length * 25 },
    criteria: rubric.criteria.map(({ id }) => ({
      id,
      verdict: { fraction: notGraded.includes(id) ? null : failed.includes(id) ? 0 : 1, reason: 'because' },
    })),
  } as unknown as Report;
}

/** Lays out a reference and patches, and proves them with a grader that looks into the patched file. */
async function verify(
  patches: Record<string, string>,
  grade: (source: string, rubric: Rubric, criteria: readonly string[]) => Report | Promise<Report>,
  options: { quiet?: string[]; lanes?: number; everything?: boolean; other?: string; only?: string[] } = {},
) {
  await using dir = await tempDir('verify');
  const rubric = rubricOf(dir.path);
  const fixtures = join(dir.path, 'fixtures', 'day-99');
  await mkdir(join(fixtures, 'reference'), { recursive: true });
  await mkdir(join(fixtures, 'defects'));
  await writeFile(join(fixtures, 'reference', 'app.js'), 'status(201)\n');
  if (options.other !== undefined) {
    await mkdir(join(fixtures, 'other'));
    await writeFile(join(fixtures, 'other', 'app.js'), options.other);
  }
  for (const [name, text] of Object.entries(patches)) await writeFile(join(fixtures, 'defects', name), text);
  const verification = await verifyRubric(
    rubric,
    async (path, criteria) => grade(await readFile(join(path, 'app.js'), 'utf8'), rubric, criteria),
    {
      quiet: new Set(options.quiet),
      lanes: options.lanes ?? 1,
      everything: options.everything,
      only: options.only,
      signal: new AbortController().signal,
    },
  );
  assert.equal(
    await readFile(join(fixtures, 'reference', 'app.js'), 'utf8'),
    'status(201)\n',
    'the reference itself is not touched',
  );
  return verification;
}

describe('proving a rubric', () => {
  test('only what is named; a name that nothing has is an error, not a proof of nothing', async () => {
    const grade = (source: string, rubric: Rubric) =>
      reportOf(rubric, source.includes('200') ? ['creates', 'deletes'] : []);
    const { outcomes } = await verify({ 'always-200.patch': PATCH }, grade, { only: ['always-200'] });
    assert.deepEqual(
      outcomes.map(({ fixture }) => fixture),
      ['always-200'],
    );
    await assert.rejects(verify({ 'always-200.patch': PATCH }, grade, { only: ['reference', 'always-20'] }), {
      name: 'UsageError',
      message: 'day-99 has no fixture "always-20"; did you mean always-200?',
    });
  });

  test('the patch is on a copy of the reference; exactly what it names must fail', async () => {
    const { outcomes, uncaught, ok } = await verify({ 'always-200.patch': PATCH }, (source, rubric) =>
      reportOf(rubric, source.includes('200') ? ['creates', 'deletes'] : []),
    );
    assert.deepEqual(
      outcomes.map(({ fixture, ok: good }) => [fixture, good]),
      [
        ['reference', true],
        ['always-200', true],
      ],
    );
    assert.deepEqual(uncaught, ['lists', 'updates']);
    assert.equal(ok, false, 'two criteria are caught by nothing');
  });

  test('a defect that fails too little, or too much, or can’t be graded is not proof', async () => {
    for (const report of [
      (rubric: Rubric) => reportOf(rubric, ['creates']),
      (rubric: Rubric) => reportOf(rubric, ['creates', 'deletes', 'lists']),
      (rubric: Rubric) => reportOf(rubric, ['creates', 'deletes'], ['lists']),
    ]) {
      const { outcomes } = await verify({ 'always-200.patch': PATCH }, (source, rubric) =>
        source.includes('200') ? report(rubric) : reportOf(rubric, []),
      );
      assert.equal(outcomes[1]?.ok, false);
    }
  });

  test('a reference that loses a point is not proof', async () => {
    const { ok } = await verify({}, (_source, rubric) => reportOf(rubric, ['lists']));
    assert.equal(ok, false);
  });

  test('a patch without header, with an unknown criterion, or that does not apply is refused by name', async () => {
    const perfect = (_source: string, rubric: Rubric) => reportOf(rubric, []);
    await assert.rejects(verify({ 'a.patch': PATCH.replace('Fails:', 'Breaks:') }, perfect), /a\.patch has no header/);
    await assert.rejects(
      verify({ 'a.patch': PATCH.replace('deletes', 'removes') }, perfect),
      /a\.patch names "removes"/,
    );
    await assert.rejects(
      verify({ 'a.patch': PATCH.replace('-status(201)', '-status(204)') }, perfect),
      /a\.patch does not apply/,
    );
  });
});

test('coverage tells what stands for a phrase, what is left out with a reason, and what is not there', () => {
  const rubric = rubricOf('/nowhere');
  rubric.criteria[0]!.covers = ['five routes'];
  rubric.notGraded = [
    { covers: 'Postman', because: 'it is a tool' },
    { covers: 'Postmen', because: 'misspelt' },
  ];
  const { rows, unknown } = coverageOf(rubric, { 'day-99': ['five routes', 'Postman', 'query params'] });
  assert.deepEqual(rows, [
    { phrase: 'five routes', criteria: ['creates'], notGraded: undefined },
    { phrase: 'Postman', criteria: [], notGraded: 'it is a tool' },
    { phrase: 'query params', criteria: [], notGraded: undefined },
  ]);
  assert.deepEqual(unknown, ['Postmen']);
});

test('another solution beside the reference has to score everything as well', async () => {
  const grade = (source: string, rubric: Rubric) =>
    reportOf(rubric, source.includes('200') ? ['creates', 'deletes'] : source.includes('202') ? ['lists'] : []);
  const outcome = async (other: string) => {
    const { outcomes } = await verify({ 'always-200.patch': PATCH }, grade, { other });
    return outcomes.map(({ fixture, ok }) => [fixture, ok]);
  };
  const defect = ['always-200', true];
  assert.deepEqual(await outcome('answer(201)'), [['reference', true], ['other', true], defect]);
  assert.deepEqual(await outcome('answer(202)'), [['reference', true], ['other', false], defect]);
});

describe('what a defect spares', () => {
  const spared = PATCH.replace('Fails: creates, deletes', 'Fails: creates\nSpares: lists, updates');

  test('does not run', async () => {
    const seen: Record<string, readonly string[]> = {};
    await verify({ 'always-200.patch': spared }, (source, rubric, criteria) => {
      seen[source.trim()] = criteria;
      return reportOf(rubric, []);
    });
    assert.deepEqual(seen, {
      'status(201)': ['creates', 'lists', 'updates', 'deletes'],
      'status(200)': ['creates', 'deletes'],
    });
  });

  test('runs when everything is asked for', async () => {
    const seen: (readonly string[])[] = [];
    await verify(
      { 'always-200.patch': spared },
      (_, rubric, criteria) => {
        seen.push(criteria);
        return reportOf(rubric, []);
      },
      { everything: true },
    );
    assert.deepEqual(
      seen.map((criteria) => criteria.length),
      [4, 4],
    );
  });

  test('is not what it fails', async () => {
    const both = spared.replace('Spares: lists', 'Spares: creates');
    await assert.rejects(
      verify({ 'always-200.patch': both }, (_, rubric) => reportOf(rubric, [])),
      /names "creates" in its header/,
    );
  });
});

test('fixtures run side by side, but none beside one that needs the machine to itself', async () => {
  const loud = PATCH.replace('creates, deletes', 'creates\nSpares: lists');
  let running = 0;
  const beside: Record<string, number> = {};
  const patches = { 'one.patch': loud, 'two.patch': loud, 'three.patch': PATCH };
  // Two can only meet when the second starts before the first has ended.
  let meet: () => void = () => {};
  const met = new Promise<void>((resolve) => (meet = resolve));
  await verify(
    patches,
    async (_, rubric, criteria) => {
      running++;
      const key = criteria.includes('lists') ? 'quiet' : 'loud';
      if (running === 2) meet();
      if (key === 'loud') await met;
      beside[key] = Math.max(beside[key] ?? 0, running);
      running--;
      return reportOf(rubric, []);
    },
    { quiet: ['lists'], lanes: 2 },
  );
  assert.deepEqual(beside, { loud: 2, quiet: 1 });
});

test('--only takes along what a criterion needs, and the points with it', () => {
  const rubric = rubricOf('/nowhere');
  const { criteria, points, passMark } = selectCriteria(rubric, ['updates']);
  assert.deepEqual(
    criteria.map(({ id }) => id),
    ['creates', 'updates'],
  );
  assert.deepEqual([points, passMark], [50, 30]);
  assert.throws(() => selectCriteria(rubric, ['update']), /no criterion "update"; did you mean updates/);
});
