import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface User {
  uid: number;
  gid: number;
}

/**
 * Whom to run a server as that refuses root: `postgres` or `nobody`, when this process is root's.
 * undefined: as we are.
 */
export async function unprivilegedUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] =
      users
        .split('\n')
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  // Linux and macOS alike let root become any number.
  return { uid: 65534, gid: 65534 };
}

/** Whether other users can come to a path at all: root's home, for one, is closed to them. */
export async function openToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(path);
  return parent === path || openToAll(parent);
}
