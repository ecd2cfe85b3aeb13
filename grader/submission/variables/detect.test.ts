import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findVariables } from './detect.ts';
import { sourcesOf } from './testbed.ts';
import type { Meaning } from './variable.ts';

/** A meaning in short: `mongo url`, `listen port`, `setting 10`. */
function short(meaning: Meaning): string {
  const { kind, ...rest } = meaning;
  return [...(kind === 'service' ? [] : [kind]), ...Object.values(rest)].join(' ');
}

/** Title, source, and the variables that are expected with their meanings. */
type Row = [title: string, source: string | Record<string, string>, expected: Record<string, string>];

const ROWS: Record<string, Row[]> = {
  'where it listens': [
    ['listen', 'app.listen(process.env.PORT)', { PORT: 'listen port' }],
    ['a name of its own', 'app.listen(process.env.MY_DOOR || 3000)', { MY_DOOR: 'listen port' }],
    ['in brackets', `app.listen(process.env['DOOR'])`, { DOOR: 'listen port' }],
    [
      'destructured, with a default',
      'const { DOOR: d = 3000 } = process.env; server.listen(d)',
      { DOOR: 'listen port' },
    ],
    ['converted', 'const p = parseInt(process.env.DOOR, 10) || 3000; app.listen(p)', { DOOR: 'listen port' }],
    ['with a host', 'app.listen(+process.env.A, process.env.B, () => {})', { A: 'listen port', B: 'listen host' }],
    [
      'options',
      'await fastify.listen({ port: Number(process.env.A), host: process.env.B })',
      { A: 'listen port', B: 'listen host' },
    ],
    [
      'hono',
      `import { serve } from '@hono/node-server'; serve({ fetch: app.fetch, port: Number(process.env.A) })`,
      { A: 'listen port' },
    ],
    ['the process module', `import { env } from 'node:process'; app.listen(env.A)`, { A: 'listen port' }],
    [
      'the process module as a whole',
      `import process from 'node:process'; app.listen(process.env.A)`,
      { A: 'listen port' },
    ],
    ['required', `const { env } = require('process'); app.listen(env.A)`, { A: 'listen port' }],
    [
      'express-generator',
      `var port = normalizePort(process.env.A || '3000'); app.set('port', port); server.listen(port);
      function normalizePort(val) { var port = parseInt(val, 10); if (isNaN(port)) return val; if (port >= 0) return port; return false; }`,
      { A: 'listen port' },
    ],
    ['app.get', `app.set('port', process.env.A || 3000); app.listen(app.get('port'))`, { A: 'listen port' }],
    [
      'a class',
      `class Server { constructor() { this.port = process.env.A; } start() { this.app.listen(this.port) } }`,
      { A: 'listen port' },
    ],
    [
      'a class with a property',
      `class Server { #port = process.env.A; start() { this.app.listen(this.#port) } }`,
      { A: 'listen port' },
    ],
    ['an argument', `const start = (port) => app.listen(port); start(process.env.A)`, { A: 'listen port' }],
    ['apollo', `startStandaloneServer(server, { listen: { port: process.env.A } })`, { A: 'listen port' }],
    [
      'typescript',
      { 'main.ts': `const port: number = Number(process.env.A!) as number; app.listen(port)` },
      { A: 'listen port' },
    ],
    [
      'nest',
      { 'main.ts': `const config = app.get(ConfigService); await app.listen(config.get<number>('A') ?? 3000)` },
      { A: 'listen port' },
    ],
  ],
  'through the files of an app': [
    [
      'a config module',
      {
        'config.js': `module.exports = { port: process.env.A, db: { url: process.env.B } }`,
        'app.js': `const config = require('./config'); const mongoose = require('mongoose'); mongoose.connect(config.db.url); app.listen(config.port)`,
      },
      { A: 'listen port', B: 'mongo url' },
    ],
    [
      'named exports',
      {
        'config/index.js': `export const PORT = process.env.A || 3000; export const dbUrl = process.env.B`,
        'app.js': `import { PORT, dbUrl as url } from './config/index.js'; import mongoose from 'mongoose'; await mongoose.connect(url); app.listen(PORT)`,
      },
      { A: 'listen port', B: 'mongo url' },
    ],
    [
      'a default export',
      {
        'src/config.ts': `const config = { db: { uri: process.env.B as string } } as const; export default config`,
        'src/db.ts': `import config from '@/config'; import mongoose from 'mongoose'; mongoose.connect(config.db.uri)`,
      },
      { B: 'mongo url' },
    ],
    [
      'a barrel',
      {
        'config/index.js': `export * from './settings.js'`,
        'config/settings.js': `export const URL = process.env.B`,
        'db.js': `import * as config from './config/index.js'; import { MongoClient } from 'mongodb'; new MongoClient(config.URL)`,
      },
      { B: 'mongo url' },
    ],
    [
      'assigned later',
      `const config = {}; config.db = { url: process.env.B }; require('mongoose').connect(config.db.url)`,
      { B: 'mongo url' },
    ],
    [
      'a function that connects',
      {
        'db/connect.js': `const mongoose = require('mongoose'); const connectDB = (url) => mongoose.connect(url); module.exports = connectDB`,
        'app.js': `require('dotenv').config(); const connect = require('./db/connect'); const start = async () => { await connect(process.env.SOURCE); app.listen(port) }`,
      },
      { SOURCE: 'mongo url' },
    ],
    [
      'a helper that requires',
      `const env = (name, fallback) => { const v = process.env[name] ?? fallback; if (!v) throw new Error(name); return v }
      app.listen(env('A', '3000')); new (require('pg').Pool)({ connectionString: env('B') })`,
      { A: 'listen port', B: 'postgres url' },
    ],
    [
      'settings read from the environment',
      {
        'settings.js': `export function readSettings(env) { return { port: Number(env.A ?? 3000), url: required(env, 'B') } }
        function required(env, name) { return env[name] }`,
        'app.js': `import { readSettings } from './settings.js'; import { MongoClient } from 'mongodb'; const settings = readSettings(process.env); new MongoClient(settings.url); app.listen(settings.port)`,
      },
      { A: 'listen port', B: 'mongo url' },
    ],
  ],
  'settings by path': [
    [
      'nest, registered',
      {
        'src/database.config.ts': `export default registerAs('database', () => ({ host: process.env.A }))`,
        'src/app.module.ts': `import { TypeOrmModule } from '@nestjs/typeorm'; TypeOrmModule.forRootAsync({ useFactory: (config: ConfigService) => ({ type: 'postgres', host: config.get('database.host') }) })`,
      },
      { A: 'postgres host' },
    ],
    [
      'nest, loaded',
      {
        'src/config/configuration.ts': `export default () => ({ http: { door: process.env.A } })`,
        'src/main.ts': `await app.listen(configService.get<number>('http.door'))`,
      },
      { A: 'listen port' },
    ],
    [
      'the package config',
      {
        'config/custom-environment-variables.json': '{ "store": { "url": "A" } }',
        'config/default.json': '{ "store": { "url": "mongodb://localhost/x" } }',
        'app.js': `const config = require('config'); mongoose.connect(config.get('store.url'))`,
      },
      { A: 'mongo url' },
    ],
  ],
  'checked environments': [
    [
      'zod',
      `import { z } from 'zod'; const env = z.object({ A: z.coerce.number().default(3000), DATABASE_URL: z.string().url(), EMPTY_X: z.string() }).parse(process.env); app.listen(env.A)`,
      { A: 'listen port', DATABASE_URL: 'postgres url', EMPTY_X: 'unknown' },
    ],
    [
      'zod, safe',
      `import { z } from 'zod'; const schema = z.object({ AB: z.string() }); const parsed = schema.safeParse(process.env); app.listen(parsed.data.AB)`,
      { AB: 'listen port' },
    ],
    [
      'envalid',
      `import { cleanEnv, port, str } from 'envalid'; const env = cleanEnv(process.env, { AB: port({ default: 3000 }), CD: str() }); app.listen(env.AB); new (require('pg').Pool)({ password: env.CD })`,
      { AB: 'listen port', CD: 'postgres password' },
    ],
    [
      'joi',
      `const Joi = require('joi'); const schema = Joi.object({ AB: Joi.number().default(3000) }).unknown(); const { value: env, error } = schema.validate(process.env); app.listen(env.AB)`,
      { AB: 'listen port' },
    ],
    [
      'env-var',
      `const env = require('env-var'); app.listen(env.get('AB').default('3000').asPortNumber())`,
      { AB: 'listen port' },
    ],
  ],
  mongo: [
    ['mongoose', `import mongoose from 'mongoose'; mongoose.connect(process.env.X)`, { X: 'mongo url' }],
    ['misspelt', `mongoose.connect(process.env.MOGNO_URL_)`, { MOGNO_URL_: 'mongo url' }],
    [
      'named import',
      `import { connect } from 'mongoose'; connect(process.env.X, { dbName: process.env.Y })`,
      { X: 'mongo url', Y: 'mongo database' },
    ],
    [
      'parts',
      'mongoose.connect(`mongodb://${process.env.DB_HOST}:${process.env.PORT}/${process.env.DATABASE}?retryWrites=true`)',
      { DB_HOST: 'mongo host', PORT: 'mongo port', DATABASE: 'mongo database' },
    ],
    [
      'credentials',
      'mongoose.connect(`mongodb://${process.env.USER}:${process.env.PASSWORD}@${process.env.HOST}/x`)',
      { USER: 'mongo user', PASSWORD: 'mongo password', HOST: 'mongo host' },
    ],
    [
      'put together',
      `mongoose.connect('mongodb://' + process.env.A + ':' + process.env.B + '/' + process.env.C)`,
      { A: 'mongo host', B: 'mongo port', C: 'mongo database' },
    ],
    [
      'a server to which a database is appended',
      'mongoose.connect(`${process.env.MONGO_SERVER}/todos`)',
      { MONGO_SERVER: 'mongo server-url' },
    ],
    ['options are appended', 'mongoose.connect(process.env.MONGO + "?retryWrites=true")', { MONGO: 'mongo open-url' }],
    [
      'a session store',
      `const MongoStore = require('connect-mongo'); app.use(session({ secret: process.env.S, store: MongoStore.create({ mongoUrl: process.env.X }) }))`,
      { S: 'secret', X: 'mongo url' },
    ],
    [
      'nest',
      {
        'app.module.ts': `import { MongooseModule } from '@nestjs/mongoose'; @Module({ imports: [MongooseModule.forRoot(process.env.X)] }) export class AppModule {}`,
      },
      { X: 'mongo url' },
    ],
  ],
  postgres: [
    [
      'a pool',
      `const { Pool } = require('pg'); new Pool({ host: process.env.HOST, port: process.env.PORT, user: process.env.USER, password: process.env.PASSWORD, database: process.env.DATABASE })`,
      {
        HOST: 'postgres host',
        PORT: 'postgres port',
        USER: 'postgres user',
        PASSWORD: 'postgres password',
        DATABASE: 'postgres database',
      },
    ],
    ['a client', `import pg from 'pg'; new pg.Client(process.env.X)`, { X: 'postgres url' }],
    [
      'config',
      `import { Pool } from 'pg'; const config = { connectionString: process.env.X, ssl: false }; export const pool = new Pool(config)`,
      { X: 'postgres url' },
    ],
    [
      'sequelize with four',
      `const { Sequelize } = require('sequelize'); new Sequelize(process.env.A, process.env.B, process.env.C, { host: process.env.D, dialect: 'postgres' })`,
      { A: 'postgres database', B: 'postgres user', C: 'postgres password', D: 'postgres host' },
    ],
    [
      'knex',
      `const knex = require('knex')({ client: 'pg', connection: { host: process.env.A, user: process.env.B } })`,
      { A: 'postgres host', B: 'postgres user' },
    ],
    [
      'a knexfile',
      { 'knexfile.js': `module.exports = { development: { client: 'pg', connection: process.env.A } }` },
      { A: 'postgres url' },
    ],
    [
      'sequelize-cli',
      {
        'config/config.js': `module.exports = { development: { username: process.env.A, dialect: 'postgres', host: process.env.B } }`,
      },
      { A: 'postgres user', B: 'postgres host' },
    ],
    [
      'typeorm',
      {
        'data-source.ts': `import { DataSource } from 'typeorm'; export default new DataSource({ type: 'postgres', host: process.env.A, username: process.env.B })`,
      },
      { A: 'postgres host', B: 'postgres user' },
    ],
    ['postgres.js', `import postgres from 'postgres'; const sql = postgres(process.env.A)`, { A: 'postgres url' }],
    [
      'drizzle',
      `import { drizzle } from 'drizzle-orm/node-postgres'; const db = drizzle(process.env.A)`,
      { A: 'postgres url' },
    ],
    [
      'drizzle-kit',
      `export default defineConfig({ dialect: 'postgresql', dbCredentials: { url: process.env.A } })`,
      { A: 'postgres url' },
    ],
    [
      'nest',
      {
        'app.module.ts': `import { TypeOrmModule } from '@nestjs/typeorm'; TypeOrmModule.forRootAsync({ inject: [ConfigService], useFactory: (config: ConfigService) => ({ type: 'postgres', host: config.get('A'), port: config.getOrThrow<number>('B') }) })`,
      },
      { A: 'postgres host', B: 'postgres port' },
    ],
    [
      'another database is none',
      `const { Sequelize } = require('sequelize'); new Sequelize({ dialect: 'mysql', host: process.env.A })`,
      { A: 'unknown' },
    ],
  ],
  redis: [
    ['a URL', `import { createClient } from 'redis'; createClient({ url: process.env.A })`, { A: 'redis url' }],
    [
      'a socket',
      `import { createClient } from 'redis'; createClient({ password: process.env.C, socket: { host: process.env.A, port: Number(process.env.B) } })`,
      { A: 'redis host', B: 'redis port', C: 'redis password' },
    ],
    ['ioredis', `import Redis from 'ioredis'; new Redis(process.env.A)`, { A: 'redis url' }],
    [
      'ioredis, two',
      `import Redis from 'ioredis'; new Redis(process.env.A, process.env.B)`,
      { A: 'redis port', B: 'redis host' },
    ],
    [
      'bullmq',
      `import { Queue } from 'bullmq'; new Queue('mail', { connection: { host: process.env.A, port: +process.env.B } })`,
      { A: 'redis host', B: 'redis port' },
    ],
  ],
  keys: [
    [
      'jsonwebtoken',
      `const jwt = require('jsonwebtoken'); jwt.sign({ id }, process.env.A, { expiresIn: process.env.B }); jwt.verify(token, process.env.A)`,
      { A: 'secret', B: 'setting 1h' },
    ],
    ['named imports', `import { sign, verify } from 'jsonwebtoken'; sign({}, process.env.A)`, { A: 'secret' }],
    [
      'a pair',
      `const jwt = require('jsonwebtoken'); jwt.sign({}, process.env.A, { algorithm: 'RS256' }); jwt.verify(t, process.env.B, { algorithms: ['RS256'] })`,
      { A: 'pem private rsa', B: 'pem public rsa' },
    ],
    [
      'HS256 by name of a private key',
      `const jwt = require('jsonwebtoken'); jwt.sign({}, process.env.JWT_PRIVATE_KEY)`,
      { JWT_PRIVATE_KEY: 'secret' },
    ],
    ['promisified', `const decoded = await promisify(jwt.verify)(token, process.env.A)`, { A: 'secret' }],
    [
      'jose',
      `import { jwtVerify, SignJWT } from 'jose'; const key = new TextEncoder().encode(process.env.A); await jwtVerify(token, key)`,
      { A: 'secret' },
    ],
    ['fastify', `app.register(require('@fastify/jwt'), { secret: process.env.A })`, { A: 'secret' }],
    ['passport', `new JwtStrategy({ secretOrKey: process.env.A }, () => {})`, { A: 'secret' }],
    ['cookies', `app.use(cookieParser(process.env.A))`, { A: 'secret' }],
    ['stripe', `import Stripe from 'stripe'; const stripe = new Stripe(process.env.A)`, { A: 'stripe-key' }],
    ['stripe, required', `const stripe = require('stripe')(process.env.A)`, { A: 'stripe-key' }],
    [
      'bcrypt',
      `const bcrypt = require('bcrypt'); bcrypt.hash(p, Number(process.env.A)); bcrypt.genSalt(+process.env.B)`,
      { A: 'setting 10', B: 'setting 10' },
    ],
    ['the mode', `if (process.env.NODE_ENV !== 'production') {}`, { NODE_ENV: 'mode' }],
    [
      'by name',
      `const a = process.env.JWT_SECRET, b = process.env.MAIL_FROM`,
      { JWT_SECRET: 'secret', MAIL_FROM: 'unknown' },
    ],
  ],
};

for (const [subject, rows] of Object.entries(ROWS)) {
  describe(`variables: ${subject}`, () => {
    for (const [title, source, expected] of rows) {
      test(title, async () => {
        const found = findVariables(await sourcesOf(source), '');
        assert.deepEqual(Object.fromEntries(found.map(({ name, meaning }) => [name, short(meaning)])), expected);
      });
    }
  });
}
