import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { check } from './command.ts';

describe('parameters of command', () => {
  const issues = (params: unknown) =>
    (check.params.safeParse(params) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  const broken: [unknown, RegExp][] = [
    [{ steps: [] }, /^steps: /],
    [{ steps: [{}] }, /^steps\.0: one of "run", /],
    [{ steps: [{ run: 'a', remove: 'b' }] }, /^steps\.0\.remove: "run" and "remove" can't stand together/],
    [{ steps: [{ run: 'a', argz: [] }] }, /argz/],
    [{ steps: [{ run: 'a', times: 3 }] }, /"times" and "together: true" go together/],
    [{ steps: [{ run: 'a', together: true }] }, /"times" and "together: true" go together/],
    [{ steps: [{ remove: 'a', args: ['x'] }] }, /^steps\.0\.args: "args" can't stand in a step with "remove"/],
    [{ steps: [{ remove: '../a' }] }, /^steps\.0\.remove: a path is relative/],
    [{ steps: [{ write: { file: '/etc/x', content: '' } }] }, /^steps\.0\.write\.file: a path is relative/],
    [{ steps: [{ write: { file: 'x' } }] }, /^steps\.0\.write: one of "content", "json" is needed/],
    [{ steps: [{ file: { path: 'x', absent: true, text: 'y' } }] }, /^steps\.0\.file\.text: /],
    [{ steps: [{ repeat: 2 }] }, /"repeat" needs "steps"/],
    [
      { steps: [{ repeat: 2, steps: [{ run: 'a', expect: { exit: 'zero' } }] }] },
      /^steps\.0\.steps\.0\.expect\.exit: /,
    ],
    [
      { steps: [{ run: 'a', expect: { stdout: { $nope: 1 } } }] },
      /^steps\.0\.expect\.stdout\.\$nope: unknown operator/,
    ],
    [{ steps: [{ run: 'a', args: ['{{b}}'] }] }, /^steps\.0\.args\.0: \{\{b\}\} names nothing/],
    [{ steps: [{ run: 'a', fileSizeLimit: 100 }] }, /^steps\.0\.fileSizeLimit: /],
    [
      { steps: [{ serve: { run: 'a', steps: [{ call: 'x' }] } }] },
      /^steps\.0\.serve\.steps\.0\.call: a program has no contract/,
    ],
    [{ steps: [{ serve: { run: 'a', steps: [{ request: 'GET /{{x}}' }] } }] }, /^steps\.0\.serve\.steps\.0\.request: /],
  ];
  for (const [params, message] of broken) {
    test(`refuses ${JSON.stringify(params)}`, () => assert.match(issues(params) ?? 'nothing', message));
  }

  test('names every program that is run', () => {
    const params = check.params.parse({
      steps: [
        { run: 'a' },
        { together: [{ run: 'b' }, { run: 'c' }] },
        { repeat: 2, steps: [{ serve: { run: 'd', steps: [{ request: 'GET /' }] } }] },
      ],
    });
    assert.deepEqual(check.programs?.(params), ['a', 'b', 'c', 'd']);
  });
});
