import { readdir } from 'node:fs/promises';
import { listeningSockets, socketInodes } from '../../platform/process-table.ts';
import type { Endpoint } from '../service.ts';

/** Kills the process that listens on a TCP port of this machine; resolves when nothing does any more. */
export async function killListener({ port }: Pick<Endpoint, 'port'>): Promise<void> {
  const inode = await listening(port);
  const names = await readdir('/proc');
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    if (inode !== undefined && (await socketInodes([pid])).has(inode)) process.kill(pid, 'SIGKILL');
  }
  while ((await listening(port)) !== undefined);
}

async function listening(port: number): Promise<string | undefined> {
  return (await listeningSockets()).find((socket) => socket.port === port)?.inode;
}
