import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { UsageError } from './errors.ts';
import { parseYaml, readYaml, showPath } from './yaml.ts';

const schema = z.strictObject({
  title: z.string(),
  points: z.number().positive(),
  score: z.union([z.enum(['pass', 'ratio']), z.strictObject({ metric: z.string() })]).optional(),
  names: z.record(z.string().regex(/^[a-z]+$/, 'lower case only'), z.string()).optional(),
});

describe('parseYaml', () => {
  test('gives the validated data and can locate keys and values', () => {
    const { data, document } = parseYaml('title: A\npoints: 5\nnames:\n  left: x\n', 'a.yaml', schema);
    assert.deepEqual(data, { title: 'A', points: 5, names: { left: 'x' } });
    assert.deepEqual(document.locate(['points']), { line: 2, column: 9 });
    assert.deepEqual(document.locate(['names', 'left'], 'key'), { line: 4, column: 3 });
    assert.deepEqual(document.locate(['names', 'right']), { line: 4, column: 3 });
  });

  test('lists every problem with file, line, column and path, in order', () => {
    assert.deepEqual(problems('title: 7\nextra: 1\npoints: -1\n'), [
      'a.yaml:1:8  title: Invalid input: expected string, received number',
      'a.yaml:2:1  unknown key "extra"',
      'a.yaml:3:9  points: Too small: expected number to be >0',
    ]);
  });

  test('a missing key is reported at the start of the object that lacks it', () => {
    assert.deepEqual(problems('# first\ntitle: A\n'), [
      'a.yaml:2:1  points: Invalid input: expected number, received undefined',
    ]);
  });

  test('a union is explained by the branch that fits best', () => {
    assert.deepEqual(problems('title: A\npoints: 1\nscore: { metric: x, zero: 1 }\n'), [
      'a.yaml:3:21  score: unknown key "zero"',
    ]);
    assert.deepEqual(problems('title: A\npoints: 1\nscore: 5\n'), ['a.yaml:3:8  score: Invalid input']);
  });

  test('a key that breaks its rule is reported at the key', () => {
    assert.deepEqual(problems('title: A\npoints: 1\nnames:\n  ok: a\n  NOT: b\n'), [
      'a.yaml:5:3  names.NOT: lower case only',
    ]);
  });

  test('an empty document is a problem of the whole document', () => {
    assert.deepEqual(problems(''), ['a.yaml:1:1  Invalid input: expected object, received undefined']);
  });
});

describe('readYaml', () => {
  test('broken YAML is named with line and column', () => {
    assert.deepEqual(problems('title: A\n  points: [1\n').length > 0, true);
    assert.match(problems('title: [1\n')[0] ?? '', /^a\.yaml:\d+:\d+ {2}\S/);
  });

  test('a key given twice is an error', () => {
    assert.deepEqual(problems('title: A\ntitle: B\n'), ['a.yaml:2:1  Map keys must be unique']);
  });

  test('a tag that is not known is an error', () => {
    assert.match(problems('title: !!js/function "x"\n')[0] ?? '', /^a\.yaml:1:8 .*tag/i);
  });

  test('aliases that would grow without bound are refused', () => {
    const laughs = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`),
    ];
    assert.match(problems(laughs.join('\n'))[0] ?? '', /alias/i);
  });

  test('a key named __proto__ stays data', () => {
    const { value } = readYaml('__proto__: { polluted: true }\n', 'a.yaml');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });
});

test('showPath writes indexes in brackets', () => {
  assert.equal(showPath(['criteria', 2, 'with', 'steps', 0]), 'criteria[2].with.steps[0]');
});

function problems(text: string): string[] {
  try {
    parseYaml(text, 'a.yaml', schema);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message.split('\n');
  }
  throw new assert.AssertionError({ message: 'the text was accepted' });
}
