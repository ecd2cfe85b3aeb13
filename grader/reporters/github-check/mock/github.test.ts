import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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
