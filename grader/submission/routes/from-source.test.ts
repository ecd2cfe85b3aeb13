import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRoutes } from './find.ts';
import { writtenSources } from './written-sources.ts';

type Files = Record<string, string>;

async function found(files: Files, folder = ''): Promise<string[]> {
  return findRoutes(await writtenSources(files), folder).map(({ method, path }) => `${method} ${path}`);
}

function each(cases: Record<string, [Files, string[]]>): void {
  for (const [title, [files, expected]] of Object.entries(cases))
    test(title, async () => assert.deepEqual(await found(files), expected));
}

const ROUTER = `const express = require('express'); const router = express.Router();
router.get('/', list); router.get('/:id', one); module.exports = router;`;

each({
  'Express: routes of an app, also with several paths and chained methods': [
    {
      'index.js': `const app = require('express')();
        app.get('title'); app.set('x', 1); app.get(/regex/, h);
        app.get(['/a', '/b'], h); app.route('/c').get(h).post(auth, h); app.all('/d', h); app.get('*', spa);`,
    },
    ['GET /a', 'GET /b', 'GET /c', 'POST /c', 'ALL /d'],
  ],
  'Express: routers in other files, mounted with prefixes': [
    {
      'app.js': `const express = require('express'); const app = express();
        const PREFIX = '/api'; const { version } = require('./config');
        app.use(\`\${PREFIX}/v\${version}/todos\`, require('./routes/todos'));
        app.use(PREFIX, require('./routes'));`,
      'config.js': `module.exports = { version: 1 };`,
      'routes/todos.js': ROUTER,
      'routes/index.js': `const { Router } = require('express'); const all = Router();
        all.use('/users', require('./users')); module.exports = all;`,
      'routes/users.js': ROUTER,
    },
    ['GET /api/v1/todos', 'GET /api/v1/todos/{id}', 'GET /api/users', 'GET /api/users/{id}'],
  ],
  'Express: a router that a function adds to, and one that a function makes': [
    {
      'server.js': `import express from 'express'; import routes from './routes.js'; import { todos } from './todos.js';
        const app = express(); routes(app, {}); app.use('/todos', todos({ db: 1 }));`,
      'routes.js': `export default (app) => { app.post('/login', login); };`,
      'todos.js': `import { Router } from 'express';
        export const todos = ({ db }) => { const r = new Router(); r.delete('/:id(\\\\d+)', h); return r; };`,
    },
    ['POST /login', 'DELETE /todos/{id}'],
  ],
  'Express: a class that holds the app, and controllers in a list': [
    {
      'src/app.ts': `import express, { type Express } from 'express';
        export class App { public app: Express; #base = '/api';
          constructor(private controllers: Controller[]) { this.app = express(); this.mount(); }
          private mount() { this.controllers.forEach((c) => { this.app.use(this.#base, c.router); }); } }`,
      'src/base.ts': `import { Router } from 'express'; export abstract class Base { public router = Router(); }`,
      'src/todos.ts': `import { Base } from './base';
        export class Todos extends Base { public path = '/todos';
          constructor() { super(); this.init(); }
          private init(): void { this.router.get(this.path, this.all); this.router.get(\`\${this.path}/:id\`, this.one); }
          private all = async () => {}; private one = () => {}; }`,
      'src/server.ts': `import { App } from './app'; import { Todos } from './todos'; new App([new Todos()]).listen();`,
    },
    ['GET /api/todos', 'GET /api/todos/{id}'],
  ],
  'Express: made once a database is there, in an asynchronous main': [
    {
      'index.js': `const mongoose = require('mongoose'); const express = require('express');
        async function main() { await mongoose.connect(url); const app = express(); app.get('/health', ok); return app; }
        main().then((app) => { app.get('/late', ok); app.listen(1); }).catch(console.error);`,
    },
    ['GET /health', 'GET /late'],
  ],
  'Express: routers in a table, and all files of a folder': [
    {
      'app.js': `const fs = require('fs'); const path = require('path'); const app = require('express')();
        const table = [{ path: '/a', router: require('./routes/a') }];
        for (const { path: at, router } of table) app.use(at, router);
        fs.readdirSync(path.join(__dirname, 'routes')).forEach((file) => {
          app.use('/' + file.replace('.js', ''), require('./routes/' + file)); });`,
      'routes/a.js': ROUTER,
      'routes/b.js': ROUTER,
    },
    ['GET /a', 'GET /a/{id}', 'GET /b', 'GET /b/{id}'],
  ],
  'Express: the prefix has a fallback in the source, or is given as an option': [
    {
      'app.js': `const app = require('express')(); const config = require('./config');
        app.use(process.env.API_PREFIX || config.api.prefix, require('./r'));`,
      'config.js': `exports.api = { prefix: process.env.PREFIX ?? '/api/v2' };`,
      'r.js': ROUTER,
    },
    ['GET /api/v2', 'GET /api/v2/{id}'],
  ],
  'Express: aliases of tsconfig.json, index files, and re-exports': [
    {
      'tsconfig.json': `{ // paths\n "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] }, } }`,
      'src/app.ts': `import express from 'express'; import { todoRouter } from '@/routes'; import * as users from './routes/users.js';
        const app = express(); app.use('/todos', todoRouter); app.use('/users', users.default);`,
      'src/routes/index.ts': `export { default as todoRouter } from './todos'; export * from './users';`,
      'src/routes/todos.ts': `import { Router } from 'express'; const r: Router = Router(); r.patch('/:id', h); export default r;`,
      'src/routes/users.ts': `import { Router } from 'express'; const r = Router() as Router; r.post('/', h); export default r;`,
    },
    ['PATCH /todos/{id}', 'POST /users'],
  ],
  'Express: a router that nothing was seen to mount comes last, without a prefix': [
    { 'a.js': ROUTER, 'z.js': `const app = require('express')(); app.get('/z', h);` },
    ['GET /z', 'GET /', 'GET /{id}'],
  ],
  'Koa: routers with prefixes, nested, and mounted': [
    {
      'app.js': `const Koa = require('koa'); const Router = require('@koa/router'); const mount = require('koa-mount');
        const api = new Router({ prefix: '/api' }); const todos = require('./todos'); const app = new Koa();
        api.use('/todos', auth, todos.routes(), todos.allowedMethods());
        app.use(api.routes()).use(api.allowedMethods());
        const admin = new Koa(); const r = new Router(); r.prefix('/x').del('byName', '/:id', h); admin.use(r.routes());
        app.use(mount('/admin', admin));`,
      'todos.js': `const Router = require('koa-router'); const router = Router(); router.get('/', list).put('/:id', put); module.exports = router;`,
    },
    ['GET /api/todos', 'PUT /api/todos/{id}', 'DELETE /admin/x/{id}'],
  ],
  'Hono: base path, sub-apps, and OpenAPI routes': [
    {
      'src/index.ts': `import { Hono } from 'hono'; import { todos } from './todos';
        const app = new Hono<{ Variables: X }>().basePath('/api'); app.use('*', logger());
        app.route('/todos', todos); app.on(['PUT', 'DELETE'], '/both', h); export default app;`,
      'src/todos.ts': `import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
        const route = createRoute({ method: 'get', path: '/{id}' });
        export const todos = new OpenAPIHono().get('/', h).post('/', h); todos.openapi(route, h);`,
    },
    ['GET /api/todos', 'POST /api/todos', 'GET /api/todos/{id}', 'PUT /api/both', 'DELETE /api/both'],
  ],
  'Fastify: plugins with prefixes, routes as objects, fastify-plugin': [
    {
      'app.js': `import Fastify from 'fastify'; import fp from 'fastify-plugin'; import todos from './todos.js';
        const app = Fastify({ logger: true });
        app.register(todos, { prefix: '/api/todos' });
        app.register(fp(async (instance) => { instance.get('/plain', h); }), { prefix: '/ignored' });
        await app.register(import('./users.js'), { prefix: '/users' });`,
      'todos.js': `export default async function todos(fastify, opts) {
        fastify.get('/', h); fastify.route({ method: ['PUT', 'PATCH'], url: '/:id', handler: h }); }`,
      'users.js': `export default (f, _, done) => { f.post('/', { schema }, h); done(); };`,
    },
    ['GET /api/todos', 'PUT /api/todos/{id}', 'PATCH /api/todos/{id}', 'GET /plain', 'POST /users'],
  ],
  'Fastify: the folders of autoload are prefixes': [
    {
      'app.js': `const path = require('path'); const AutoLoad = require('@fastify/autoload');
        module.exports = async function (fastify, opts) {
          fastify.register(AutoLoad, { dir: path.join(__dirname, 'routes'), options: Object.assign({}, opts, { prefix: '/api' }) }); };`,
      'routes/root.js': `module.exports = async function (fastify) { fastify.get('/', h) }`,
      'routes/todos/index.js': `module.exports = async function (fastify) { fastify.get('/:id', h) }`,
      'server.js': `const app = require('fastify')(); app.register(require('./app'));`,
    },
    ['GET /api', 'GET /api/todos/{id}'],
  ],
  'Nest: controllers with a global prefix and versions': [
    {
      'src/main.ts': `import { VersioningType } from '@nestjs/common';
        async function bootstrap() { const app = await NestFactory.create(AppModule);
          app.setGlobalPrefix('api', { exclude: ['health'] }); app.enableVersioning({ type: VersioningType.URI }); }
        bootstrap();`,
      'src/todos.controller.ts': `import { Controller, Get } from '@nestjs/common'; const ID = ':id';
        @UseGuards(JwtGuard) @Controller({ path: 'todos', version: '1' })
        export class TodosController { constructor(private readonly todos: TodosService) {}
          @Get() list() {} @Get(ID) @UseGuards(OwnerGuard) one(@Param('id') id: string) {} @HttpCode(204) @Delete(':id') remove() {} }`,
      'src/health.controller.ts': `@Controller('health') export class Health { @Get() ok() {} }`,
    },
    ['GET /health', 'GET /api/v1/todos', 'GET /api/v1/todos/{id}', 'DELETE /api/v1/todos/{id}'],
  ],
  'Hapi: routes in lists, plugins with prefixes': [
    {
      'server.js': `const Hapi = require('@hapi/hapi'); const server = Hapi.server({ port: 1 });
        server.route([{ method: 'GET', path: '/todos/{id?}', handler }, { method: ['PUT', 'PATCH'], path: '/x', handler }]);
        server.register({ plugin: { name: 'a', register(s) { s.route({ method: 'POST', path: '/in', handler }); } }, routes: { prefix: '/p' } });`,
    },
    ['GET /todos', 'GET /todos/{id}', 'PUT /x', 'PATCH /x', 'POST /p/in'],
  ],
  'node:http: comparisons and tables': [
    {
      'server.js': `const http = require('node:http');
        http.createServer((req, res) => {
          if (req.method === 'GET' && req.url === '/todos') return list(res);
          if (req.url.startsWith('/todos/') && req.method === 'DELETE') return remove(res);
          if (pathname === '/users') { if (req.method === 'POST') return add(res); }
          if (/^\\/users\\/(\\d+)$/.test(pathname) && 'PUT' === req.method) return put(res);
        });
        const table = { 'PATCH /todos/:id': h };`,
    },
    ['GET /todos', 'DELETE /todos/{id}', 'POST /users', 'PUT /users/{id}', 'PATCH /todos/{id}'],
  ],
});

