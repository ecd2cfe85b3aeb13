import { connect } from 'node:net';

/**
 * Whether something at `origin` speaks HTTP: `answers`, `silent` (it takes connections, but no HTTP answer
 * came in time), or `refused`. Sends GET / and reads no more than the first bytes of the answer.
 */
export async function probe(
  origin: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<'answers' | 'silent' | 'refused'> {
  const answer = await send(
    origin,
    'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n',
    timeoutMs,
    signal,
  );
  if (answer !== 'silent') return answer;
  // A handler of GET / that never answers does not make the app dead: the parser of every HTTP server
  // refuses a malformed request by itself.
  return send(origin, 'GRADE\r\n\r\n', timeoutMs, signal);
}

async function send(
  origin: string,
  request: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<'answers' | 'silent' | 'refused'> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    let connected = false;
    let received = '';
    const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port || 80), signal });
    const end = (result: 'answers' | 'silent' | 'refused') => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => end(connected ? 'silent' : 'refused'));
    socket.once('connect', () => {
      connected = true;
      socket.write(request);
    });
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.startsWith('HTTP/1.')) end('answers');
      else if (received.length > 16) end('silent');
    });
    socket.once('error', () => end(connected ? 'silent' : 'refused'));
    socket.once('close', () => end(connected ? 'silent' : 'refused'));
  });
}
