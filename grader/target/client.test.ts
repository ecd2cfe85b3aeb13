import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, test } from 'node:test';
import { LearnerError, UsageError } from '../platform/errors.ts';
import type { Exchange } from '../report/schema.ts';
import { literalBinding } from './binding.ts';
import { ContractClient } from './client.ts';

const CONTRACT = { getTodo: { request: 'GET /todos/{id}' }, createTodo: { request: 'POST /todos' } };

/** A client of a server made for one test. Both end with the scope. */
async function against(listener: RequestListener) {
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return clientOf((server.address() as AddressInfo).port, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

function clientOf(port: number, close: () => Promise<void>) {
  const exchanges: Exchange[] = [];
  const client = new ContractClient(`http://127.0.0.1:${port}`, literalBinding(CONTRACT), {
    onExchange: (exchange) => exchanges.push(exchange),
  });
  return {
    client,
    exchanges,
    async [Symbol.asyncDispose]() {
      await client.close();
      await close();
    },
  };
}

function isFault(fault: string, message: RegExp) {
  return (error: unknown) => error instanceof LearnerError && error.fault === fault && message.test(error.message);
}

describe('the contract client', () => {
  test('calls an operation by its route, with parameters escaped, and takes it down', async () => {
    await using app = await against((request, response) => {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ url: request.url, auth: request.headers.authorization }));
    });
    const answer = await app.client.call('getTodo', {
      params: { id: 'a/b c' },
      query: { page: 2, tag: ['x', 'y'] },
      token: 'abc',
    });
    assert.deepEqual(answer.json, { url: '/todos/a%2Fb%20c?page=2&tag=x&tag=y', auth: 'Bearer abc' });
    assert.equal(app.exchanges.length, 1);
    assert.equal(app.exchanges[0]?.operation, 'getTodo');
    assert.equal(app.exchanges[0]?.response?.status, 200);
  });

  test('sends JSON, or a raw body as it is', async () => {
    await using app = await against(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end(`${request.headers['content-type']} ${body}`);
    });
    assert.equal((await app.client.call('createTodo', { body: { a: 1 } })).text, 'application/json {"a":1}');
    assert.equal((await app.client.call('createTodo', { rawBody: '{"a":' })).text, 'application/json {"a":');
  });

  test('follows no redirects', async () => {
    await using app = await against((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    );
    assert.equal((await app.client.call('getTodo', { params: { id: 1 } })).status, 302);
  });

  test('an answer without end is cut at its limit', async () => {
    await using app = await against((_request, response) => {
      const write = () => {
        while (response.write(Buffer.alloc(65_536, 'x')));
      };
      response.on('drain', write);
      response.on('error', () => {});
      write();
    });
    const answer = await app.client.call('getTodo', { params: { id: 1 } });
    assert.equal(answer.exchange.response?.truncated, true);
    assert.ok(answer.text.length <= 2 * 1024 * 1024);
    assert.ok((app.exchanges[0]?.response?.body.length ?? 0) <= 8 * 1024);
  });

  test('an answer that drips for ever ends at the timeout, as a timeout', async () => {
    await using app = await against((_request, response) => {
      response.writeHead(200).write('.');
    });
    await assert.rejects(
      app.client.call('getTodo', { params: { id: 1 }, timeoutMs: 80 }),
      isFault('timeout', /did not answer within 0.08 s/),
    );
    assert.match(app.exchanges[0]?.error ?? '', /did not answer/);
  });

  test('a closed port is the app’s fault and is said so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await using app = clientOf(port, async () => {});
    await assert.rejects(app.client.call('getTodo', { params: { id: 1 } }), isFault('learner', /was refused/));
  });

  test('a connection cut before the answer, and an answer that is not HTTP', async () => {
    await using cut = await against((request) => request.socket.destroy());
    await assert.rejects(cut.client.call('getTodo', { params: { id: 1 } }), isFault('learner', /was cut off/));

    const tcp = createTcpServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(tcp, 'listening');
    await using other = clientOf((tcp.address() as AddressInfo).port, async () => void tcp.close());
    await assert.rejects(other.client.call('getTodo', { params: { id: 1 } }), isFault('learner', /not HTTP/));
  });

  test('more headers than anyone needs are refused', async () => {
    await using app = await against((_request, response) => response.setHeader('x-big', 'y'.repeat(100_000)).end());
    await assert.rejects(
      app.client.call('getTodo', { params: { id: 1 } }),
      isFault('learner', /more than 64 KB of headers/),
    );
  });

  test('an operation or parameter that is not there is the rubric’s mistake', async () => {
    await using app = await against((_request, response) => response.end());
    await assert.rejects(app.client.call('getTodos'), UsageError);
    await assert.rejects(app.client.call('getTodo'), UsageError);
  });

  test('an aborted run is not blamed on the app', async () => {
    await using app = await against(() => {});
    const interrupt = new AbortController();
    const call = app.client.call('getTodo', { params: { id: 1 }, signal: interrupt.signal });
    interrupt.abort(new Error('interrupted'));
    await assert.rejects(call, /interrupted/);
  });
});
