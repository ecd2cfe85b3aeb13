import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import type { SubmissionFiles } from '../../target/target.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './source-file.ts';

const files = {
  'package.json': JSON.stringify({
    name: 'todo',
    dependencies: { express: '^5', bcryptjs: '^3' },
    scripts: { test: 'jest' },
  }),
  'src/index.js':
    "import express from 'express';\nimport { hash } from 'bcryptjs';\nconst secret = process.env.JWT_SECRET;\n",
  'src/legacy.cjs':
    "// const knex = require('knex');\n * require('pg')\nconst fastify = require ( 'fastify/lib/x' );\n",
  'load/deep/list.yml': 'phases:\n  - arrivalRate: 50\n',
  'load/other.yml': 'nothing\n',
  'README.md': '# Todo\n\nRun `npm start`.\n',
  'broken.json': '{"a": ',
};
const run = async (params: unknown, changes: Record<string, string> = {}) => {
  await using bed = await testbed({ files: { ...files, ...changes } });
  return await bed.run(check, params);
};

describe('source-file', () => {
  const good: [string, unknown][] = [
    ['a file that is there', { any: 'README.md', exists: true }],
    ['one of several', { any: ['NOPE.md', 'README.md'] }],
    ['a glob', { any: ['load/**/*.{yml,yaml}'] }],
    ['JSON', { any: ['package.json'], json: { scripts: { test: { $exists: true } } } }],
    ['text', { any: ['README.md'], text: { $matches: '(?m)^Run' } }],
    ['text of the one file that has it', { any: ['load/**/*.yml'], text: { $contains: 'arrivalRate' } }],
    ['a package', { uses: { package: 'express' } }],
    ['one of several packages', { uses: { packages: ['argon2', 'bcryptjs'] } }],
    ['what is not there', { absent: { text: "JWT_SECRET\\s*=\\s*'", in: ['src/**'], message: 'no' } }],
  ];
  for (const [what, params] of good) {
    test(`finds ${what}`, async () => {
      const seen = await run(params);
      assert.deepEqual(failures(seen), []);
      assert.ok(seen.assertions.length > 0);
      assert.deepEqual(seen.positions, []);
    });
  }

  const bad: [string, unknown, string[], RegExp][] = [
    [
      'a file that is not there',
      { any: ['NOPE.md'], text: 'x' },
      ['NOPE.md is there', 'NOPE.md holds the right text'],
      /no such file/,
    ],
    ['JSON that is none', { any: ['broken.json'], json: {} }, ['broken.json holds the right JSON'], /JSON/],
    [
      'JSON with something else in it',
      { any: ['package.json'], json: { name: 'shop' } },
      ['package.json holds the right JSON'],
      /package\.json\.name: "todo"/,
    ],
    [
      'text that lacks something',
      { any: ['README.md'], text: { $contains: 'docker' } },
      ['README.md holds the right text'],
      /# Todo/,
    ],
    [
      'a package that is neither listed nor imported',
      { uses: { package: 'koa' } },
      ['package.json lists koa', 'the source imports koa'],
      /express/,
    ],
    [
      'a package that is imported without being listed',
      { uses: { package: 'fastify' } },
      ['package.json lists fastify'],
      /express, bcryptjs/,
    ],
    [
      'a package in a comment',
      { uses: { packages: ['knex', 'pg'] } },
      ['package.json lists one of knex, pg', 'the source imports one of knex, pg'],
      /express/,
    ],
  ];
  for (const [what, params, titles, received] of bad) {
    test(`tells ${what}`, async () => {
      const seen = await run(params);
      assert.deepEqual(failures(seen), titles);
      assert.match(seen.assertions.find(({ ok }) => !ok)?.received ?? '', received);
    });
  }

  test('a package that is listed but not imported', async () => {
    const seen = await run(
      { uses: { package: 'express' } },
      { 'src/index.js': "const app = 'express'; // from 'express-session'\nimport x from 'express-session';" },
    );
    assert.deepEqual(failures(seen), ['the source imports express']);
  });

  test('what should not be there is told with file, line and column', async () => {
    const seen = await run(
      { absent: { text: "secret\\s*=\\s*'", in: ['**/*.js'], message: 'a secret is written here' } },
      { 'src/index.js': "\n\nlet x; const secret = 'abc';\n  var secret='x'\n", 'lib/a.js': "secret = ''" },
    );
    assert.deepEqual(failures(seen), ['nothing in **/*.js is there that should not be']);
    assert.deepEqual(seen.positions, [
      { file: 'lib/a.js', line: 1, column: 1, message: 'a secret is written here' },
      { file: 'src/index.js', line: 3, column: 14, message: 'a secret is written here' },
      { file: 'src/index.js', line: 4, column: 7, message: 'a secret is written here' },
    ]);
  });

  test("an app in a folder of its own: its files first, then those of the root; other folders don't count", async () => {
    await using bed = await testbed();
    const of = (all: Record<string, string>): SubmissionFiles => ({
      appFolder: 'day-13',
      list: async () => Object.keys(all).toSorted(),
      read: async (path) => all[path],
    });
    const tree = of({
      'day-13/package.json': '{"dependencies":{}}',
      'package.json': '{"dependencies":{"pg":"8"}}',
      'README.md': 'root',
      'day-12/secret.js': "secret = 'x'",
      'day-13/a.js': "import pg from 'pg'",
    });
    const look = async (params: unknown) => {
      const context = bed.context();
      await check.run({ ...context, target: { ...context.target, files: tree } }, check.params.parse(params));
      return failures(context.record.observation());
    };
    assert.deepEqual(await look({ any: ['README.md'], text: 'root' }), []);
    assert.deepEqual(await look({ absent: { text: 'secret', in: '**/*.js', message: 'm' } }), []);
    assert.deepEqual(await look({ absent: { text: 'pg', in: '*.js', message: 'm' } }), [
      'nothing in *.js is there that should not be',
    ]);
    assert.deepEqual(await look({ any: 'package.json', json: { dependencies: { pg: '8' } } }), [
      'package.json holds the right JSON',
    ]);
  });

  test('hostile files: prototypes, depth, long lines, thousands of hits', async () => {
    const seen = await run(
      {
        any: 'deep.json',
        json: { $equals: [] },
        uses: { package: 'express' },
        absent: { text: '(a+)+$|x', in: '**/*', message: 'm' },
      },
      {
        'deep.json': '['.repeat(400_000),
        'package.json': '{"__proto__": {"dependencies": {"express": 1}}, "dependencies": null}',
        'long.js': `${'a'.repeat(300_000)}!\n${'x'.repeat(5000)}`,
      },
    );
    assert.deepEqual(failures(seen).slice(0, 2), ['deep.json holds the right JSON', 'package.json lists express']);
    assert.ok(seen.positions.length < 200);
  });
});

describe('parameters of source-file', () => {
  const issues = (params: unknown) =>
    (check.params.safeParse(params) as { error?: z.ZodError }).error?.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  const broken: [unknown, RegExp][] = [
    [{}, /one of "any", "uses", "absent" is needed/],
    [{ text: 'x' }, /^text: "text" needs "any"/],
    [{ any: [] }, /^any/],
    [{ any: 'x', json: { $x: 1 } }, /^json\.\$x: unknown operator/],
    [{ absent: { text: '(', in: ['*'], message: 'm' } }, /^absent\.text: not a regular expression/],
    [{ absent: { text: 'a', message: 'm' } }, /^absent\.in/],
    [{ uses: { package: '../x' } }, /^uses/],
  ];
  for (const [params, message] of broken) {
    test(`refuses ${JSON.stringify(params)}`, () => assert.match(issues(params) ?? 'nothing', message));
  }
});
