import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adaptBody } from './adapter.ts';
import { learnShape, type Wanted } from './learn-shape.ts';

const FREE = { envelope: true, names: true };
const TODO = { id: 'id', title: 'string', done: 'boolean' };
const USER = { id: 'id', name: 'string', email: 'email', role: 'string' };

describe('the shape of an answer', () => {
  const table: [title: string, wanted: Wanted, json: unknown, adapted: unknown][] = [
    ['bare', { gives: TODO }, { id: 1, title: 'a', done: false }, { id: 1, title: 'a', done: false }],
    [
      '{ success, data }',
      { gives: TODO },
      { success: true, data: { id: 1, title: 'a', done: false } },
      { id: 1, title: 'a', done: false },
    ],
    [
      '{ message, todo } with _id and completed',
      { gives: TODO },
      { message: 'made', todo: { _id: 'x', title: 'a', completed: false, __v: 0 } },
      { title: 'a', __v: 0, id: 'x', done: false },
    ],
    [
      '{ status, result }',
      { gives: TODO, noun: 'todo' },
      { status: 'success', result: { todoId: 4, task: 'a', isDone: true } },
      { id: 4, title: 'a', done: true },
    ],
    [
      'a field known by its value',
      { gives: TODO, sent: { title: 'amber anchor 1234' } },
      { id: 1, label: 'amber anchor 1234', done: false },
      { id: 1, done: false, title: 'amber anchor 1234' },
    ],
    [
      'a list in data.todos',
      { gives: undefined, items: TODO },
      { data: { todos: [{ _id: 1, task: 'a', done: true }] } },
      [{ done: true, id: 1, title: 'a' }],
    ],
    ['an empty list', { gives: undefined, items: TODO }, { count: 0, todos: [] }, []],
    [
      'the longer list is not the list',
      { gives: undefined, items: TODO },
      { tags: ['a', 'b'], todos: [{ id: 1, title: 'a', done: true }] },
      [{ id: 1, title: 'a', done: true }],
    ],
    [
      'a page with pagination beside',
      { gives: { items: 'array', page: 'integer', limit: 'integer', total: 'integer' }, items: TODO },
      { data: [{ id: 1, title: 'a', done: true }], pagination: { currentPage: 1, pageSize: 10, total: 3 } },
      {
        pagination: { currentPage: 1, pageSize: 10, total: 3 },
        items: [{ id: 1, title: 'a', done: true }],
        page: 1,
        limit: 10,
        total: 3,
      },
    ],
    [
      'an accessToken',
      { gives: { token: 'string' } },
      { user: { id: 1 }, accessToken: 't' },
      { user: { id: 1 }, token: 't' },
    ],
    ['data.token', { gives: { token: 'string' } }, { success: true, data: { token: 't' } }, { token: 't' }],
    [
      'a token two levels down under another name',
      { gives: { token: 'string' } },
      { data: { user: { id: 1 }, tokens: { access_token: 't' } } },
      { user: { id: 1 }, token: 't' },
    ],
    [
      'a name in two parts',
      { gives: USER },
      { user: { id: 1, firstName: 'Ada', lastName: 'King', email: 'a@b.c', role: 'user' } },
      { id: 1, firstName: 'Ada', lastName: 'King', email: 'a@b.c', role: 'user', name: 'Ada King' },
    ],
    ['nothing like it', { gives: TODO }, { hello: 'world' }, { hello: 'world' }],
    ['no JSON', { gives: TODO }, undefined, undefined],
  ];
  for (const [title, wanted, json, adapted] of table)
    test(title, () => assert.deepEqual(adaptBody(learnShape(json, wanted, FREE), json), adapted));

  test('a wrong value under the right name is not looked for elsewhere', () => {
    const shape = learnShape({ id: 1, title: 'a', done: 'no', completed: true }, { gives: TODO }, FREE);
    assert.deepEqual(shape, { envelope: '', names: {} });
  });

  test('what may not vary is taken as it is', () => {
    const json = { data: { _id: 1, title: 'a', done: true } };
    assert.deepEqual(learnShape(json, { gives: TODO }, { envelope: false, names: true }).envelope, '');
    assert.deepEqual(learnShape(json, { gives: TODO }, { envelope: true, names: false }), {
      envelope: 'data',
      names: {},
    });
  });

  test('a list of a thing in the answer to a thing is not the thing', () => {
    const json = { id: 1, name: 'Ada', email: 'a@b.c', todos: [{ id: 2, title: 'x' }] };
    assert.deepEqual(learnShape(json, { gives: { ...USER, todos: 'array' } }, FREE), { envelope: '', names: {} });
  });
});
