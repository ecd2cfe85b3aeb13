import { messageOf } from '../../../platform/errors.ts';
import { lastLines } from '../../last-lines.ts';
import type { ServerEnd } from '../../tenancy.ts';
import type { Engine } from '../../../platform/docker/engine.ts';

/** Lines of a container's log that are looked at; a crash of MongoDB alone prints a hundred. */
const LOG_LINES = 300;

/** Resolves when a container has ended, with its reason. */
export async function containerEnd({ docker }: Pick<Engine, 'docker'>, id: string): Promise<ServerEnd> {
  const container = docker.getContainer(id);
  try {
    await container.wait();
    const [log, { State }] = await Promise.all([
      container.logs({ stdout: true, stderr: true, tail: LOG_LINES }),
      container.inspect(),
    ]);
    const text = plainLog(log);
    const diskFull = /No space left on device/.test(text);
    return { lines: lastLines(text), usedUp: State.OOMKilled ? 'memory' : diskFull ? 'disk' : undefined };
  } catch (error) {
    // It was removed before it could be asked.
    return { lines: messageOf(error) };
  }
}

/** Takes the engine's eight bytes of header off each piece of a log; the last four are its length. */
function plainLog(log: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const next = at + 8 + log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, next));
    at = next;
  }
  return Buffer.concat(pieces).toString('utf8');
}