test('a route has its place, and the names of what stands before its handler', async () => {
  const sources = await writtenSources({
    'app.js': `const express = require('express');
const app = express();
app.use(express.json());
app.use('/todos', authenticate);
app.use('/todos', limiter({ max: 1 }), require('./todos'));
app.get('/open', h);`,
    'todos.js': `const router = require('express').Router();
router.use(tokens.verify);
router
  .route('/')
  .post([validate(schema), (req, res, next) => next()], controller.create);
module.exports = router;`,
  });
  assert.deepEqual(findRoutes(sources, ''), [
    {
      method: 'POST',
      path: '/todos',
      file: 'todos.js',
      line: 5,
      guards: ['express.json', 'authenticate', 'limiter', 'tokens.verify', 'validate', 'anonymous'],
      from: 'source',
    },
    { method: 'GET', path: '/open', file: 'app.js', line: 6, guards: ['express.json'], from: 'source' },
  ]);
});

test('guards of Fastify and Nest are named as well', async () => {
  const guards = async (files: Files) => findRoutes(await writtenSources(files), '').map((route) => route.guards);
  assert.deepEqual(
    await guards({
      'app.js': `const app = require('fastify')(); app.addHook('onRequest', authenticate);
        app.get('/a', { preHandler: [app.verify, roles.admin] }, h);`,
    }),
    [['authenticate', 'verify', 'roles.admin']],
  );
  assert.deepEqual(
    await guards({
      'c.ts': `@UseGuards(AuthGuard('jwt')) @Controller('a') export class A { @UseGuards(Roles) @Get() x() {} }`,
    }),
    [['AuthGuard', 'Roles']],
  );
});

