import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { InfrastructureError } from '../../platform/errors.ts';
import { findNpm } from '../packages/npm.ts';
import { runtimeSuite } from './conformance.ts';
import { localRuntime } from './local.ts';
import { learnerError, open } from './testbed.ts';

// It must not turn up in any sandbox.
process.env['GRADE_TEST_SECRET'] = 'leak';
const runtime = localRuntime({ path: process.env['PATH'] ?? '', npm: await findNpm(process.env) });
runtimeSuite('local', { runtime, skip: false });

const linux = process.platform === 'linux' ? false : 'needs /proc';

test('a port that another program had before is no fault of the learner’s', { skip: linux }, async () => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await using place = await open(runtime, { 'server.js': `\nrequire('node:http').createServer().listen(${port});` });
    await assert.rejects(place.boot(), (error: unknown) => {
      assert.ok(error instanceof InfrastructureError, String(error));
      assert.match(
        error.message,
        new RegExp(`^Port ${port}, .*\\(server\\.js:2\\), was taken .*process ${process.pid}, `),
      );
      assert.match(error.mend ?? '', /--runtime docker/);
      return true;
    });
  } finally {
    other.close();
  }
});

test('an app that listens twice on its port is the learner’s', async () => {
  const listen = 'http.createServer().listen(process.env.PORT);';
  await using place = await open(runtime, { 'server.js': `const http = require('node:http'); ${listen} ${listen}` });
  const error = await learnerError(place.boot());
  assert.equal(error.kind, 'port-in-use');
});
