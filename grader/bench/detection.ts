import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tempDir } from '../platform/temp-dir.ts';
import { findRoutes } from '../submission/routes/find.ts';
import { readSources } from '../submission/sources.ts';
import { findVariables } from '../submission/variables/detect.ts';
import { findFixedPorts } from '../submission/variables/fixed-ports.ts';
import { findHabits } from '../submission/variables/habits.ts';

/** What looking through the sources of a repository may cost, once they are read. */
const BUDGET_MS = 300;
const FILES = 2000;

/** Milliseconds of processor time, in a process that has parsed nothing before. */
export interface Detection {
  budgetMs: number;
  files: number;
  readMs: number;
  /** Variables, addresses and ports. */
  variablesMs: number;
  routesMs: number;
}

/** Makes a repository of 2,000 files and measures how long it takes to look through it. */
export async function measureDetection(): Promise<Detection> {
  await using dir = await tempDir('bench');
  for (const [path, text] of repository()) {
    await mkdir(dirname(join(dir.path, path)), { recursive: true });
    await writeFile(join(dir.path, path), text);
  }
  const reading = process.cpuUsage();
  const sources = await readSources(dir.path);
  const readMs = milliseconds(reading);
  const looking = process.cpuUsage();
  const found = [findVariables(sources, ''), findHabits(sources, ''), findFixedPorts(sources, '')];
  const variablesMs = milliseconds(looking);
  const routing = process.cpuUsage();
  const routes = findRoutes(sources, '');
  const routesMs = milliseconds(routing);
  if (found[0]?.length === 0 || routes.length === 0)
    throw new RangeError('the repository of the benchmark is not understood');
  return { budgetMs: BUDGET_MS, files: FILES, readMs, variablesMs, routesMs };
}

function milliseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** A monolith of the usual proportions: few files say how the app is wired, most are its business. */
function repository(): [path: string, text: string][] {
  const wiring: [string, string][] = [
    [
      'package.json',
      '{ "scripts": { "start": "node src/app.js" }, "dependencies": { "express": "5", "mongoose": "8" } }',
    ],
    [
      'src/config.js',
      'module.exports = { port: process.env.PORT || 3000, db: process.env.MONGO_URI, secret: process.env.JWT_SECRET };',
    ],
    [
      'src/app.js',
      `const express = require('express');\nconst config = require('./config');\nconst app = express();\n${times(40, (n) => `app.use('/api/thing${n}', require('./routes/thing${n}'));`)}\nrequire('mongoose').connect(config.db).then(() => app.listen(config.port));`,
    ],
  ];
  const routers = Array.from({ length: 40 }, (_, n): [string, string] => [
    `src/routes/thing${n}.js`,
    `const router = require('express').Router();\nconst thing = require('../controllers/thing${n}');\n${times(5, (m) => `router.get('/part${m}', thing.list${m});\nrouter.post('/part${m}/:id', thing.save${m});`)}\nmodule.exports = router;`,
  ]);
  const rest = FILES - wiring.length - routers.length;
  const business = Array.from({ length: rest }, (_, n): [string, string] => {
    if (n % 10 === 0) return [`assets/text${n}.md`, `# Text ${n}\n`];
    if (n % 10 === 1) return [`data/set${n}.json`, JSON.stringify({ n, list: [1, 2, 3] })];
    return [n < 40 ? `src/controllers/thing${n}.js` : `src/domain/part${n % 30}/rule${n}.js`, rule(n)];
  });
  return [...wiring, ...routers, ...business];
}

function rule(n: number): string {
  return times(
    6,
    (m) => `/** Rule ${m} of ${n}: totals, with what is left of them. */
exports.list${m} = async function list${m}(request, response, next) {
  const rows = (await request.store.find({ kind: ${m}, open: true })).filter((row) => row.amount > ${n});
  const total = rows.reduce((sum, row) => sum + row.amount * (1 - row.discount), 0);
  if (rows.length === 0) return next(new RangeError('there is nothing of kind ${m}'));
  return response.json({ total, rows: rows.map(({ id, amount }) => ({ id, amount })) });
};
exports.save${m} = (request, response) => response.status(201).json({ id: request.params.id });`,
  );
}

function times(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join('\n');
}
