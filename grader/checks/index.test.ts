import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { checks } from './index.ts';

test('every file that exports a check is listed, under its own name', async () => {
  const folder = new URL('.', import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  const ids: string[] = [];
  for (const file of files) {
    if (/^export const check\b/m.test(await readFile(new URL(file, folder), 'utf8')))
      ids.push(file.replace(/^.*\//, '').replace(/\.ts$/, ''));
  }
  assert.deepEqual([...checks.keys()].toSorted(), ids.toSorted());
});

test('every check says in one line what it does, and its parameters can be shown as JSON Schema', () => {
  for (const check of checks.values()) {
    assert.match(check.summary, /^[A-Z][^\n]{20,140}[^.]$/, check.id);
    const schema = z.toJSONSchema(check.params as unknown as z.ZodType, { io: 'input', unrepresentable: 'any' });
    assert.equal(schema.type, 'object', check.id);
    assert.equal(schema.additionalProperties, false, `${check.id} refuses unknown parameters`);
  }
});
