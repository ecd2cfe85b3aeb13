import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from './platform/temp-dir.ts';
import { Trace } from './platform/trace.ts';
import { rubricSchema } from './rubric/schema.ts';
import { setScene } from './scene.ts';
import { readSettings } from './settings.ts';

/** An app in one file, without packages, that keeps its tasks in another file and counts its requests. */
const APP = `
const { readFileSync, writeFileSync } = require('node:fs');
const read = () => { try { return JSON.parse(readFileSync('tasks.json', 'utf8')); } catch { return []; } };
let requests = 0;
require('node:http').createServer(async (req, res) => {
  requests++;
  let body = '';
  for await (const chunk of req) body += chunk;
  const answer = (status, json) => { res.writeHead(status, { 'content-type': 'application/json' }); res.end(JSON.stringify(json)); };
  const tasks = read();
  if (req.url === '/requests') return answer(200, requests);
  if (req.url !== '/api/tasks') return answer(404, { message: 'nothing here' });
  if (req.method === 'GET') return answer(200, { success: true, data: tasks });
  const { task } = JSON.parse(body || '{}');
  if (!task) return answer(400, { message: 'task is required' });
  tasks.push({ _id: String(tasks.length), task });
  writeFileSync('tasks.json', JSON.stringify(tasks));
  answer(201, { success: true, data: tasks.at(-1) });
}).listen(process.env.PORT);`;

function rubric(dir: string, vary: string) {
  const contract = {
    listTodos: { request: 'GET /todos' },
    createTodo: { request: 'POST /todos', body: { title: 'string' }, gives: { id: 'id', title: 'string' } },
  };
  const criterion = { id: 'any', title: 'Any', points: 100, check: 'command', hint: 'Look at the script.' };
  const document = { rubric: 'day-99', title: 'A day', version: '1.0.0', vary, contract, criteria: [criterion] };
  return { ...rubricSchema.parse(document), dir, referenceDir: undefined };
}

async function scene(path: string, vary: string, signal: AbortSignal) {
  await writeFile(join(path, 'package.json'), JSON.stringify({ scripts: { start: 'node server.js' } }));
  await writeFile(join(path, 'server.js'), APP);
  return setScene({
    rubric: rubric(path, vary),
    path,
    needsReference: false,
    interruptible: [],
    seed: 'seed',
    trace: new Trace(),
    signal,
    runtime: 'local',
    services: 'embedded',
    settings: readSettings(process.env),
    events: {},
  });
}

test('what a rehearsal makes is gone when the app is graded; what it learnt stays', async (t) => {
  await using dir = await tempDir('rehearse');
  await using tried = await scene(dir.path, 'all', t.signal);
  const { target } = tried.candidate;
  // The app that is graded was asked for nothing but whether it answers.
  assert.ok(Number((await target.http.send('GET', '/requests')).json) < 5);
  assert.deepEqual((await target.http.call('listTodos')).json, []);
  const created = await target.http.call('createTodo', { body: { title: 'a title' } });
  assert.deepEqual([created.status, created.json], [201, { id: '0', title: 'a title' }]);
  assert.deepEqual((await target.http.call('listTodos')).json, [{ id: '0', title: 'a title' }]);
  assert.deepEqual((await target.http.call('createTodo', { body: {} })).json, {
    message: 'task is required',
    error: 'task is required',
  });
  assert.deepEqual(created.exchange.request.body, '{"task":"a title"}');
  assert.match(JSON.stringify(tried.facts.assumptions), /createTodo is POST \/api\/tasks/);
  assert.equal(tried.facts.binding?.operations['createTodo']?.request, 'POST /api/tasks');
});

test('a rubric that demands the letter gets it, and the app is not tried', async (t) => {
  await using dir = await tempDir('rehearse');
  await using letter = await scene(dir.path, 'none', t.signal);
  const { http } = letter.candidate.target;
  assert.equal((await http.call('listTodos')).status, 404);
  assert.deepEqual(letter.facts.binding?.rehearsed, []);
});
