import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Where ports are drawn from: below the range that systems take for outgoing connections (RFC 6335 and macOS from
 * 49152, Linux from 32768). A port out of that range can be taken by any connection before its server listens.
 */
const LOWEST = 20_000;
const HIGHEST = 32_767;
const MAX_TRIES = 100;

/** A TCP port of 127.0.0.1 that nobody listens on now, drawn at random, so that two who ask rarely get the same. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${LOWEST} to ${HIGHEST} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  if (!(await listening)) return false;
  server.close();
  await once(server, 'close');
  return true;
}
