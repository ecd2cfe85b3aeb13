import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import express, { type Express } from 'express';
import { checks } from '../checks/index.ts';
import { parseSource, type SyntaxNode } from '../platform/syntax.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { listRubrics, loadRubric } from '../rubric/load.ts';
import { drawCombinations } from './combinations.ts';
import { toCommonJs } from './commonjs.ts';
import { writePnpmLock, writeYarnLock } from './locks.ts';
import { renameFields } from './names.ts';
import { addPrefix } from './prefix.ts';
import { allowed, isAbout } from './refusals.ts';
import { reshape } from './reshape.ts';
import { describeShape, LITERAL, seededRandom, type Shape } from './shape.ts';
import { SCHEME_MODULE, wireModule } from './wire.ts';

function parsed(text: string): SyntaxNode {
  const result = parseSource('x.js', text);
  assert.ok('program' in result);
  return result.program;
}

test('a prefix goes before the paths at the app, into Location, and into tests', () => {
  const shape = { prefix: '/api', starts: ['todos'], isTest: false };
  const text = `const app = express(); app.use('/todos', todos); app.use(log); router.get('/todos', h); response.location(\`/todos/\${id}\`); files.get('/todos');`;
  assert.equal(
    addPrefix(text, parsed(text), shape),
    `const app = express(); app.use('/api/todos', todos); app.use(log); router.get('/todos', h); response.location(\`/api/todos/\${id}\`); files.get('/todos');`,
  );
  const tests = `client.get('/todos').set('x', '/other'); client.put(\`/todos/\${id}\`);`;
  assert.equal(
    addPrefix(tests, parsed(tests), { ...shape, isTest: true }),
    `client.get('/api/todos').set('x', '/other'); client.put(\`/api/todos/\${id}\`);`,
  );
});

