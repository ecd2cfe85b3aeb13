import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findHabits } from './habits.ts';
import { sourcesOf } from './testbed.ts';

/** Title, source, and the addresses that are expected: `mongo user:password@host:port/database`. */
const ROWS: [title: string, source: string | Record<string, string>, expected: string[]][] = [
  ['a URL of Mongo', `mongoose.connect('mongodb://localhost:27017/todos')`, ['mongo localhost:27017/todos']],
  ['without a port', `mongoose.connect('mongodb://127.0.0.1/todos')`, ['mongo 127.0.0.1:27017/todos']],
  ['a compose name', `const url = 'mongodb://mongo:27017/app'; mongoose.connect(url)`, ['mongo mongo:27017/app']],
  [
    'with credentials',
    `mongoose.connect('mongodb://root:p%40ss@db/x?authSource=admin')`,
    ['mongo root:p@ss@db:27017/x'],
  ],
  ['the default beside a variable', `mongoose.connect(process.env.MONGO_URI || 'mongodb://localhost/x')`, []],
  ['a default value', `const { MONGO_URI = 'mongodb://localhost/x' } = process.env; mongoose.connect(MONGO_URI)`, []],
  [
    'unless in production',
    `mongoose.connect(process.env.NODE_ENV === 'production' ? process.env.MONGO_URI : 'mongodb://localhost/dev')`,
    ['mongo localhost:27017/dev'],
  ],
  [
    'a settings file',
    {
      'config/default.json': '{ "db": "mongodb://localhost/vidly" }',
      'app.js': `mongoose.connect(require('./config/default.json').db)`,
    },
    ['mongo localhost:27017/vidly'],
  ],
  ['a URL of a server', 'mongoose.connect(`${process.env.S}/${process.env.D}`)', ['mongo localhost:27017']],
  [
    'the package config',
    {
      'config/default.json': '{ "db": "mongodb://localhost/vidly" }',
      'app.js': `const config = require('config'); mongoose.connect(config.get('db'))`,
    },
    ['mongo localhost:27017/vidly'],
  ],
  [
    'a pool',
    `const { Pool } = require('pg'); new Pool({ user: 'postgres', host: 'localhost', database: 'api', password: 'secret', port: 5432 })`,
    ['postgres postgres:secret@localhost:5432/api'],
  ],
  [
    'a pool with a port of its own',
    `const { Pool } = require('pg'); new Pool({ host: 'db', port: 5433 })`,
    ['postgres db:5433'],
  ],
  ['a pool from the environment', `const { Pool } = require('pg'); new Pool()`, []],
  [
    'a pool of variables',
    `const { Pool } = require('pg'); new Pool({ host: process.env.H, database: process.env.D || 'x' })`,
    [],
  ],
  [
    'some parts fixed',
    `const { Pool } = require('pg'); new Pool({ host: process.env.H, user: 'app', database: 'todos' })`,
    ['postgres app@localhost:5432/todos'],
  ],
  [
    'a URL put together',
    'new (require("pg").Pool)({ connectionString: `postgres://postgres:${process.env.PW}@localhost/todos` })',
    ['postgres postgres@localhost:5432/todos'],
  ],
  [
    'sequelize',
    `const { Sequelize } = require('sequelize'); new Sequelize('todos', 'postgres', 'pw', { dialect: 'postgres' })`,
    ['postgres postgres:pw@localhost:5432/todos'],
  ],
  [
    'sequelize with a URL',
    `const { Sequelize } = require('sequelize'); new Sequelize('postgres://u:p@localhost:5432/d')`,
    ['postgres u:p@localhost:5432/d'],
  ],
  [
    'another database',
    `const { Sequelize } = require('sequelize'); new Sequelize('d', 'u', 'p', { dialect: 'sqlite' })`,
    [],
  ],
  [
    'typeorm',
    {
      'db.ts': `import { DataSource } from 'typeorm'; new DataSource({ type: 'postgres', host: 'localhost', port: 5432, username: 'u', password: 'p', database: 'd' })`,
    },
    ['postgres u:p@localhost:5432/d'],
  ],
  ['redis by default', `import { createClient } from 'redis'; createClient()`, ['redis localhost:6379']],
  ['ioredis by default', `const Redis = require('ioredis'); const redis = new Redis()`, ['redis localhost:6379']],
  [
    'redis with options',
    `import { createClient } from 'redis'; createClient({ socket: { host: 'cache', port: 6380 } })`,
    ['redis cache:6380'],
  ],
  [
    'redis, port and host',
    `const redis = require('redis'); redis.createClient(6379, '127.0.0.1')`,
    ['redis 127.0.0.1:6379'],
  ],
  ['redis with a URL', `import Redis from 'ioredis'; new Redis('redis://:pw@redis:6379')`, ['redis :pw@redis:6379']],
  [
    'bullmq',
    `import { Queue, Worker } from 'bullmq'; const connection = { host: 'localhost', port: 6379 }; new Queue('a', { connection }); new Worker('a', run, { connection })`,
    ['redis localhost:6379'],
  ],
  ['redis from a variable', `import { createClient } from 'redis'; createClient({ url: process.env.REDIS_URL })`, []],
  ['in a test', { 'a.test.js': `mongoose.connect('mongodb://localhost/x')` }, []],
];

describe('habits', () => {
  for (const [title, source, expected] of ROWS) {
    test(title, async () => {
      const found = findHabits(await sourcesOf(source), '');
      assert.deepEqual(
        found.map(({ service, host, port, user = '', password, database }) => {
          const credentials = `${user}${password === undefined ? '' : `:${password}`}`;
          return `${service} ${credentials === '' ? '' : `${credentials}@`}${host}:${port}${database === undefined ? '' : `/${database}`}`;
        }),
        expected,
      );
    });
  }

  test('the place is told', async () => {
    const [found] = findHabits(await sourcesOf({ 'src/db.js': `\nmongoose.connect('mongodb://localhost/x')` }), '');
    assert.deepEqual([found?.file, found?.line], ['src/db.js', 2]);
  });
});
