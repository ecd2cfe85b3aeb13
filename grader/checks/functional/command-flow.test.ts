import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LearnerError, UsageError } from '../../platform/errors.ts';
import { testWorkspace } from '../test-workspace.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './command.ts';

const programs = { todo: ['node', 'todo.js'], server: ['node', 'server.js'], echo: ['node', 'echo.js'] };

/** An honest todo app for the terminal, and what may be wrong with it. */
const TODO = `
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
const [command, text] = process.argv.slice(2);
const todos = existsSync('todos.json') ? JSON.parse(readFileSync('todos.json', 'utf8')) : [];
if (command === 'add') {
  todos.push({ id: todos.length + 1, title: text });
  writeFileSync('todos.json.new', JSON.stringify(todos));
  renameSync('todos.json.new', 'todos.json');
  console.log('#' + todos.length + ' ' + text);
} else if (command === 'list') {
  for (const { id, title } of todos) console.log(id + ' ' + title);
} else {
  console.error('usage: todo add|list');
  process.exitCode = 64;
}
`;
const SERVER = `
import { createServer } from 'node:http';
createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ path: request.url, greeting: process.env.GREETING }));
}).listen(process.env.PORT);
`;
const ECHO = `
let input = '';
process.stdin.on('data', (chunk) => { input += chunk; }).on('end', () => {
  console.log(JSON.stringify({ input, args: process.argv.slice(2), env: process.env.NAME }));
});
`;
const files = { 'package.json': '{"type":"module"}', 'todo.js': TODO, 'server.js': SERVER, 'echo.js': ECHO };
const bedOf = (changes: Record<string, string> = {}) =>
  testbed({ workspace: testWorkspace({ ...files, ...changes }), programs });

describe('CommandFlow', () => {
  test('a run is killed in the middle of its work, which is no failure by itself', async () => {
    await using bed = await bedOf({ 'todo.js': 'setInterval(() => {}, 1000);' });
    const kill = { run: 'todo', killAfter: '100ms' };
    const seen = await bed.run(check, {
      steps: [kill, { file: { path: 'todo.js' } }, { ...kill, expect: { exit: 0 } }],
    });
    assert.deepEqual(failures(seen), ['todo ends with exit code 0']);
    assert.deepEqual(
      seen.commands.map(({ signal, timedOut }) => [signal, timedOut]),
      [
        ['SIGKILL', false],
        ['SIGKILL', false],
      ],
    );
  });

  test('a write breaks off at the limit of a file', async () => {
    await using bed = await bedOf({
      'todo.js': `import { writeFileSync } from 'node:fs'; writeFileSync('big.txt', 'x'.repeat(+process.argv[2]));`,
    });
    const steps = (bytes: number) => [{ run: 'todo', args: [bytes], fileSizeLimit: 1024 }];
    assert.deepEqual(failures(await bed.run(check, { steps: steps(1024) })), []);
    assert.deepEqual(failures(await bed.run(check, { steps: steps(1025) })), ['todo 1025 ends with exit code 0']);
  });

  test('runs at once are really at once', async () => {
    const meeting = `
      import { existsSync, readdirSync, writeFileSync } from 'node:fs';
      writeFileSync('here-' + process.argv[2], '');
      const wait = setInterval(() => {
        if (readdirSync('.').filter((name) => name.startsWith('here-')).length < 5) return;
        clearInterval(wait);
        console.log(process.argv[2]);
      }, 10);`;
    await using bed = await bedOf({ 'todo.js': meeting });
    assert.deepEqual(
      failures(
        await bed.run(check, {
          steps: [
            { run: 'todo', args: ['{{index}}'], times: 5, together: true, expect: { stdout: { $matches: '^\\d$' } } },
          ],
        }),
      ),
      [],
    );
    const five = ['a', 'b', 'c', 'd', 'e'].map((args) => ({ run: 'todo', args: [args], expect: { stdout: args } }));
    assert.deepEqual(failures(await bed.run(check, { steps: [{ together: five }] })), []);
  });

  test('of several runs, the first that is wrong is shown, with how many there are', async () => {
    await using bed = await bedOf({ 'todo.js': 'process.exit(Number(process.argv[2]) % 2)' });
    const seen = await bed.run(check, { steps: [{ run: 'todo', args: ['{{index}}'], times: 4, together: true }] });
    assert.deepEqual(failures(seen), ['todo …, 4 at once, ends with exit code 0']);
    assert.match(seen.assertions[0]?.received ?? '', /exit code 1\n\(2 of 4 runs/);
  });

  test('a block is repeated until it fails', async () => {
    await using bed = await bedOf();
    const block = (limit: number) => ({
      steps: [
        {
          repeat: 3,
          steps: [{ run: 'todo', args: ['add', 'x'], expect: { stdout: { $not: { $matches: `^#${limit}` } } } }],
        },
      ],
    });
    assert.equal((await bed.run(check, block(4))).commands.length, 3);
    const seen = await bed.run(check, block(2));
    assert.equal(seen.commands.length, 2);
    assert.deepEqual(failures(seen), ['todo add x prints the right text']);
  });

  test('a server is started on a port of its own, asked, and stopped', async () => {
    await using bed = await bedOf();
    const serve = (path: string) => ({
      steps: [
        {
          serve: {
            run: 'server',
            env: { GREETING: 'hi' },
            steps: [{ request: 'GET /x', expect: { body: { path, greeting: 'hi' } } }],
          },
        },
      ],
    });
    const seen = await bed.run(check, serve('/x'));
    assert.deepEqual(failures(seen), []);
    const { url } = seen.exchanges[0]?.request ?? { url: '' };
    await assert.rejects(fetch(url), 'the server has ended');
    assert.deepEqual(failures(await bed.run(check, serve('/y'))), ['GET /x has the right body']);
  });

  test("a server that does not start is the learner's", async () => {
    await using bed = await bedOf({ 'server.js': 'throw new Error("no")' });
    await assert.rejects(
      bed.run(check, { steps: [{ serve: { run: 'server', steps: [{ request: 'GET /' }] } }] }),
      LearnerError,
    );
  });

  test('a program that the rubric does not name is an error of the rubric', async () => {
    await using bed = await bedOf();
    await assert.rejects(bed.run(check, { steps: [{ run: 'nope' }] }), UsageError);
  });

  test('output of any size and shape is a failed assertion at most', async () => {
    const flood = `process.stdout.write('\\0\\u001b[2J'.repeat(2_000_000)); process.stdout.write('[{"a":'.repeat(40_000) + '1' + '}]'.repeat(40_000));`;
    await using bed = await bedOf({ 'todo.js': flood });
    const seen = await bed.run(check, {
      steps: [{ run: 'todo', expect: { stdout: { $json: { a: 1 } } }, save: { a: 'stdout.json.a' } }],
    });
    assert.deepEqual(failures(seen), ['todo prints the right text']);
    await using deep = await bedOf({ 'todo.js': `console.log('['.repeat(100_000) + ']'.repeat(100_000))` });
    const nested = await deep.run(check, {
      steps: [
        { run: 'todo', save: { a: 'stdout.json' } },
        { run: 'todo', args: ['{{a}}'], expect: { stdout: '{{a}}' } },
      ],
    });
    assert.notDeepEqual(failures(nested), []);
  });
});
