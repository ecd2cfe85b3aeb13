import { open, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Processes whose environment holds `marker` (`NAME=value`), by id: also those that left their
 * process group. Zombies have no environment and are not listed. Empty where there is no /proc.
 */
export async function marked(marker: string): Promise<number[]> {
  const entry = Buffer.from(marker);
  const found = await Promise.all(
    (await processIds()).map(async (pid) => ((await environment(pid))?.includes(entry) ? pid : undefined)),
  );
  return found.filter((pid) => pid !== undefined);
}

/** Inodes of the sockets that the processes hold open. */
export async function socketInodes(pids: readonly number[]): Promise<Set<string>> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
    for (const link of links) {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

/** A process of a tree. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  /** Its program and arguments, cut at a few hundred characters. */
  command: string;
}

const MAX_COMMAND = 500;

/** What the processes are; those that have ended meanwhile are left out. */
export async function describeProcesses(pids: readonly number[]): Promise<ProcessInfo[]> {
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [stat, words] = await Promise.all(
        ['stat', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => undefined)),
      );
      // The program's name stands in brackets, and may hold anything.
      const [state, parent] = (stat?.slice(stat.lastIndexOf(')') + 2) ?? '').split(' ');
      if (stat === undefined || words === undefined || state === 'Z') return undefined;
      const command = words.replaceAll('\0', ' ').trim().slice(0, MAX_COMMAND);
      return { pid, parent: Number(parent), command };
    }),
  );
  return found.filter((info) => info !== undefined);
}

/** A TCP socket that waits for connections. */
export interface ListeningSocket {
  port: number;
  /** As the kernel writes it: hexadecimal, in the byte order of the machine. */
  address: string;
  /** Reachable from this machine only: 127.0.0.0/8 or ::1. */
  loopback: boolean;
  inode: string;
}

/** The kernel's state number of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';
/** A line of such a table about a socket in another state. */
const OTHER_STATE = /^ *\d+: \S+ \S+ (?!0A)[\dA-F]{2} /m;
/** The kernel fills one read with as many lines as fit. */
const TABLE_CHUNK_BYTES = 16 * 1024;

/**
 * The TCP sockets that wait for connections; none where there is no such table.
 *
 * @param folder `/proc/net`, or `/proc/<pid>/net` for another network namespace
 */
export async function listeningSockets(folder = '/proc/net'): Promise<ListeningSocket[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => listeningPart(join(folder, name))));
  return tables.flatMap(parseListening);
}

/**
 * The beginning of a table, up to where it lists connections: thousands of them on a busy machine. All listening
 * sockets come before them (Documentation/networking/proc_net_tcp.rst of Linux).
 */
async function listeningPart(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const buffer = Buffer.alloc(TABLE_CHUNK_BYTES);
    let table = '';
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      table += buffer.toString('latin1', 0, bytesRead);
      if (bytesRead === 0 || OTHER_STATE.test(table)) return table;
    }
  } catch {
    return '';
  }
}

/** Reads the text of /proc/net/tcp and /proc/net/tcp6, one after the other. */
export function parseListening(table: string): ListeningSocket[] {
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [address, port] = (columns[1] ?? '').split(':');
    const inode = columns[9];
    if (columns[3] !== LISTEN || address === undefined || port === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(port, 16), address, loopback: isLoopback(address), inode }];
  });
}

/** Addresses stand there as 32-bit words in host byte order; all machines that we run on are little-endian. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  return address === SIX_LOOPBACK || /^0{16}FFFF0000.{6}7F$/.test(address);
}

const SIX_LOOPBACK = '00000000000000000000000001000000';

/** Whether it listens on ::1, which no connection over IPv4 reaches. */
export function isSixLoopback({ address }: Pick<ListeningSocket, 'address'>): boolean {
  return address === SIX_LOOPBACK;
}

/** The process that holds a socket open; undefined for those of other users. */
export async function holderOf(inode: string): Promise<ProcessInfo | undefined> {
  for (const pid of await processIds()) {
    if ((await socketInodes([pid])).has(inode)) return (await describeProcesses([pid]))[0];
  }
  return undefined;
}

async function processIds(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** undefined for processes that are gone or another user's. */
async function environment(pid: number): Promise<Buffer | undefined> {
  return readFile(`/proc/${pid}/environ`).catch(() => undefined);
}
