import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { SignJWT } from 'jose';
import { MockGitHub } from './github.ts';

const RUN = { name: 'Grade / day-13', head_sha: '3f9c2ab', external_id: '1', status: 'in_progress' };
const NOTE = { path: 'a.js', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'x' };
const output = (annotations: unknown[]) => ({ title: 't', summary: 's', annotations });

describe('the mock of GitHub', () => {
  test('takes what GitHub takes', async () => {
    await using mock = await MockGitHub.start();
    assert.equal(await request(mock, 'POST', '/check-runs', { ...RUN, output: output([NOTE]) }), 201);
    assert.equal(await request(mock, 'PATCH', '/check-runs/1', { status: 'completed', conclusion: 'neutral' }), 200);
    assert.equal(await request(mock, 'GET', '/commits/3f9c2ab/check-runs?filter=all&per_page=100'), 200);
    assert.equal(await request(mock, 'GET', '/check-runs/1/annotations'), 200);
  });

  for (const [name, method, path, body, says] of [
    ['an unknown field', 'POST', '/check-runs', { ...RUN, colour: 'red' }, /additional.*colour/],
    ['a field in a wrong place', 'POST', '/check-runs', { ...RUN, summary: 's' }, /additional.*summary/],
    ['a missing field', 'POST', '/check-runs', { name: 'x' }, /required.*head_sha/],
    ['a wrong value', 'POST', '/check-runs', { ...RUN, status: 'done' }, /status must be equal to one/],
    ['a wrong type', 'POST', '/check-runs', { ...RUN, name: 7 }, /name must be string/],
    ['a wrong time', 'POST', '/check-runs', { ...RUN, started_at: 'now' }, /date-time/],
    ['an end without a conclusion', 'PATCH', '/check-runs/1', { status: 'completed' }, /conclusion/],
    [
      '51 annotations',
      'PATCH',
      '/check-runs/1',
      { output: output(Array.from({ length: 51 }, () => NOTE)) },
      /50 items/,
    ],
    ['an annotation without a line', 'PATCH', '/check-runs/1', { output: output([{ path: 'a.js' }]) }, /start_line/],
    ['a line 0', 'PATCH', '/check-runs/1', { output: output([{ ...NOTE, start_line: 0 }]) }, /lines start at 1/],
    [
      'an unknown file',
      'PATCH',
      '/check-runs/1',
      { output: output([{ ...NOTE, path: 'b.js' }]) },
      /not in the repository/,
    ],
    ['a long title', 'PATCH', '/check-runs/1', { output: output([{ ...NOTE, title: 'x'.repeat(256) }]) }, /255/],
    ['a long summary', 'PATCH', '/check-runs/1', { output: { title: 't', summary: 'x'.repeat(65_536) } }, /65535/],
    ['a summary of too many bytes', 'PATCH', '/check-runs/1', { output: { summary: '長'.repeat(30_000) } }, /bytes/],
    ['a long label', 'PATCH', '/check-runs/1', { actions: [action({ label: 'x'.repeat(21) })] }, /20 characters/],
    [
      'a long description',
      'PATCH',
      '/check-runs/1',
      { actions: [action({ description: 'x'.repeat(41) })] },
      /40 characters/,
    ],
    [
      'a long identifier',
      'PATCH',
      '/check-runs/1',
      { actions: [action({ identifier: 'x'.repeat(21) })] },
      /20 characters/,
    ],
    ['an unknown parameter', 'GET', '/commits/3f9c2ab/check-runs?colour=red', undefined, /colour/],
    ['a wrong parameter', 'GET', '/commits/3f9c2ab/check-runs?filter=some', undefined, /filter must be equal/],
  ] as const) {
    test(`refuses ${name}`, async () => {
      await using mock = await MockGitHub.start({ files: ['a.js'] });
      assert.equal(await request(mock, method, path, body), 422);
      assert.match(mock.violations.splice(0).join('\n'), says);
    });
  }

  test('gives tokens to the App alone, for installations that it has', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await using mock = await MockGitHub.start({ app: { id: 12, publicKey, installations: { 7: 'token-7' } } });
    const jwt = (seconds: number, issuer = '12') =>
      new SignJWT()
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuer(issuer)
        .setIssuedAt()
        .setExpirationTime(`${seconds} s`)
        .sign(privateKey);
    const ask = async (authorization: string, installation: number, body?: object) => {
      const response = await fetch(`${mock.url}/app/installations/${installation}/access_tokens`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return [response.status, ((await response.json()) as { token?: string }).token];
    };
    const good = `bearer ${await jwt(600)}`;
    assert.deepEqual(await ask(good, 7, { permissions: { checks: 'write' } }), [201, 'token-7']);
    assert.deepEqual(await ask(good, 8), [404, undefined]);
    for (const wrong of ['token token-1', `bearer ${await jwt(3600)}`, `bearer ${await jwt(600, '13')}`])
      assert.deepEqual(await ask(wrong, 7), [401, undefined]);
    assert.deepEqual(await ask(good, 7, { colour: 'red' }), [422, undefined]);
    assert.deepEqual(await ask(good, 7, { permissions: { checks: 'all' } }), [422, undefined]);
    assert.match(mock.violations.splice(0).join('\n'), /additional.*colour[\s\S]*checks must be equal/);
  });

  test('fails the test in which a request was wrong', async () => {
    const mock = await MockGitHub.start();
    await request(mock, 'POST', '/nowhere', {});
    await assert.rejects(mock[Symbol.asyncDispose](), /GitHub would not take/);
  });
});

function action(more: object): object {
  return { label: 'l', description: 'd', identifier: 'i', ...more };
}

async function request(mock: MockGitHub, method: string, path: string, body?: object): Promise<number> {
  const response = await fetch(`${mock.url}/repos/school/shop-api${path}`, {
    method,
    headers: { authorization: 'token token-1', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}
