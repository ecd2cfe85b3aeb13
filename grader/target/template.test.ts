import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at, fill, TemplateError } from './template.ts';
import { Values } from './values.ts';

const values = () => new Values('seed', 'scope');

describe('templates', () => {
  test('a string that is one template keeps the type of what it names', () => {
    assert.deepEqual(fill({ price: '{{price}}', list: ['{{ok}}'] }, { price: 9.5, ok: true }, values()), {
      price: 9.5,
      list: [true],
    });
  });

  test('templates inside a string become text', () => {
    assert.equal(fill('/todos/{{todo.id}}?n={{n}}', { todo: { id: 'a1' }, n: 2 }, values()), '/todos/a1?n=2');
  });

  test('what is no string is left alone', () => {
    assert.deepEqual(fill([1, null, true], {}, values()), [1, null, true]);
  });

  test('random values differ from each other and repeat with the seed', () => {
    const draw = () => fill(['{{random.email}}', '{{random.email}}'], {}, values());
    const [first, second] = draw();
    assert.notEqual(first, second);
    assert.deepEqual(draw(), [first, second]);
  });

  test('a name that is not known is an error that says what is', () => {
    assert.throws(
      () => fill('{{tood}}', { todo: 1 }, values()),
      (error: unknown) => error instanceof TemplateError && /known here are todo/.test(error.message),
    );
  });

  test('inherited properties are not reachable', () => {
    assert.equal(at({}, 'constructor.name'), undefined);
    assert.equal(at({ a: { b: [{ c: 1 }] } }, 'a.b[0].c'), 1);
    assert.equal(at({ a: { b: [{ c: 1 }] } }, 'a.b.0.c'), 1);
    assert.equal(at('text', 'length'), undefined);
  });
});

describe('values', () => {
  test('a scope’s values do not depend on what another scope drew', () => {
    const draw = (scope: string) => new Values('seed', scope).phrase();
    assert.equal(draw('a'), draw('a'));
    assert.notEqual(draw('a'), draw('b'));
  });

  test('whole numbers cover both ends', () => {
    const source = values();
    const seen = new Set(Array.from({ length: 200 }, () => source.int(1, 3)));
    assert.deepEqual([...seen].toSorted(), [1, 2, 3]);
  });
});
