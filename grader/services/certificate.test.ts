import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { selfSigned, serverCertificate } from './certificate.ts';

test('a certificate is good for its names and addresses, now, and vouches for itself', async () => {
  const { cert } = await selfSigned(['localhost', 'db', '*.example.com', '127.0.0.1', '::1', 'fd00::2:a']);
  const parsed = new X509Certificate(cert);
  assert.equal(
    parsed.subjectAltName,
    'DNS:localhost, DNS:db, DNS:*.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:2:A',
  );
  assert.ok(parsed.verify(parsed.publicKey));
  assert.equal(parsed.checkHost('a.example.com'), '*.example.com');
  assert.equal(parsed.checkHost('example.com'), undefined);
  assert.ok(parsed.validFromDate.getTime() < Date.now() && Date.now() < parsed.validToDate.getTime());
});

test('a client that trusts it connects, and another does not', async () => {
  const { key, cert } = await serverCertificate();
  const server = tls.createServer({ key, cert }, (socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    for (const servername of ['localhost', 'postgres', 'db', 'postgres_db']) {
      const socket = tls.connect({ port, host: '127.0.0.1', servername, ca: cert });
      const [word] = await once(socket, 'data');
      assert.equal(String(word), 'hello');
    }
    const stranger = tls.connect({ port, host: '127.0.0.1', servername: 'localhost' });
    await assert.rejects(once(stranger, 'secureConnect'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  } finally {
    server.close();
  }
});