test('an ES module becomes CommonJS', () => {
  const cases: Record<string, string> = {
    "import a, { b, c as d } from './x.js';\nimport './y.js';\na(b, d);\n": `'use strict';\nconst a = require("./x.js");\nconst { b, c: d } = require("./x.js");\nrequire("./y.js");\na(b, d);\n`,
    'export const x = 1;\nexport function f() {}\nexport class C {}\n': `'use strict';\nconst x = 1;\nfunction f() {}\nclass C {}\n\nmodule.exports = { x, f, C };\n`,
    '#!/usr/bin/env node\nf();\n': "#!/usr/bin/env node\n'use strict';\nf();\n",
    "import { c } from './c.js';\nawait c();\n": `'use strict';\nconst { c } = require("./c.js");\n\n(async () => {\nawait c();\n})();\n`,
    "new URL('a', import.meta.url);\nasync () => await 1;\n": `'use strict';\nnew URL('a', require('node:url').pathToFileURL(__filename).href);\nasync () => await 1;\n`,
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(toCommonJs(text, parsed(text)), expected);
  for (const text of ['export default 1;', 'export { a } from "b";', 'export const a = await b;'])
    assert.throws(() => toCommonJs(text, parsed(text)), text);
});

test('fields get other names wherever they stand, and nothing else does', () => {
  assert.equal(
    renameFields(`{ title: "title is done" } t.done $title titles`),
    `{ task: "task is completed" } t.completed $title titles`,
  );
});

test("npm's lock is written as yarn's and as pnpm's, with nested versions", () => {
  const lock = JSON.stringify({
    packages: {
      '': { dependencies: { a: '^1.0.0' }, devDependencies: { b: '2.x' } },
      'node_modules/a': {
        version: '1.2.0',
        resolved: 'https://r.example/a.tgz',
        integrity: 'sha512-a',
        dependencies: { b: '^1' },
      },
      'node_modules/a/node_modules/b': {
        version: '1.0.1',
        resolved: 'https://r.example/b1.tgz',
        integrity: 'sha512-b1',
      },
      'node_modules/b': { version: '2.5.0', resolved: 'https://r.example/b2.tgz', integrity: 'sha512-b2' },
    },
  });
  const yarn = writeYarnLock(lock);
  assert.match(yarn, /^# yarn lockfile v1\n/);
  for (const head of ['"a@^1.0.0":\n  version "1.2.0"', '"b@^1":\n  version "1.0.1"', '"b@2.x":\n  version "2.5.0"'])
    assert.ok(yarn.includes(head), head);
  const pnpm = writePnpmLock(lock);
  assert.match(pnpm, /a@1\.2\.0:\n {4}dependencies:\n {6}b: 1\.0\.1/);
  assert.match(pnpm, /b:\n {8}specifier: 2\.x\n {8}version: 2\.5\.0/);
});

describe('an app that speaks another dialect', () => {
  const app = (): Express => {
    const inner = express();
    inner.use(express.json());
    inner.post('/auth/login', (_, response) => void response.json({ token: 'abc' }));
    inner.get('/todos', (request, response) => {
      if (request.headers.authorization !== 'Bearer abc') return void response.status(401).json({ error: 'no' });
      response.json([{ id: 1 }]);
    });
    inner.get('/todos/1', (_, response) => void response.json({ id: 1 }));
    return inner;
  };

  async function served(
    shape: Shape,
    use: (send: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>,
  ) {
    await using folder = await tempDir('dialect');
    const path = join(folder.path, 'dialect.mjs');
    await writeFile(path, wireModule(shape, ['todos', 'auth']));
    await writeFile(join(folder.path, 'package.json'), '{"type": "module"}');
    await writeFile(join(folder.path, 'scheme.js'), SCHEME_MODULE);
    const { speaking } = (await import(pathToFileURL(path).href)) as { speaking(inner: Express): Server };
    const server = speaking(app()).listen(0);
    try {
      await once(server, 'listening');
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await use((target, init) => fetch(origin + target, init));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const json = async (answer: Promise<Response>) => (await answer).json();

  const envelopes: [Partial<Shape>, unknown][] = [
    [{ envelope: 'data' }, { data: { id: 1 } }],
    [{ envelope: 'success-data' }, { success: true, data: { id: 1 } }],
    [{ envelope: 'message-resource' }, { message: 'OK', todo: { id: 1 } }],
  ];
  for (const [change, expected] of envelopes)
    test(`wraps: ${describeShape({ ...LITERAL, ...change })}`, () =>
      served({ ...LITERAL, ...change }, async (send) => assert.deepEqual(await json(send('/todos/1')), expected)));

  const tokens: [Partial<Shape>, Record<string, string>, unknown][] = [
    [{ token: 'x-auth-token', gives: 'accessToken' }, { 'x-auth-token': 'abc' }, { accessToken: 'abc' }],
    [{ token: 'raw', gives: 'data.token' }, { authorization: 'abc' }, { data: { token: 'abc' } }],
    [{ token: 'cookie' }, { cookie: 'a=b; token=abc' }, { message: 'Logged in' }],
  ];
  for (const [change, headers, login] of tokens)
    test(`takes the token: ${describeShape({ ...LITERAL, ...change })}`, () =>
      served({ ...LITERAL, ...change }, async (send) => {
        const answer = await send('/auth/login', { method: 'POST' });
        assert.deepEqual(await answer.json(), login);
        assert.equal(/token=abc/.test(answer.headers.get('set-cookie') ?? ''), change.token === 'cookie');
        assert.deepEqual(await json(send('/todos', { headers })), [{ id: 1 }]);
        assert.equal((await send('/todos', { headers: { authorization: 'Bearer abc' } })).status, 401);
      }));
});

test('a solution moves as a whole, and its package says how it is written', async () => {
  await using folder = await tempDir('reshape');
  await mkdir(join(folder.path, 'src'));
  await writeFile(join(folder.path, 'package.json'), '{"name": "x", "type": "module"}');
  await writeFile(join(folder.path, 'src/app.js'), 'export function createApp() {}\n');
  await writeFile(
    join(folder.path, 'src/server.js'),
    "import { createApp } from './app.js';\ncreateApp().listen(1);\n",
  );
  const contract = { listTodos: { request: 'GET /todos' } };
  const shape: Shape = { ...LITERAL, envelope: 'data', modules: 'commonjs', folder: 'workspace' };
  await reshape(folder.path, { rubric: 'day-04', contract }, shape);
  const read = (path: string) => readFile(join(folder.path, path), 'utf8');
  assert.deepEqual(JSON.parse(await read('package.json')).workspaces, ['packages/*']);
  assert.deepEqual(JSON.parse(await read('packages/api/package.json')), { name: 'x' });
  assert.match(await read('packages/api/src/server.js'), /speaking\(createApp\(\)\)\.listen\(1\)/);
  assert.match(await read('packages/api/src/dialect.js'), /module\.exports = \{ speaking \}/);
});

test('what a rubric does not let vary stays, and what a criterion spells out is not asked', async () => {
  const everything: Shape = { ...LITERAL, prefix: '/api', envelope: 'data', token: 'raw', names: 'other' };
  const strict = { contract: { listTodos: { request: 'GET /todos', auth: true } }, vary: [] };
  assert.deepEqual(allowed(strict, everything), LITERAL);
  assert.deepEqual(allowed({ ...strict, vary: ['place' as const] }, everything), { ...LITERAL, prefix: '/api' });
  const criterion = (params: Record<string, unknown>) => ({
    id: 'x',
    title: 'xxx',
    points: 1,
    check: 'unknown',
    with: params,
    needs: [],
    score: { kind: 'pass' as const },
    hint: 'none',
    covers: [],
  });
  const about = (params: Record<string, unknown>, change: Partial<Shape>) =>
    isAbout(criterion(params), strict, { ...LITERAL, ...change });
  assert.equal(about({ path: { $matches: '^/todos' } }, { prefix: '/api' }), true);
  assert.equal(about({ title: 'GET /todos answers' }, { prefix: '/api' }), false);
  assert.equal(about({ headers: { Authorization: 'Basic x' } }, { token: 'raw' }), true);
  assert.equal(about({ body: { title: '{{title}}' } }, { names: 'other' }), false);
  assert.equal(about({ raw: 'title=1' }, { names: 'other' }), true);
  assert.equal(about({ body: { todos: [{ title: 'x' }] } }, { names: 'other' }), true);
});

test('combinations follow from a seed, and are as many as asked for', async () => {
  const rubrics = await Promise.all((await listRubrics()).map(({ id }) => loadRubric(id, checks)));
  const drawn = async (seed: number, count: number) =>
    (await drawCombinations(rubrics, count, seededRandom(seed))).map(
      ({ rubric, fixture, shape, criteria }) =>
        `${rubric.rubric} ${fixture.id} ${describeShape(shape)} ${criteria.join()}`,
    );
  assert.equal((await drawn(1, 200)).length, 200);
  const few = await drawn(2, 12);
  assert.deepEqual(await drawn(2, 12), few);
  assert.notDeepEqual(await drawn(3, 12), few);
});
