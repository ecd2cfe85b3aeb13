import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../platform/temp-dir.ts';
import { reportSchema } from '../report/schema.ts';
import { renderJson, reporter, reportJsonSchema } from './json.ts';
import { sampleReport } from './sample-report.ts';

test('a report survives the way through JSON', () => {
  const report = sampleReport();
  assert.deepEqual(reportSchema.parse(JSON.parse(renderJson(report))), report);
});

test('the JSON Schema names every field of a report', () => {
  const schema = reportJsonSchema();
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(Object.keys(schema['properties'] as object), Object.keys(reportSchema.shape));
});

test('writes whole files, in folders that it makes', async () => {
  await using dir = await tempDir('json-reporter');
  const file = join(dir.path, 'deep', 'report.json');
  {
    await using json = reporter({ stream: { write: assert.fail }, file }) as AsyncDisposable &
      ReturnType<typeof reporter>;
    json.report?.(sampleReport());
  }
  assert.equal(await readFile(file, 'utf8'), renderJson(sampleReport()));
  assert.deepEqual(await readdir(join(dir.path, 'deep')), ['report.json']);
});

test('writes to the stream where no file is named', async () => {
  let written = '';
  const json = reporter({ stream: { write: (text) => void (written += text) } });
  json.report?.(sampleReport());
  await json[Symbol.asyncDispose]?.();
  assert.equal(written, renderJson(sampleReport()));
});

test('says which file could not be written, and how to mend it', async () => {
  const json = reporter({ stream: { write: assert.fail }, file: '/dev/null/report.json' });
  json.report?.(sampleReport());
  await assert.rejects(async () => json[Symbol.asyncDispose]?.(), {
    name: 'UsageError',
    message: /can't write \/dev\/null\/report\.json/,
    mend: /folder/,
  });
});
