import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findFixedPorts } from './fixed-ports.ts';
import { sourcesOf } from './testbed.ts';

/** Title, source, and the ports that are expected, with their places. */
const ROWS: [title: string, source: string | Record<string, string>, expected: string[]][] = [
  ['a number', 'app\n.listen(5000)', ['5000 app.js:1']],
  ['a text', `app.listen('8080', () => {})`, ['8080 app.js:1']],
  ['a constant', 'const PORT = 4000;\nserver.listen(PORT)', ['4000 app.js:2']],
  ['options', 'fastify.listen({ port: 7001, host: "0.0.0.0" })', ['7001 app.js:1']],
  ['hono', `import { serve } from '@hono/node-server'; serve({ fetch: app.fetch, port: 8787 })`, ['8787 app.js:1']],
  [
    'a settings file',
    { 'config.json': '{ "server": { "port": 6000 } }', 'app.js': `app.listen(require('./config.json').server.port)` },
    ['6000 app.js:1'],
  ],
  [
    'a config module',
    { 'config.js': 'exports.port = 3000', 'app.js': `const { port } = require('./config'); app.listen(port)` },
    ['3000 app.js:1'],
  ],
  [
    'a class',
    {
      'server.ts':
        'class Server { private port: number; constructor(port: number) { this.port = port } start() { this.app.listen(this.port) } }\nnew Server(4321).start()',
    },
    ['4321 server.ts:1'],
  ],
  ['the default of a variable', 'app.listen(process.env.PORT || 3000)', []],
  ['the default of a variable, destructured', 'const { PORT = 3000 } = process.env; app.listen(PORT)', []],
  ['the default of a variable, with a condition', 'app.listen(process.env.PORT ? process.env.PORT : 3000)', []],
  ['a variable turned about', 'app.listen(3000 || process.env.PORT)', ['3000 app.js:1']],
  ['two', 'app.listen(3000); metrics.listen(9100)', ['3000 app.js:1', '9100 app.js:1']],
  ['any free port', 'server.listen(0)', []],
  ['another kind of listening', `emitter.listen('event'); store.listen(() => {})`, []],
  ['a test', { 'app.test.js': 'app.listen(3000)' }, []],
];

describe('fixed ports', () => {
  for (const [title, source, expected] of ROWS) {
    test(title, async () => {
      const found = findFixedPorts(await sourcesOf(source), '');
      assert.deepEqual(
        found.map(({ port, file, line }) => `${port} ${file}:${line}`),
        expected,
      );
    });
  }
});