test('only the folder that is asked for is looked at', async () => {
  const files = { 'a/app.js': `require('express')().get('/a', h)`, 'b/app.js': `require('express')().get('/b', h)` };
  assert.deepEqual(await found(files, 'b'), ['GET /b']);
});

test('hostile code is read within bounds', async () => {
  const deep = `${'('.repeat(5000)}1${')'.repeat(5000)}`;
  const sum = `const app = require('express')(); app.get(${"'/a' + ".repeat(3000)} '/b', h);`;
  const files = {
    'broken.js': `const app = require('express')(; app.get('/x', h)`,
    'deep.js': `require('express')().get(${deep}, h)`,
    'sum.js': sum,
    'self.js': `const r = require('express').Router(); r.use('/r', r); r.use('/q', r); r.get('/x', h); module.exports = r;`,
    'loop.js': `const f = require('./loop.js'); module.exports = () => { f(); f(); module.exports(); }; module.exports();`,
    'many.js': `const app = require('express')(); const p = ['/a', '/b', '/c', '/d', '/e', '/f', '/g', '/h', '/i', '/j'];
      const go = (n) => { for (const a of p) for (const b of p) for (const c of p) for (const d of p) { app.get(a + b + c + d, h); go(n); } }; go(1);`,
    'tower.js': `const { Router } = require('express'); const a = Router(); a.get('/x', h);
      ${Array.from(
        { length: 30 },
        (_, i) => `const r${i} = Router(); r${i}.use('/a', r${i - 1}); r${i}.use('/b', r${i - 1});`,
      )
        .join('')
        .replaceAll('r-1', 'a')}
      require('express')().use(r29);`,
    'a-proto.js': `const o = { __proto__: 1, constructor: 2 }; require('express')().get('/__proto__', o.constructor.__proto__, h);`,
  };
  const started = performance.now();
  const routes = await found(files);
  assert.ok(routes.length <= 4000, `${routes.length} routes`);
  assert.ok(routes.includes('GET /__proto__'));
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});

test('a large repository is mostly not parsed', async () => {
  const files: Files = {
    'app.js': `const app = require('express')(); app.use('/api', require('./r'));`,
    'r.js': ROUTER,
  };
  for (let index = 0; index < 2000; index += 1)
    files[`lib/f${index}.js`] = `export const x${index} = ${index};\n`.repeat(40);
  const sources = await writtenSources(files);
  const parsed: string[] = [];
  const spied = { ...sources, syntax: (path: string) => (parsed.push(path), sources.syntax(path)) };
  assert.equal(findRoutes(spied, '').length, 2);
  assert.deepEqual([...new Set(parsed)].toSorted(), ['app.js', 'r.js']);
});

test('a text without end is looked through once', async () => {
  const sources = await writtenSources({
    'app.js': `require('express')().get('/a', h);`,
    'blank.js': `import${' '.repeat(100_000)}`,
    'blank.json': '\n'.repeat(4096),
  });
  const before = process.cpuUsage();
  assert.equal(findRoutes(sources, '').length, 1);
  assert.ok(process.cpuUsage(before).user < 1_000_000);
});
