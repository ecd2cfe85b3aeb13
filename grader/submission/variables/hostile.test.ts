import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { MAX_SOURCE_BYTES } from '../sources.ts';
import { findFixedPorts } from './fixed-ports.ts';
import { findHabits } from './habits.ts';
import { findVariables } from './detect.ts';
import { sourcesOf } from './testbed.ts';

async function look(files: string | Readonly<Record<string, string>>) {
  const sources = await sourcesOf(files);
  return {
    names: findVariables(sources, '').map(({ name }) => name),
    habits: findHabits(sources, '').length,
    ports: findFixedPorts(sources, '').map(({ port }) => port),
  };
}

const MARKER = '/tmp/grade-variables-test-was-run';
const nest = (depth: number, inner: string) => `${'('.repeat(depth)}${inner}${')'.repeat(depth)}`;

describe('sources that mean harm, or were made by tools', () => {
  test('nothing of them is run', async () => {
    const found = await look(
      `require('node:fs').writeFileSync('${MARKER}', ''); const p = (() => { require('node:fs').writeFileSync('${MARKER}', ''); return process.env.P })(); app.listen(p)`,
    );
    assert.deepEqual(found.names, ['P']);
    assert.equal(existsSync(MARKER), false);
  });

  test('a file over 1 MB is not looked at, one just below it costs nothing', async () => {
    const line = 'a=b(process.env.A);';
    const long = line.repeat(MAX_SOURCE_BYTES / line.length);
    assert.deepEqual(
      await look({ 'huge.js': `${long}${long}`, 'minified.js': long, 'app.js': 'app.listen(process.env.P)' }),
      { names: ['P'], habits: 0, ports: [] },
    );
  });

  test('deep nesting', async () => {
    assert.deepEqual((await look(`app.listen(${nest(20_000, 'process.env.P')})`)).names, []);
    const sum = Array.from({ length: 2000 }, (_, index) => `process.env.P${index % 7}`).join(' + ');
    assert.equal((await look(`mongoose.connect(${sum})`)).names.length, 7);
    assert.deepEqual((await look(`app.listen(${'x => '.repeat(500)} 3)`)).ports, []);
  });

  test('modules that import each other, and functions that call themselves', async () => {
    const found = await look({
      'a.js': `import { port } from './b.js'; export const host = port; export * from './b.js'; app.listen(port)`,
      'b.js': `import { host } from './a.js'; export const port = host; export * from './a.js'`,
      'c.js': `const f = (n) => f(n + 1); app.listen(f(process.env.P)); let x = y, y = x; app.listen(x); class A { get p() { return this.p } } app.listen(new A().p)`,
    });
    assert.deepEqual(found.ports, []);
  });

  test('names that files pass on to each other in a circle', async () => {
    const found = await look({
      'a.js': `export { port } from './b.js'; import { port as p } from './b.js'; app.listen(p)`,
      'b.js': `export { port } from './a.js'`,
      'c.js': `import * as config from './c.js'; export { config as default }; app.listen(config.default.default.port)`,
    });
    assert.deepEqual(found.ports, []);
  });

  test('texts that double at each step', async () => {
    const steps = Array.from(
      { length: 40 },
      (_, index) => `const v${index + 1} = v${index} + (q ? v${index} : '${index}');`,
    );
    assert.equal(
      (await look(`const v0 = process.env.P || 'a'; ${steps.join('\n')} mongoose.connect(v40)`)).habits <= 16,
      true,
    );
  });

  test('names of prototypes', async () => {
    const found = await look({
      'app.js': `const { __proto__: a, constructor: b } = process.env; app.listen(process.env.__proto__ || process.env.hasOwnProperty); const o = { toString: 1 }; app.listen(o.valueOf, o.__proto__.x); mongoose.connect(o['constructor'])`,
      '.env.example': '__proto__=1\nconstructor=2\n',
      'package.json': '{ "__proto__": { "a": 1 } }',
      'config.json': '{ "__proto__": 1 }',
      'b.js': `app.listen(require('./config.json').toString)`,
    });
    assert.equal(found.names.includes('constructor'), true);
    assert.equal(({} as Record<string, unknown>)['a'], undefined);
  });

  test('paths that lead out of the repository', async () => {
    assert.deepEqual(
      (
        await look({
          'app.js': `app.listen(require('../../../../etc/hostname')); app.listen(require('/etc/hostname').port)`,
        })
      ).ports,
      [],
    );
  });

  test('very many variables', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => `process.env.VAR_${index};`).join('\n');
    assert.equal((await look(many)).names.length, 300);
  });
});
