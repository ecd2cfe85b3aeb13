import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tempDir } from '../../platform/temp-dir.ts';
import { sampleReport } from '../sample-report.ts';
import { jobSummary } from './job-summary.ts';
import { postingOf } from './posting.ts';
import type { Trouble } from './trouble.ts';

const TROUBLE: Trouble = {
  kind: 'forbidden',
  message: 'POST /repos/school/shop-api/check-runs answered 403: Resource not accessible by integration',
  mend: 'Give the job the permission.',
  passing: false,
};
const POSTING = postingOf(
  { kind: 'graded', report: sampleReport() },
  { rubric: 'day-13', again: 'Run the job again.' },
);

describe('the job summary', () => {
  test('has the same content as the check run, the log has the notes and the reason', async () => {
    await using dir = await tempDir('summary');
    const summaryFile = join(dir.path, 'summary.md');
    const { log, where } = await written(summaryFile);
    assert.equal(where, 'the job summary');
    assert.equal(
      await readFile(summaryFile, 'utf8'),
      `## day-13 — 48.75 of 100, 2 not graded\n\n${POSTING.summary}\n${POSTING.text}`,
    );
    const lines = log.split('\n');
    assert.equal(
      lines[0],
      '::warning title=No check run::POST /repos/school/shop-api/check-runs answered 403: Resource not accessible by integration%0AGive the job the permission.',
    );
    assert.match(
      lines[1] ?? '',
      /^::error title=The product search uses an index \(0 \/ 10\),file=db\/migrations\/001_products\.sql,line=12,col=3::the table gets no index/,
    );
    assert.equal(lines.length, 3);
  });

  test('is added to what the step has written', async () => {
    await using dir = await tempDir('summary');
    const summaryFile = join(dir.path, 'summary.md');
    await writeFile(summaryFile, 'Before.');
    await written(summaryFile);
    assert.match(await readFile(summaryFile, 'utf8'), /^Before\.\n\n## day-13/);
  });

  for (const [name, prepare] of [
    ['there is none', async () => undefined],
    ['it is full', async (dir: string) => fullFile(join(dir, 'full.md'))],
    ['it can’t be written', async (dir: string) => join(dir, 'missing', 'summary.md')],
  ] as const) {
    test(`goes to the log when ${name}, where no command in it is obeyed`, async () => {
      await using dir = await tempDir('summary');
      const summaryFile = await prepare(dir.path);
      const before = summaryFile === undefined ? undefined : await readFile(summaryFile, 'utf8').catch(() => undefined);
      const { log, where } = await written(summaryFile);
      assert.equal(where, 'the log');
      const [, token, guarded = ''] = /::stop-commands::(\w+)\n([^]*)\n::\1::\n$/.exec(log) ?? [];
      assert.ok(token);
      assert.ok(guarded.includes('| 🟡 | 6 / 7 | Products can be filtered by category and price |'));
      if (before !== undefined) assert.equal(await readFile(summaryFile!, 'utf8'), before);
    });
  }
});

async function written(summaryFile: string | undefined) {
  let log = '';
  const stream = { write: (text: string) => (log += text) };
  const where = await jobSummary({ summaryFile, stream })(POSTING, TROUBLE);
  return { log, where };
}

async function fullFile(file: string): Promise<string> {
  await writeFile(file, 'x'.repeat(1024 * 1024 - 1000));
  return file;
}
