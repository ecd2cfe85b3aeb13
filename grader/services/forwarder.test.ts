import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { InfrastructureError } from '../platform/errors.ts';
import { type Forwarder, forwardLocally } from './forwarder.ts';

/** A server that does `serve` with each connection, behind a forwarder. */
interface Place extends AsyncDisposable {
  forwarder: Forwarder;
  /** A connection through the forwarder; its errors are for who looks at them. */
  open(): Promise<Socket>;
  /** Ends the server. */
  stop(): Promise<void>;
}

async function place(serve: (socket: Socket) => void): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    return socket;
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(track(socket))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  stack.defer(stop);
  const forwarder = stack.use(await forwardLocally({ names: ['server'], host: '127.0.0.1', port }));
  const owned = stack.move();
  return {
    forwarder,
    async open() {
      const socket = track(connect({ host: forwarder.host, port: forwarder.port, allowHalfOpen: true }));
      await once(socket, 'connect');
      return socket;
    },
    stop,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const echo = (socket: Socket) => void socket.pipe(socket);

async function ask(socket: Socket, word: string): Promise<string> {
  socket.write(word);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

/** How a connection comes to its end: the code of its error, or "end". */
async function fate(socket: Socket): Promise<string | undefined> {
  let code: string | undefined = 'end';
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
  socket.resume();
  await once(socket, 'close').catch(() => {});
  return code;
}

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const refused = (work: Promise<unknown>) => assert.rejects(work, { code: 'ECONNREFUSED' });

describe('a forwarder', { timeout: 60_000 }, () => {
  test('an outage resets what is open and refuses what is new; afterwards all is as before, at the same address', async () => {
    await using here = await place(echo);
    const { forwarder } = here;
    const { port } = forwarder;
    for (let round = 0; round < 3; round++) {
      const [idle, used] = [await here.open(), await here.open()];
      assert.equal(await ask(used, 'hello'), 'hello');
      const fates = [fate(idle), fate(used)];
      await forwarder.interrupt();
      assert.deepEqual(await Promise.all(fates), ['ECONNRESET', 'ECONNRESET']);
      for (let i = 0; i < 20; i++) await refused(here.open());
      await forwarder.restore();
      assert.equal(forwarder.port, port);
    }
    assert.equal(await ask(await here.open(), 'again'), 'again');
  });

  test('the server sees its connections end, too', async () => {
    const ended = Promise.withResolvers<void>();
    await using here = await place((socket) => void socket.on('close', () => ended.resolve()).pipe(socket));
    assert.equal(await ask(await here.open(), 'hello'), 'hello');
    await here.forwarder.interrupt();
    await ended.promise;
  });

  test('big payloads arrive whole, also at a reader that is slower than the writer', async () => {
    const payload = randomBytes(64 * 1024 * 1024);
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    await using here = await place((socket) => {
      // Nothing is read until everything that fits on the way has been written.
      socket.pause();
      setImmediate(() => socket.pipe(socket));
    });
    const socket = await here.open();
    assert.equal(socket.write(payload), false);
    socket.end();
    assert.equal(digest(await all(socket)), digest(payload));
  });

  test('a writer is held back while nobody reads', async () => {
    await using here = await place((socket) => void socket.pause());
    const socket = await here.open();
    const chunk = Buffer.alloc(1024 * 1024);
    let written = 0;
    while (written < 512 && (socket.write(chunk) || (await drained(socket)))) written++;
    assert.ok(written < 100, `${written} MB were taken though none was read`);
  });

  test('one side may end while the other still speaks', async () => {
    await using here = await place((socket) => {
      socket.resume().on('end', () => socket.end('said after the end'));
    });
    const socket = await here.open();
    socket.end();
    assert.equal((await all(socket)).toString(), 'said after the end');
  });

  test('a server that resets is passed on as a reset, one that ends as an end', async () => {
    await using here = await place((socket) => {
      socket.on('data', (word) => (word.toString() === 'reset' ? socket.resetAndDestroy() : socket.end()));
    });
    for (const [word, expected] of [
      ['reset', 'ECONNRESET'],
      ['end', 'end'],
    ] as const) {
      const socket = await here.open();
      const ended = fate(socket);
      socket.end(word);
      assert.equal(await ended, expected);
    }
  });

  test('a server that is not there is a reset, and no harm to the forwarder', async () => {
    await using here = await place(echo);
    await here.stop();
    assert.equal(await fate(await here.open()), 'ECONNRESET');
    await here.forwarder.interrupt();
    await here.forwarder.restore();
  });

  test('many connections at once, all of them cut', async () => {
    await using here = await place(echo);
    const sockets = await Promise.all(Array.from({ length: 400 }, () => here.open()));
    const answers = await Promise.all(sockets.map((socket, i) => ask(socket, `word ${i}`)));
    assert.deepEqual(
      answers,
      sockets.map((_, i) => `word ${i}`),
    );
    const fates = sockets.map(fate);
    await here.forwarder.interrupt();
    assert.deepEqual(new Set(await Promise.all(fates)), new Set(['ECONNRESET']));
  });

  test('a port that was taken during the outage is the grader’s trouble', async () => {
    await using here = await place(echo);
    await here.forwarder.interrupt();
    const squatter = createServer().listen(here.forwarder.port, '127.0.0.1');
    await once(squatter, 'listening');
    await assert.rejects(
      here.forwarder.restore(),
      (error) => error instanceof InfrastructureError && /another program took port/.test(error.message),
    );
    await new Promise((resolve) => squatter.close(resolve));
    await here.forwarder.restore();
    assert.equal(await ask(await here.open(), 'again'), 'again');
  });

  test('its end cuts everything, during an outage as well', async () => {
    const { forwarder, open, stop } = await place(echo);
    const cut = fate(await open());
    await forwarder[Symbol.asyncDispose]();
    assert.equal(await cut, 'ECONNRESET');
    await refused(open());
    await forwarder[Symbol.asyncDispose]();
    await stop();
  });
});

/** False when a socket does not take more in a while. */
async function drained(socket: Socket): Promise<boolean> {
  return once(socket, 'drain', { signal: AbortSignal.timeout(300) }).then(
    () => true,
    () => false,
  );
}
