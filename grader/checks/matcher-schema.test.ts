import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { TemplateError } from '../target/template.ts';
import { Values } from '../target/values.ts';
import { match } from './matcher.ts';
import { fillMatcher, matcherSchema } from './matcher-schema.ts';

const issues = (matcher: unknown) =>
  z
    .strictObject({ body: matcherSchema })
    .safeParse({ body: matcher })
    .error?.issues.map(({ path, message }) => [path.join('.'), message]) ?? [];

describe('matcherSchema', () => {
  test('takes what the language knows', () => {
    for (const good of [
      1,
      null,
      {},
      [],
      { a: { $type: ['id', 'null'] }, b: [{ $gte: 1, $lte: 2 }] },
      { $any: [{ $matches: '^a' }, { $not: { $contains: 'x' } }] },
      { $sorted: { by: 'a.b', order: 'desc' } },
      { $length: { $gt: 2 } },
      { $gte: '{{price}}' },
      { $matches: '^{{title}}$' },
      { $equals: { $literal: 1 } },
      { $absent: true },
    ]) {
      assert.deepEqual(issues(good), [], JSON.stringify(good));
    }
  });

  const broken: [matcher: unknown, path: string, message: RegExp][] = [
    [{ items: [{ id: { $tpye: 'id' } }] }, 'body.items.0.id.$tpye', /unknown operator \$tpye/],
    [{ $type: 'uuid' }, 'body.$type', /\$type is one of string, number/],
    [{ $matches: '(' }, 'body.$matches', /not a regular expression/],
    [{ $matches: '(?=look)' }, 'body.$matches', /not a regular expression/],
    [{ $matches: 5 }, 'body.$matches', /is text/],
    [{ $gt: 'five' }, 'body.$gt', /compared with a number/],
    [{ $any: 'x' }, 'body.$any', /list of matchers/],
    [{ $all: [] }, 'body.$all', /list of matchers/],
    [{ $oneOf: 'x' }, 'body.$oneOf', /list of values/],
    [{ $absent: 'yes' }, 'body.$absent', /true or false/],
    [{ $exists: 1 }, 'body.$exists', /true or false/],
    [{ $sorted: { by: 'x', direction: 'asc' } }, 'body.$sorted', /looks like/],
    [{ a: 1, $exists: true }, 'body.$exists', /can't stand beside plain keys/],
    [{ $not: { $every: { $nope: 1 } } }, 'body.$not.$every.$nope', /unknown operator/],
    [{ $any: [1, { $nope: 1 }] }, 'body.$any.1.$nope', /unknown operator/],
  ];
  for (const [matcher, path, message] of broken) {
    test(`refuses ${JSON.stringify(matcher)}`, () => {
      const [issue, ...more] = issues(matcher);
      assert.deepEqual(more, []);
      assert.equal(issue?.[0], path);
      assert.match(issue?.[1] ?? '', message);
    });
  }
});

describe('fillMatcher', () => {
  const values = new Values('seed', 'test');
  const fillIn = (matcher: unknown, variables: Record<string, unknown>) => fillMatcher(matcher, variables, values);

  test('fills templates wherever they stand, keeping types', () => {
    assert.deepEqual(fillIn({ id: '{{id}}', list: ['a {{name}}', { $gte: '{{id}}' }], n: 1 }, { id: 7, name: 'b' }), {
      id: 7,
      list: ['a b', { $gte: 7 }],
      n: 1,
    });
  });

  test('a saved value is data, also when it looks like an operator', () => {
    const matcher = fillIn({ id: '{{id}}' }, { id: { $exists: true } });
    assert.notDeepEqual(match(matcher, { id: 'anything' }), []);
    assert.deepEqual(match(matcher, { id: { $exists: true } }), []);
  });

  test('a saved value in a regular expression is taken literally', () => {
    const matcher = fillIn({ $matches: '^{{word}}$' }, { word: '.*(' });
    assert.deepEqual(match(matcher, '.*('), []);
    assert.notDeepEqual(match(matcher, 'anything'), []);
  });

  test('a template that names nothing is an error of the rubric', () => {
    assert.throws(() => fillIn({ id: '{{nope}}' }, {}), TemplateError);
  });
});
