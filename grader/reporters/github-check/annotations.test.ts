import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Position, Report } from '../../report/schema.ts';
import { sampleReport } from '../sample-report.ts';
import { annotationsOf, missingAnnotations } from './annotations.ts';
import { postingWith } from './mock/posting.ts';

describe('annotations', () => {
  test('stand at file, line and column, with the criterion, what is wrong and the hint', () => {
    assert.deepEqual(annotationsOf(sampleReport(), { root: 'days/day-13' }), [
      {
        path: 'days/day-13/db/migrations/001_products.sql',
        start_line: 12,
        end_line: 12,
        start_column: 3,
        end_column: 3,
        annotation_level: 'failure',
        title: 'The product search uses an index (0 / 10)',
        message:
          'the table gets no index beyond its primary key\n\nLook at the plan with EXPLAIN (ANALYZE, BUFFERS). A LIKE that begins with a wildcard can’t use a B-tree index: a trigram (GIN) index can.',
      },
    ]);
  });

  test('warn where some points were kept, and are absent where none was lost or nothing was judged', () => {
    const levels = (earned: number | null) =>
      annotationsOf(reportWith([{ file: 'a.js', line: 1, message: 'x' }], earned), {}).map(
        (one) => one.annotation_level,
      );
    assert.deepEqual(levels(0), ['failure']);
    assert.deepEqual(levels(3), ['warning']);
    assert.deepEqual(levels(10), []);
    assert.deepEqual(levels(null), []);
  });

  test('never point out of the repository', () => {
    for (const file of [
      '../x.js',
      '/etc/passwd',
      'a/../../x.js',
      '..',
      '.',
      '',
      'src/',
      'a\nb.js',
      'a\u202Eb.js',
      ' a.js',
    ]) {
      assert.deepEqual(annotationsOf(reportWith([{ file, line: 1, message: 'x' }]), {}), [], JSON.stringify(file));
    }
    const paths = (file: string) =>
      annotationsOf(reportWith([{ file, line: 1, message: 'x' }]), { root: 'days/day-13/' }).map(({ path }) => path);
    assert.deepEqual(paths('../day-12/app.js'), ['days/day-12/app.js']);
    assert.deepEqual(paths('./src//app.js'), ['days/day-13/src/app.js']);
    assert.deepEqual(paths('../../../app.js'), []);
  });

  test('are for files of the commit only, where these are known', () => {
    const report = reportWith([
      { file: 'src/app.js', line: 1, message: 'x' },
      { file: 'dist/app.js', line: 1, message: 'x' },
    ]);
    const found = annotationsOf(report, { isFile: (path) => path.startsWith('src/') });
    assert.deepEqual(
      found.map(({ path }) => path),
      ['src/app.js'],
    );
  });

  test('keep to the limits of title and message, and say a thing once', () => {
    const report = reportWith([
      { file: 'a.js', line: 1, message: '長'.repeat(100_000) },
      { file: 'a.js', line: 1, message: '長'.repeat(100_000) },
    ]);
    report.criteria[0]!.title = 'x'.repeat(1000);
    const [note, ...more] = annotationsOf(report, {});
    assert.deepEqual(more, []);
    assert.equal(note?.title?.length, 255);
    assert.ok(Buffer.byteLength(note.message) <= 64 * 1024);
  });

  test('that are there already are not missing, however many are alike', () => {
    const { annotations } = postingWith(3);
    const [a, b, c] = annotations;
    assert.ok(a && b && c);
    assert.deepEqual(missingAnnotations([a, b, c], [c, a]), [b]);
    assert.deepEqual(missingAnnotations([a, a, b], [a]), [a, b]);
    assert.deepEqual(missingAnnotations([a], []), [a]);
    assert.deepEqual(missingAnnotations([a], [a, a, b]), []);
  });
});

function reportWith(positions: Position[], earned: number | null = 0): Report {
  const report = sampleReport();
  const [first] = report.criteria;
  assert.ok(first);
  report.criteria = [
    {
      ...first,
      points: 10,
      verdict: { ...first.verdict, earned, fraction: earned === null ? null : earned / 10 },
      evidence: { ...first.evidence, observation: { ...first.evidence.observation, positions } },
    },
  ];
  return report;
}
