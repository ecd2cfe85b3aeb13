import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tempDir } from '../../platform/temp-dir.ts';
import { checkout } from '../checkout.ts';
import { parseManifest } from '../manifest.ts';
import { writeTree } from '../runtimes/testbed.ts';
import { readSources } from '../sources.ts';
import { detect } from '../start/detect.ts';
import type { Submission } from '../submission.ts';
import type { Survey, SurveyedRubric } from './findings.ts';
import { settledManifest } from './settled-manifest.ts';
import { survey } from './survey.ts';

const TODOS: SurveyedRubric = {
  rubric: 'day-02',
  title: 'Todos',
  app: true,
  services: ['postgres'],
  env: {},
  contract: { listTodos: { request: 'GET /todos' }, getTodo: { request: 'GET /todos/{id}' } },
  programs: {},
};

async function surveyOf(files: Record<string, string>, rubric?: SurveyedRubric): Promise<Survey> {
  await using dir = await tempDir('survey');
  await writeTree(dir.path, files);
  await using submission = await open(dir.path, rubric);
  return await survey(submission, rubric);
}

function open(folder: string, rubric: SurveyedRubric | undefined): Promise<Submission> {
  return checkout(folder, { rubric: rubric?.rubric ?? 'day-02', path: '/usr/bin:/bin' });
}

const APP = {
  'package.json':
    '{\n  "scripts": {\n    "start": "node server.js"\n  },\n  "dependencies": { "express": "^5.0.0" }\n}\n',
  'server.js': `const express = require('express');
const { MongoClient } = require('mongodb');
const app = express();
const client = new MongoClient('mongodb://localhost:27017/shop');
console.log(process.env.WAREHOUSE_REGION.length);
app.get('/api/v1/todos', list);
app.get('/api/v1/todos/:todoId', one);
app.listen(5000);
if (process.env.TALKATIVE) console.log('listening');
`,
};

describe('a survey', () => {
  test('tells what was detected, with the place that shows it', async () => {
    const { detected } = await surveyOf(APP);
    const told = detected.map(({ what, value, at }) => `${what}: ${value}${at === undefined ? '' : ` @ ${at}`}`);
    for (const line of [
      'App folder: the root of the repository',
      'Framework: Express @ package.json:5',
      'Start: node server.js @ package.json:3',
      'Listens on: 5000, written in the code @ server.js:8',
      'Variable: WAREHOUSE_REGION: not known @ server.js:5',
      'Address: MongoDB at localhost:27017, written in the code @ server.js:4',
      'Route: GET /api/v1/todos/{todoId} @ server.js:7',
    ])
      assert.ok(told.includes(line), `${line}\n${told.join('\n')}`);
  });

  test('tells what is missing: a value, a service, an operation', async () => {
    const { missing } = await surveyOf(APP, {
      ...TODOS,
      contract: { ...TODOS.contract, deleteTodo: { request: 'DELETE /todos/{id}' } },
    });
    assert.deepEqual(
      missing.map(({ what, at }) => [what, at]),
      [
        ['Nothing tells what WAREHOUSE_REGION should be', 'server.js:5'],
        ['It uses MongoDB, which is not there for day-02', 'server.js:4'],
        ['No route of the source looks like deleteTodo (DELETE /todos/{id})', undefined],
      ],
    );
  });

  test('goes on where nothing tells how the app is started, and where package.json is broken', async () => {
    const without = await surveyOf({ 'lib/a.js': 'module.exports = 1;', 'package.json': '{}' });
    assert.equal(without.plan, undefined);
    assert.match(without.missing[0]?.what ?? '', /^Nothing tells how to start the app/);
    const broken = await surveyOf({ ...APP, 'package.json': '{ "scripts": ' });
    assert.equal(broken.missing.filter(({ what }) => /not valid JSON/.test(what)).length, 1);
    assert.ok(broken.routes.length > 0);
  });

  test('takes under 300 ms for 2,000 files, and runs none of them', async () => {
    await using dir = await tempDir('survey');
    const router = (i: number) =>
      `const router = require('express').Router();\n${Array.from({ length: 6 }, (_, k) => `router.get('/r${i}-${k}/:id', async (req, res, next) => { try { res.json(await db.query('select $1', [req.params.id])); } catch (error) { next(error); } });`).join('\n')}\nmodule.exports = router;\nrequire('node:fs').writeFileSync('ran', '');`;
    await writeTree(dir.path, APP);
    for (let i = 0; i < 100; i++) await writeTree(dir.path, { [`routes/r${i}.js`]: router(i) });
    for (let i = 0; i < 1900; i++) await writeTree(dir.path, { [`public/p${i % 20}/f${i}.css`]: 'a{}' });
    await writeFile(join(dir.path, 'bundle.js'), `/* ${'x'.repeat(2_000_000)} */`);
    await using submission = await open(dir.path, undefined);
    const times: number[] = [];
    for (let round = 0; round < 4; round++) {
      // Time of this process alone: the machine may have other work.
      const before = process.cpuUsage();
      await survey({ ...submission, sources: await readSources(submission.root) });
      times.push(process.cpuUsage(before).user / 1000);
    }
    assert.ok(Math.min(...times) < 300, times.join(', '));
    assert.equal(submission.sources.text('bundle.js'), undefined);
    assert.ok(!(await readdir(submission.root)).includes('ran'));
  });
});

describe('the grade.yaml that settles a survey', () => {
  test('says what had to be assumed, and comments on the rest', async () => {
    const found = await surveyOf(
      { ...Object.fromEntries(Object.entries(APP).map(([file, text]) => [`day-02/${file}`, text])), 'day-03/a.js': '' },
      TODOS,
    );
    const text = settledManifest(found, TODOS);
    const { manifest } = parseManifest(text);
    assert.deepEqual(manifest, {
      path: 'day-02',
      port: 5000,
      routes: { listTodos: 'GET /api/v1/todos', getTodo: 'GET /api/v1/todos/{id}' },
    });
    assert.match(text, /^# start: node server\.js$/m);
    assert.match(text, /^# {3}WAREHOUSE_REGION: "" {2}# day-02\/server\.js:5$/m);
  });

  test('is empty but for comments where everything is certain', async () => {
    const found = await surveyOf({ ...APP, 'server.js': `require('express')().listen(process.env.PORT || 3000);` });
    assert.deepEqual(parseManifest(settledManifest(found, undefined)).manifest, {});
  });

  const shapes = new URL('../../../fixtures/shapes/', import.meta.url).pathname;
  test('starts the same app, whatever its shape', async () => {
    let settled = 0;
    for (const shape of await readdir(shapes)) {
      const folder = join(shapes, shape, 'app');
      await using first = await open(folder, TODOS).catch(() => undefined!);
      if (first === undefined) continue;
      const found = await survey(first, TODOS);
      const text = settledManifest(found, TODOS);
      const { manifest } = parseManifest(text);
      await writeTree(first.root, { 'grade.yaml': text });
      await using again = await open(first.root, TODOS);
      const plan = await detect(again);
      assert.equal(again.files.appFolder, found.folder, shape);
      assert.deepEqual(plan.start, found.plan?.start, shape);
      if (manifest.start !== undefined) settled++;
      if (found.plan?.build !== undefined) assert.deepEqual(plan.build, found.plan.build, shape);
    }
    assert.ok(settled > 5, `${settled}`);
  });
});
