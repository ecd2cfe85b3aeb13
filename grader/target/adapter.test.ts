import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adaptAnswer, adaptBody, adaptRequest, cookieIn } from './adapter.ts';

describe('an answer in the contract’s words', () => {
  const todo = { id: 1, title: 'a', done: false };
  for (const [title, gives, json, expected] of [
    ['as it is', { envelope: '', names: {} }, todo, todo],
    ['out of its envelope', { envelope: 'data', names: {} }, { success: true, data: todo }, todo],
    ['out of two envelopes', { envelope: 'data.todo', names: {} }, { status: 'ok', data: { todo } }, todo],
    ['bare, though others are wrapped', { envelope: 'data', names: {} }, todo, todo],
    [
      'with its fields renamed',
      { envelope: '', names: { id: '_id', title: 'task' } },
      { _id: 'x', task: 'a', done: false },
      { id: 'x', title: 'a', done: false },
    ],
    [
      'a list, with each thing renamed',
      { envelope: 'todos', names: {}, items: { id: '_id' } },
      { todos: [{ _id: 1 }, { _id: 2 }] },
      [{ id: 1 }, { id: 2 }],
    ],
    [
      'a page whose numbers stand elsewhere',
      {
        envelope: '',
        names: { items: '^data', page: '^pagination.page', total: '^pagination.count' },
        items: { id: '_id' },
      },
      { data: [{ _id: 1 }], pagination: { page: 2, count: 5 } },
      { pagination: { page: 2, count: 5 }, items: [{ id: 1 }], page: 2, total: 5 },
    ],
    [
      'a name put together',
      { envelope: 'user', names: {}, joins: { name: ['firstName', 'lastName'] } },
      { user: { firstName: 'Ada', lastName: 'L' } },
      { firstName: 'Ada', lastName: 'L', name: 'Ada L' },
    ],
  ] as const) {
    test(title, () => assert.deepEqual(adaptBody(gives, json), expected));
  }

  test('a password beside or in the envelope stays in sight', () => {
    const gives = { envelope: 'data', names: { id: '_id' } };
    assert.deepEqual(adaptBody(gives, { message: 'made', password: 'x', data: { _id: 1 } }), { password: 'x', id: 1 });
    assert.deepEqual(adaptBody(gives, { data: { _id: 1, password: 'x' } }), { password: 'x', id: 1 });
  });

  test('a field that has the contract’s name is not overwritten', () => {
    assert.deepEqual(adaptBody({ envelope: '', names: { id: '_id' } }, { id: 1, _id: 2 }), { id: 1, _id: 2 });
  });

  test('an error keeps its status and fields, and is offered under the contract’s name', () => {
    const answer = { status: 404, headers: {}, text: '', json: { data: 1, message: 'no such todo' } };
    assert.deepEqual(adaptAnswer({ envelope: 'data', names: {} }, answer, 'message'), {
      data: 1,
      message: 'no such todo',
      error: 'no such todo',
    });
    assert.equal(adaptAnswer(undefined, { ...answer, json: undefined }, 'message'), undefined);
  });

  test('a token that is not in the JSON', () => {
    const gives = (where: object) => ({ envelope: '', names: {}, outside: { token: where as { in: 'text' } } });
    const answer = { status: 200, headers: {}, text: 'ey.a.b', json: undefined };
    assert.deepEqual(adaptAnswer(gives({ in: 'text' }), answer), { token: 'ey.a.b' });
    const headers = { authorization: 'Bearer ey', 'set-cookie': 'sid=1; Path=/\njwt=ey%2Eb; HttpOnly' };
    const other = { ...answer, headers, json: { ok: true } };
    assert.deepEqual(adaptAnswer(gives({ in: 'header', name: 'authorization' }), other), { ok: true, token: 'ey' });
    assert.deepEqual(adaptAnswer(gives({ in: 'cookie', name: 'jwt' }), other), { ok: true, token: 'ey.b' });
    assert.equal(cookieIn(undefined, 'jwt'), undefined);
  });

  test('__proto__ of an answer is a field like any other', () => {
    const json: unknown = JSON.parse('{"__proto__":{"admin":true},"data":{"_id":1}}');
    const adapted = adaptBody({ envelope: 'data', names: { id: '_id' } }, json) as { admin?: boolean };
    assert.equal(adapted.admin, undefined);
  });
});

describe('a request in the app’s words', () => {
  const takes = {
    names: { title: 'task' },
    adds: {
      priority: { value: 1 },
      confirmPassword: { copy: 'password' },
      firstName: { word: 'first', of: 'name' },
      lastName: { word: 'last', of: 'name' },
      username: { local: 'email' },
    },
  } as const;

  test('fields are renamed and added', () => {
    const body = { title: 'a', password: 'p', name: 'Ada King', email: 'ada.k@example.com' };
    assert.deepEqual(adaptRequest(takes, body), {
      task: 'a',
      password: 'p',
      name: 'Ada King',
      email: 'ada.k@example.com',
      priority: 1,
      confirmPassword: 'p',
      firstName: 'Ada',
      lastName: 'King',
      username: 'adak',
    });
  });

  test('what a check leaves out stays out, and what is no object goes as it is', () => {
    assert.deepEqual(adaptRequest(takes, {}), { priority: 1 });
    assert.deepEqual(adaptRequest(takes, []), []);
    assert.equal(adaptRequest(takes, 'text'), 'text');
  });
});
