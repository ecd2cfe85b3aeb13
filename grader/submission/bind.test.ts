import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checks } from '../checks/index.ts';
import { contractOf } from '../rubric/contract.ts';
import { listRubrics, loadRubric, packageDir } from '../rubric/load.ts';
import { assumptionsOf } from '../target/describe.ts';
import { bindByFiles } from './bind.ts';
import { writtenSources } from './routes/written-sources.ts';
import { readSources } from './sources.ts';

const NO_FILES = { list: async () => [], read: async () => undefined };

describe('a solution that follows its brief', async () => {
  for (const { id } of await listRubrics())
    for (const kind of ['reference', 'other']) {
      const root = join(packageDir, 'fixtures', id, kind);
      if (!existsSync(root)) continue;
      test(`${id}, ${kind}: is bound to the letter, leaves no doubt, and needs no rehearsal`, async () => {
        const contract = contractOf(await loadRubric(id, checks));
        const bound = bindByFiles({ sources: await readSources(root), files: NO_FILES, manifest: {} }, contract);
        assert.deepEqual(
          Object.fromEntries(
            Object.entries(bound.binding.routes).map(([name, { method, path }]) => [name, `${method} ${path}`]),
          ),
          Object.fromEntries(Object.entries(contract).map(([name, { request }]) => [name, request])),
        );
        assert.deepEqual(bound.doubts, []);
        assert.deepEqual(assumptionsOf(contract, bound.binding, bound.places, []), []);
        for (const { takes, gives } of Object.values(bound.binding.routes)) assert.equal(takes ?? gives, undefined);
      });
    }
});

test('a token that is answered as text, not in an object, is a doubt', async () => {
  const contract = {
    login: { request: 'POST /auth/login', gives: { token: 'string' } },
    me: { request: 'GET /me', auth: true },
  };
  const doubtsOf = async (answer: string) => {
    const source = `const app = require('express')();
      const auth = (req, res, next) => { const token = req.headers['x-auth-token']; verify(token, key); next(); };
      app.post('/auth/login', (req, res) => { const token = sign({}); ${answer} });
      app.get('/me', auth, (req, res) => res.json({}));`;
    const sources = await writtenSources({ 'app.js': source });
    return bindByFiles({ sources, files: NO_FILES, manifest: {} }, contract).doubts.map(({ about }) => about);
  };
  assert.deepEqual(await doubtsOf('res.send(token);'), ['token']);
  assert.deepEqual(await doubtsOf('const answer = { token }; res.json(answer);'), []);
});

describe('what files leave open', () => {
  const contract = {
    createTodo: {
      request: 'POST /todos',
      body: { title: 'string' },
      gives: { id: 'id', title: 'string', done: 'boolean' },
      auth: true,
    },
  };
  const app = (answer: string, more = '') => `
    const app = require('express')();
    const auth = (req, res, next) => (req.headers.authorization.split(' ')[1] ? next() : res.status(401).json({ error: 'no' }));
    ${more}
    app.post('/todos', auth, async (req, res) => { const { title } = req.body; const done = false; ${answer} });`;
  const doubtsOf = async (source: string) => {
    const sources = await writtenSources({ 'app.js': source });
    return bindByFiles({ sources, files: NO_FILES, manifest: {} }, contract).doubts.map(({ because }) => because);
  };
  const table: [what: string, source: string, doubt: RegExp | undefined][] = [
    ['nothing', app('res.status(201).json({ id: 1, title, done });'), undefined],
    ['an envelope', app('res.json({ success: true, data: { id: 1, title, done } });'), /"success"/],
    ['a noun around it', app('res.json({ message: "made", todo: { id: 1, title, done } });'), /"todo"/],
    ['another name', app('res.json({ id: 1, title, completed: done });'), /"completed"/],
    ['a rival of a name', app('res.json({ id: 1, title, done: todo.isDone });'), /"isDone"/],
    [
      'ids of MongoDB',
      app('res.json(await Todo.create({ title, done }));', `const mongoose = require('mongoose');`),
      /_id/,
    ],
    ['a field that may be required', app('res.json({ id: 1, title, done, dueDate: 0 });'), /"dueDate"/],
    [
      'two ways to take a token',
      app('res.json({ id: 1, title, done });', `const t = (req) => req.cookies.jwt;`),
      /2 ways/,
    ],
  ];
  for (const [what, source, doubt] of table)
    test(what, async () => {
      const doubts = await doubtsOf(source);
      if (doubt === undefined) assert.deepEqual(doubts, []);
      else assert.match(doubts.join('\n'), doubt);
    });
});
