import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { causeIn } from './causes.ts';
import { explainExit, explainStart } from './diagnosis.ts';

describe('causeIn reads the cause from the log', () => {
  for (const [line, cause] of [
    ["Error: Cannot find module 'express'", /the package "express"/],
    ["Error: Cannot find module '/tmp/grade-work-x/tree/src/db.js'", /the file "src\/db\.js"/],
    ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'pg' imported from /app/a.js", /the package "pg"/],
    ["SyntaxError: Unexpected token '}'", /syntax error: Unexpected token/],
    ['SyntaxError: Cannot use import statement outside a module', /CommonJS/],
    [
      'ReferenceError: require is not defined in ES module scope, you can use import instead',
      /require in an ES module/,
    ],
    ['Error: listen EADDRINUSE: address already in use :::3000', /port 3000 is in use/],
    ['Error: connect ECONNREFUSED 127.0.0.1:5432', /Postgres refused the connection at 127\.0\.0\.1:5432/],
    ['Error: connect ECONNREFUSED ::1:6379', /^a server|Redis refused/],
    ['MongooseServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017', /MongoDB refused/],
    ['Error: querySrv ENOTFOUND _mongodb._tcp.cluster0.abc.mongodb.net', /in the cloud/],
    ['error: password authentication failed for user "postgres"', /refused its name and password/],
    ['Error: getaddrinfo EAI_AGAIN api.example.com', /host named "api\.example\.com"/],
    ["Error: EROFS: read-only file system, open '/var/log/app.log'", /may not write to \/var\/log\/app\.log/],
    ['sh: 1: tsc: not found', /command "tsc" is not there/],
    ['npm error Missing script: "start"', /no script "start"/],
    ["TypeError: Cannot read properties of undefined (reading 'x')", /^TypeError: Cannot read/],
  ] as const) {
    test(line, () =>
      assert.match(causeIn(['> app@1.0.0 start', line, '    at x (/app/a.js:1:1)'])?.cause ?? '', cause),
    );
  }

  test('nothing telling, no cause', () => assert.equal(causeIn(['listening', 'hello']), undefined));

  test('hostile lines take no time', () => {
    const started = process.cpuUsage();
    causeIn(Array.from({ length: 40 }, () => `EADDRINUSE${'E'.repeat(900)}${':'.repeat(1000)}`));
    assert.ok(process.cpuUsage(started).user < 2_000_000);
  });
});

test('explainExit names memory, signals and codes', () => {
  const exit = { exitCode: 0, signal: undefined, outOfMemory: false };
  assert.equal(
    explainExit({ ...exit, exitCode: null, signal: 'SIGKILL', outOfMemory: true }, [], 'It ended').fault,
    'out-of-memory',
  );
  assert.equal(
    explainExit({ ...exit, exitCode: null, signal: 'SIGSEGV' }, [], 'It ended').reason,
    'It ended (SIGSEGV).',
  );
  assert.match(explainExit(exit, [], 'It ended').mend ?? '', /app\.listen/);
});

test('explainStart blames a database for an app that waits for it', () => {
  const { reason, fault } = explainStart(
    { state: 'timeout', ports: [] },
    ['Error: connect ECONNREFUSED 127.0.0.1:27017'],
    { what: 'The app', timeoutMs: 30_000, preferred: 3000 },
  );
  assert.equal(
    reason,
    'The app did not listen on any port in 30 s: MongoDB refused the connection at 127.0.0.1:27017.',
  );
  assert.equal(fault, 'learner');
});
