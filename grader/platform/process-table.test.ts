import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listeningSockets, marked, socketInodes } from './process-table.ts';
import { tempDir } from './temp-dir.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (index: number, address: string, state: string, inode: number) =>
  `${String(index).padStart(4)}: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0`;

async function tables(tcp: string[], tcp6?: string[]) {
  const folder = await tempDir('tables');
  await writeFile(join(folder.path, 'tcp'), [HEAD, ...tcp, ''].join('\n'));
  if (tcp6 !== undefined) await writeFile(join(folder.path, 'tcp6'), [HEAD, ...tcp6, ''].join('\n'));
  return folder;
}

describe('listening sockets', { skip: process.platform === 'linux' ? false : 'there is no /proc here' }, () => {
  test('of both tables, with where they can be reached from', async () => {
    await using folder = await tables(
      [line(0, '0100007F:0BB8', '0A', 11), line(1, '00000000:1F90', '0A', 12), line(2, '0100007F:0BB8', '01', 13)],
      [line(0, '00000000000000000000000001000000:1388', '0A', 14)],
    );
    assert.deepEqual(await listeningSockets(folder.path), [
      { port: 3000, address: '0100007F', loopback: true, inode: '11' },
      { port: 8080, address: '00000000', loopback: false, inode: '12' },
      { port: 5000, address: '00000000000000000000000001000000', loopback: true, inode: '14' },
    ]);
  });

  test('more than one read gives them all, and connections after them are left alone', async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      line(index, `00000000:${(0x1000 + index).toString(16).toUpperCase()}`, '0A', index + 1),
    );
    const connections = Array.from({ length: 20_000 }, (_, index) => line(300 + index, '0100007F:0BB8', '06', 0));
    await using folder = await tables([...many, ...connections]);
    assert.equal((await listeningSockets(folder.path)).length, 300);
  });

  test('no table, no sockets', async () => {
    assert.deepEqual(await listeningSockets('/nowhere'), []);
  });

  test('a socket of this very process is among them, by the inode that it holds', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const own = (await listeningSockets()).find((socket) => socket.port === port);
      assert.ok(own?.loopback);
      assert.ok((await socketInodes([process.pid])).has(own.inode));
    } finally {
      server.close();
    }
  });
});

test('a marker that nobody has marks nobody', async () => {
  assert.deepEqual(await marked(`NOBODY=${crypto.randomUUID()}`), []);
});
