import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openLoop } from './open-loop.ts';
import type { RoundCounts } from './round.ts';

async function against(app: RequestListener, overrides: object = {}): Promise<RoundCounts> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await openLoop({
      kind: 'open',
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      requests: [{ method: 'GET', path: '/', headers: {} }],
      expect: { status: [200], mayBeEmpty: false },
      connections: 20,
      rate: 200,
      durationMs: 100,
      graceMs: 5000,
      ...overrides,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an open loop sends on while no answer comes', async () => {
  const waiting: ServerResponse[] = [];
  const { valid, latencies } = await against((_request, response) => {
    waiting.push(response);
    // A client that waited for an answer before it sent the next request would wait for ever here.
    if (waiting.length === 20) for (const each of waiting) each.end('ok');
  });
  assert.equal(valid, 20);
  assert.equal(latencies.length, 20);
});

test('latency runs from when a request was due, also while it waits for a free connection', async () => {
  const waiting: ServerResponse[] = [];
  const { latencies } = await against(
    (_request, response) => {
      waiting.push(response);
      if (waiting.length === 1) setTimeout(() => response.end('ok'), 300);
      else response.end('ok');
    },
    { connections: 1 },
  );
  // One stall of 300 ms after 20 requests were due within 100 ms: each of them was late, not the first alone.
  assert.equal(latencies.filter((latency) => latency >= 195).length, 20);
});

test('answers that never come are late, and have waited at least this long', async () => {
  const { valid, missing, late, latencies } = await against(() => {}, { graceMs: 50 });
  assert.deepEqual({ valid, missing, late }, { valid: 0, missing: 0, late: 20 });
  assert.ok(latencies.every((latency) => latency >= 50));
});

test('an answer without end is cut off, and wrong', async () => {
  const { wrong, late, reasons } = await against(
    (_request, response) => {
      const flood = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', flood).on('error', () => {});
      flood();
    },
    { rate: 20 },
  );
  assert.deepEqual({ wrong, late, reasons }, { wrong: 2, late: 0, reasons: [['more than 4 MB in one answer', 2]] });
});
