import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reachBy } from './engine.ts';

describe('the way to containers', () => {
  test('is by their own addresses where the engine shares this machine’s network', async () => {
    assert.deepEqual(await reachBy('localhost', true), { host: '127.0.0.1', direct: true });
  });

  test('is the same when Testcontainers names an address of this machine', async () => {
    // So it does in a container with an engine inside it: by the gateway of the engine’s bridge.
    assert.deepEqual(await reachBy('127.0.0.2', true), { host: '127.0.0.1', direct: true });
  });

  test('is by published ports on another machine, such as the one around this container', async () => {
    assert.deepEqual(await reachBy('198.51.100.1', true), { host: '198.51.100.1', direct: false });
    assert.deepEqual(await reachBy('engine.invalid', true), { host: 'engine.invalid', direct: false });
  });

  test('is by published ports when the engine has a virtual machine or users of its own', async () => {
    assert.deepEqual(await reachBy('localhost', false), { host: '127.0.0.1', direct: false });
  });
});
