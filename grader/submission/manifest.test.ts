import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UsageError } from '../platform/errors.ts';
import { parseManifest } from './manifest.ts';

describe('parseManifest', () => {
  test('takes all keys; numbers and booleans become text in env', () => {
    const text =
      'path: packages/api\nstart: npm start\nbuild: npm run build\nport: 4000\nenv: { LIMIT: 5, DEBUG: true, NAME: x }\nroutes: { createTodo: POST /api/todos }\ncommands: { todo: node cli.js }\n';
    assert.deepEqual(parseManifest(text).manifest, {
      path: 'packages/api',
      start: 'npm start',
      build: 'npm run build',
      port: 4000,
      env: { LIMIT: '5', DEBUG: 'true', NAME: 'x' },
      routes: { createTodo: 'POST /api/todos' },
      commands: { todo: 'node cli.js' },
    });
  });

  test('an empty file, or one of comments, says nothing', () => {
    assert.deepEqual(parseManifest('').manifest, {});
    assert.deepEqual(parseManifest('# start: node x\n\n').manifest, {});
  });

  for (const [title, text, message] of [
    ['an unknown key', 'start: node a\nstrat: b\n', 'grade.yaml:2:1  unknown key "strat"'],
    ['a port out of range', 'port: 70000\n', 'grade.yaml:1:7  port: '],
    ['a path that leaves the repository', 'path: a/../../b\n', 'grade.yaml:1:7  path: must not leave the repository'],
    ['an absolute path', 'path: /etc\n', 'grade.yaml:1:7  path: must be relative to the repository'],
    [
      'a reserved variable',
      'env:\n  OK: 1\n  NODE_OPTIONS: --require x\n',
      'grade.yaml:3:3  env.NODE_OPTIONS: is a variable that a submission may not set',
    ],
    ['another one', 'env:\n  ld_preload: x\n', 'grade.yaml:2:3  env.ld_preload: is a variable'],
    ['a command of several lines', 'start: |\n  a\n  b\n', 'grade.yaml:1:8  start: a command is one line'],
    ['broken YAML', 'start: [\n', 'grade.yaml:'],
  ] as const) {
    test(`${title} is an error with its place`, () => {
      assert.throws(
        () => parseManifest(text),
        (error: unknown) => error instanceof UsageError && error.message.startsWith(message),
      );
    });
  }
});
