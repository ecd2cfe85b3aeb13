import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeOf } from './answer-judge.ts';

const list = { status: [200], body: { items: { $every: { category: 'tea' } } }, mayBeEmpty: false };

describe('an answer under load', () => {
  const judge = judgeOf(list);
  const right = JSON.stringify({ items: [{ category: 'tea', name: 'Assam' }] });

  test('is right when status and body are', () => {
    assert.equal(judge(200, right), undefined);
    assert.equal(judge(200, right), undefined);
  });

  const wrong: [name: string, status: number, body: string, fault: RegExp][] = [
    ['a fast 429', 429, '{"error":"slow down"}', /^status 429$/],
    ['a right body with a wrong status', 500, right, /^status 500$/],
    ['an empty 200', 200, '', /empty body/],
    ['a cached error', 200, '{"error":"database is down"}', /items/],
    ['another operation’s answer', 200, '{"items":[{"category":"coffee"}]}', /category.*tea.*coffee/],
    ['HTML', 200, '<h1>items</h1>', /not JSON/],
  ];
  for (const [name, status, body, fault] of wrong) {
    test(`is wrong when it is ${name}`, () => assert.match(judge(status, body) ?? '', fault));
  }

  test('is still looked at after many different ones', () => {
    const busy = judgeOf(list);
    for (let i = 0; i < 200; i++)
      assert.equal(busy(200, JSON.stringify({ items: [{ category: 'tea', i }] })), undefined);
    assert.match(busy(200, '{"items":[{"category":"coffee"}]}') ?? '', /coffee/);
  });

  test('may be empty where the rubric says so', () => {
    assert.equal(judgeOf({ status: [204], mayBeEmpty: true })(204, ''), undefined);
  });
});
