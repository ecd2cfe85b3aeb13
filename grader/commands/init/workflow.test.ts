import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseYaml } from '../../platform/yaml.ts';
import { version } from '../../version.ts';
import { workflow } from './workflow.ts';

const read = (name: string) => readFile(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), 'utf8');
const actionSchema = z.looseObject({
  inputs: z.record(z.string(), z.unknown()),
  outputs: z.record(z.string(), z.unknown()),
});

test('README shows the workflow that is written, and each input and output of the action', async () => {
  const readme = await read('README.md');
  assert.ok(readme.includes(`\`\`\`yaml\n${workflow(version)}\`\`\``), 'the workflow');
  const { inputs, outputs } = parseYaml(await read('action.yml'), 'action.yml', actionSchema).data;
  for (const name of [...Object.keys(inputs), ...Object.keys(outputs)]) assert.ok(readme.includes(`\`${name}\``), name);
});
