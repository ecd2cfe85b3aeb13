import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import { runCommand } from './process.ts';

test('secrets are redacted wherever they stand in a logged object', async () => {
  const script = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))};
    createLogger('info').info({ token: 'hush-1', user: { password: 'hush-2' }, request: { headers: { authorization: 'hush-3', cookie: 'hush-4' } }, env: { A: 'hush-5' }, kept: 'seen' }, 'a line');
  `;
  const { stderr, stdout } = await runCommand([process.execPath, '--input-type=module-typescript', '-e', script], {
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: 20_000,
  });
  assert.doesNotMatch(stderr + stdout, /hush/);
  assert.match(stderr, /seen/);
  assert.equal(stdout, '', 'stdout stays a report');
});
