import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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

const addAndList = {
  let: { title: '{{random.phrase}}' },
  steps: [
    {
      run: 'todo',
      args: ['add', '{{title}}'],
      expect: { exit: 0, stdout: { $matches: '^#\\d+ {{title}}$' }, stderr: '', time: '20s' },
      save: { id: { from: 'stdout', matches: '#(\\d+)' } },
    },
    { run: 'todo', args: ['list'], expect: { stdout: { $lines: ['{{id}} {{title}}'] } } },
    { file: { path: 'todos.json', json: [{ id: 1, title: '{{title}}' }] } },
    { run: 'todo', args: ['no such'], expect: { exit: 'nonzero', stderr: { $contains: 'usage' }, noStack: true } },
  ],
};

describe('command', () => {
  test('an honest program holds up; every assertion shows its run', async () => {
    await using bed = await bedOf();
    const seen = await bed.run(check, addAndList);
    assert.deepEqual(
      seen.assertions.map(({ title, ok }) => [title, ok]),
      [
        ['todo add … ends with exit code 0', true],
        ['todo add … prints the right text', true],
        ['todo add … prints the right text on stderr', true],
        ['todo add … ends within 20 s', true],
        ['todo list ends with exit code 0', true],
        ['todo list prints the right text', true],
        ['todos.json holds the right JSON', true],
        ['todo "no such" ends with an exit code other than 0', true],
        ['todo "no such" prints the right text on stderr', true],
        ['todo "no such" prints no stack trace', true],
      ],
    );
    assert.deepEqual(
      seen.assertions.map(({ command }) => command),
      [0, 0, 0, 0, 1, 1, undefined, 2, 2, 2],
    );
    assert.match(seen.commands[0]?.command.join(' ') ?? '', /^node todo\.js add \w+ \w+ \d+$/);
  });

  const broken: [what: string, source: string, first: string, received: RegExp][] = [
    [
      'exit code',
      TODO.replace("console.log('#'", "process.exitCode = 3; console.error('oops'); console.log('#'"),
      'todo add … ends with exit code 0',
      /exit code 3, saying "oops"/,
    ],
    ['stdout', TODO.replace("'#' +", "'# ' +"), 'todo add … prints the right text', /# 1/],
    [
      'stderr',
      `console.error('(node:1) Warning: careful');${TODO}`,
      'todo add … prints the right text on stderr',
      /careful/,
    ],
    [
      'memory',
      TODO.replace(
        "writeFileSync('todos.json.new', JSON.stringify(todos));\n  renameSync('todos.json.new', 'todos.json');",
        '',
      ),
      'todo list prints the right text',
      /\[\]/,
    ],
    [
      'file',
      TODO.replace('title: text', 'title: text, done: false, id: String(todos.length + 1)'),
      'todos.json holds the right JSON',
      /json\[0\]\.id: "1"/,
    ],
    [
      'exit code of wrong use',
      TODO.replace('process.exitCode = 64', ''),
      'todo "no such" ends with an exit code other than 0',
      /exit code 0/,
    ],
    [
      'stack trace',
      TODO.replace("console.error('usage", "console.error(new Error('usage').stack, 'usage"),
      'todo "no such" prints no stack trace',
      /a stack trace: "at .*todo\.js:\d+/,
    ],
    ['syntax', `${TODO} }`, 'todo add … ends with exit code 0', /exit code 1/],
    [
      'end by a signal',
      `process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);`,
      'todo add … ends with exit code 0',
      /an end by SIGSEGV/,
    ],
  ];
  for (const [what, source, first, received] of broken) {
    test(`a wrong ${what} fails the assertion that names it, and what comes later earns nothing`, async () => {
      await using bed = await bedOf({ 'todo.js': source });
      const seen = await bed.run(check, addAndList);
      const failed = seen.assertions.find(({ ok }) => !ok);
      assert.equal(failed?.title, first);
      assert.match(failed?.received ?? '', received);
      assert.equal(seen.assertions.length, 10, 'as many as for an honest program');
      assert.ok(seen.assertions.slice(seen.assertions.indexOf(failed!) + 4).every(({ ok }) => !ok));
    });
  }

  test('a run that does not end is stopped, and said so', async () => {
    await using bed = await bedOf({ 'todo.js': 'setInterval(() => {}, 1000);' });
    const seen = await bed.run(check, {
      steps: [{ run: 'todo', timeout: '300ms', expect: { exit: 'nonzero', time: '1m' } }],
    });
    assert.deepEqual(failures(seen), ['todo ends with an exit code other than 0', 'todo ends within 1 m']);
    assert.match(seen.assertions[0]?.received ?? '', /no end: it was stopped after/);
  });

  test('a run that takes too long fails', async () => {
    await using bed = await bedOf();
    assert.deepEqual(
      failures(await bed.run(check, { steps: [{ run: 'todo', args: ['list'], expect: { time: '1ms' } }] })),
      ['todo list ends within 1 ms'],
    );
  });

  test('stdin, environment, arguments; parts of the output are saved', async () => {
    await using bed = await bedOf();
    const seen = await bed.run(check, {
      steps: [
        {
          run: 'echo',
          args: ['{{random.int}}', 5],
          stdin: 'line {{random.word}}\n',
          env: { NAME: 'Zoë' },
          expect: { stdout: { $json: { input: { $matches: '^line [a-z]+\\n$' }, env: 'Zoë' } } },
          save: { number: 'stdout.json.args[0]', code: 'exit' },
        },
        { run: 'echo', args: ['{{number}}', '{{code}}'], expect: { stdout: { $json: { args: ['{{number}}', '0'] } } } },
      ],
    });
    assert.deepEqual(failures(seen), []);
    const missing = await bed.run(check, { steps: [{ run: 'echo', save: { id: 'stdout.json.nope' } }] });
    assert.deepEqual(failures(missing), ['echo prints the id (stdout.json.nope)']);
  });

  test('files are written, removed, looked at and looked for', async () => {
    await using bed = await bedOf();
    const seen = await bed.run(check, {
      let: { name: '{{random.token}}' },
      steps: [
        { write: { file: 'a/{{name}}.txt', content: 'hi {{name}}' } },
        { file: { path: 'a/{{name}}.txt', text: 'hi {{name}}' } },
        { write: { file: 'b.json', json: { n: 1 } } },
        { file: { path: 'b.json', json: { n: 1 } } },
        { file: { path: 'b.json' } },
        { remove: 'b.json' },
        { file: { path: 'b.json', absent: true } },
      ],
    });
    assert.deepEqual(failures(seen), []);
    const wrong = await bed.run(check, {
      steps: [
        { file: { path: 'todo.js', absent: true }, independent: true },
        { file: { path: 'none.json', json: {} }, independent: true },
        { file: { path: 'none.txt' }, independent: true },
        { file: { path: 'todo.js', text: { $contains: 'COBOL' } }, independent: true },
        { file: { path: 'todo.js', json: {} } },
      ],
    });
    assert.deepEqual(failures(wrong), [
      'todo.js is not there',
      'none.json holds the right JSON',
      'none.txt is there',
      'todo.js holds the right text',
      'todo.js holds the right JSON',
    ]);
    assert.equal(wrong.assertions[1]?.received, 'there is no such file');
  });
});
