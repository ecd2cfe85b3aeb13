import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tempDir } from '../platform/temp-dir.ts';
import { causeIn } from './causes.ts';
import type { CauseKind } from './causes/cause.ts';
import { checkout } from './checkout.ts';
import { readFacts } from './facts.ts';
import { writeTree } from './runtimes/testbed.ts';

/** An app whose source has something to say of every cause. */
const FILES = {
  'package.json': `{
  "scripts": { "start": "npm run serve" },
  "engines": { "node": ">=20" },
  "dependencies": { "express": "^5.0.0", "bcrypt": "^5.0.0" }
}`,
  'src/server.js': `const mongoose = require('mongoose');
const Todo = require('./models/todo');
mongoose.connect('mongodb://127.0.0.1:27018/todos');
const token = jwt.sign({}, process.env.SIGNING);
const region = process.env.WAREHOUSE_REGION.toLowerCase();
require('morgan');
app.listen(4000);
`,
  'src/models/Todo.js': 'module.exports = {};',
  'src/db.mjs': "import { pool } from './pool';\nexport default pool;\n",
  'src/pool.mjs': 'export const pool = 1;',
};

/** The kind, what the words must have, and the first place; the lines are what Node and the libraries print. */
const CASES: readonly (readonly [CauseKind, RegExp, string | undefined, readonly string[]])[] = [
  [
    'missing-module',
    /the package "morgan", which package\.json does not list/,
    'src/server.js:6',
    ["Error: Cannot find module 'morgan'", 'Require stack:', '- /app/src/server.js'],
  ],
  [
    'missing-module',
    /asks for the file "src\/models\/todo", but the file’s name is src\/models\/Todo\.js/,
    'src/server.js:2',
    ["Error: Cannot find module './models/todo'", 'Require stack:', '- /tmp/grade-work-x/tree/src/server.js'],
  ],
  [
    'module-system',
    /imports "src\/pool" without the extension \(src\/pool\.mjs\)/,
    'src/db.mjs:1',
    ["Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/src/pool' imported from /app/src/db.mjs"],
  ],
  [
    'missing-build',
    /"dist\/server\.js", which a build makes/,
    undefined,
    ["Error: Cannot find module '/app/dist/server.js'"],
  ],
  [
    'missing-build',
    /Prisma client was not generated/,
    undefined,
    ['Error: @prisma/client did not initialize yet. Please run "prisma generate"'],
  ],
  [
    'syntax',
    /syntax error \(src\/server\.js:4\): Unexpected token '}'/,
    'src/server.js:4',
    ['/app/src/server.js:4', '}', '^', '', "SyntaxError: Unexpected token '}'"],
  ],
  [
    'module-system',
    /Node takes for CommonJS \(src\/server\.js:1\)/,
    'src/server.js:1',
    [
      '/app/src/server.js:1',
      "import express from 'express';",
      'SyntaxError: Cannot use import statement outside a module',
    ],
  ],
  [
    'module-system',
    /requires "chalk\/source\/index\.js", an ES module/,
    'src/server.js:2',
    [
      'Error [ERR_REQUIRE_ESM]: require() of ES Module /app/node_modules/chalk/source/index.js not supported',
      '    at Object.<anonymous> (/app/src/server.js:2:15)',
    ],
  ],
  [
    'module-system',
    /Node can’t run src\/server\.ts as it is/,
    undefined,
    ['TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension ".ts" for /app/src/server.ts'],
  ],
  [
    'missing-variable',
    /the variable WAREHOUSE_REGION is not set \(src\/server\.js:5\)/,
    'src/server.js:5',
    [
      "TypeError: Cannot read properties of undefined (reading 'toLowerCase')",
      '    at Object.<anonymous> (/app/src/server.js:5:44)',
    ],
  ],
  [
    'missing-variable',
    /the variable WAREHOUSE_REGION is not set/,
    'src/server.js:5',
    ['Error: Config validation error: "WAREHOUSE_REGION" is required'],
  ],
  [
    'missing-variable',
    /the variables STRIPE_WEBHOOK, MAIL_FROM are not set/,
    undefined,
    ['Missing environment variables:', '  STRIPE_WEBHOOK: undefined', '  MAIL_FROM: undefined'],
  ],
  [
    'missing-variable',
    /SIGNING is not set|no secret to sign with/,
    'src/server.js:4',
    [
      'Error: secretOrPrivateKey must have a value',
      '    at module.exports (/app/node_modules/jsonwebtoken/sign.js:111:20)',
      '    at Object.<anonymous> (/app/src/server.js:4:19)',
    ],
  ],
  [
    'missing-variable',
    /no URL of MongoDB/,
    undefined,
    [
      'MongooseError: The `uri` parameter to `openUri()` must be a string, got "undefined". Make sure the first parameter',
    ],
  ],
  [
    'missing-variable',
    /no password for Postgres/,
    undefined,
    ['Error: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'],
  ],
  [
    'service-refused',
    /MongoDB refused|a server refused the connection at 127\.0\.0\.1:27018 \(src\/server\.js:3\)/,
    'src/server.js:3',
    ['MongooseServerSelectionError: connect ECONNREFUSED 127.0.0.1:27018'],
  ],
  [
    'service-credentials',
    /user "postgres"/,
    'src/server.js:3',
    ['error: password authentication failed for user "postgres"'],
  ],
  [
    'missing-table',
    /the table "todos" is not in the database/,
    'src/server.js:3',
    ['error: relation "todos" does not exist'],
  ],
  [
    'port-in-use',
    /port 4000 is in use already \(src\/server\.js:7\)/,
    'src/server.js:7',
    ['Error: listen EADDRINUSE: address already in use :::4000'],
  ],
  [
    'native-module',
    /"bcrypt" has no native part/,
    undefined,
    ['Error: /app/node_modules/bcrypt/lib/binding/napi-v3/bcrypt_lib.node: invalid ELF header'],
  ],
  ['node-version', /package\.json asks for Node >=20/, undefined, ['node: bad option: --env-file-if-exists=.env']],
  ['missing-script', /no script "serve"/, 'package.json:2', ['npm error Missing script: "serve"']],
  ['missing-command', /the command "nodemon" is not there/, undefined, ['sh: 1: nodemon: not found']],
  [
    'unknown-host',
    /database in the cloud \("cluster0\.abc\.mongodb\.net"\)/,
    undefined,
    ['Error: querySrv ENOTFOUND _mongodb._tcp.cluster0.abc.mongodb.net'],
  ],
  [
    'error',
    /TypeError: boom \(src\/server\.js:7\)/,
    'src/server.js:7',
    ['TypeError: boom', '    at Server.<anonymous> (file:///app/src/server.js:7:3)'],
  ],
];

describe('a cause is read from the log and the source together', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir('causes'));
  await writeTree(dir.path, FILES);
  const submission = stack.use(await checkout(dir.path, { rubric: 'day-02', path: '/usr/bin:/bin' }));
  const facts = await readFacts(submission, {});
  for (const [kind, words, place, lines] of CASES) {
    test(`${kind}: ${lines[0]}`, () => {
      const cause = causeIn(['> app@1.0.0 start', ...lines], facts);
      assert.equal(cause?.kind, kind, cause?.cause);
      assert.match(cause.cause, words);
      assert.ok(cause.mend.length > 10);
      const [first] = cause.places;
      assert.equal(first && `${first.file}:${first.line}`, place, cause.cause);
    });
  }

  test('what an app prints while all is well is no cause', () => {
    const lines = ['Server listening on 3000', 'MongoDB connected', 'using default config', 'no errors'];
    assert.equal(causeIn(lines, facts), undefined);
  });
});
