import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printable, printableLine } from '../../platform/printable.ts';
import { postingWith } from './mock/posting.ts';
import { annotationCommand, plainLine, withoutCommands, workflowCommand } from './workflow-commands.ts';

describe('workflow commands', () => {
  test('carry an annotation', () => {
    const [note] = postingWith(1).annotations;
    assert.ok(note);
    assert.equal(
      annotationCommand({ ...note, start_column: 3, end_column: 3, message: 'A key.\nTake it out.' }),
      '::error title=A secret is in the code (0 / 5),file=src/app.js,line=1,col=3::A key.%0ATake it out.\n',
    );
    assert.match(annotationCommand({ ...note, annotation_level: 'warning' }), /^::warning /);
  });

  for (const hostile of [
    '::error::x',
    'a\n::set-output name=x::y',
    'a\r\nb',
    '100%0A::x',
    'a,file=b,line=9',
    '\u202Ea\u0007',
  ]) {
    test(`hold ${JSON.stringify(hostile)} as text`, () => {
      const command = workflowCommand('error', { title: hostile, file: hostile, line: 1 }, hostile);
      assert.equal(command.split('\n').length, 2);
      const [, properties = '', message = ''] = /^::error ([^]*?)::([^]*)\n$/.exec(command) ?? [];
      const values = Object.fromEntries(
        properties.split(',').map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
      );
      assert.deepEqual(Object.keys(values), ['title', 'file', 'line']);
      // What the runner reads is what was meant, on one line in a property.
      assert.equal(decode(message), printable(hostile));
      assert.equal(decode(values['title']), printableLine(hostile));
    });
  }

  test('are not taken from text that others wrote', () => {
    const written: string[] = [];
    {
      using log = withoutCommands({ write: (text) => written.push(text) });
      log.write('::error::forged\n');
      log.write('##[add-mask]x');
      log.write('');
    }
    const all = written.join('');
    const token = /^::stop-commands::([0-9a-f]{48})\n/.exec(all)?.[1];
    assert.ok(token);
    assert.deepEqual(commandsIn(all), []);
    assert.ok(all.endsWith(`##[add-mask]x\n::${token}::\n`));
    assert.deepEqual(commandsIn(`${all}::notice::after\n`), ['notice']);
  });

  test('have another token each time', () => {
    const tokens = [1, 2].map(() => {
      const written: string[] = [];
      withoutCommands({ write: (text) => written.push(text) })[Symbol.dispose]();
      return written[0];
    });
    assert.notEqual(tokens[0], tokens[1]);
  });

  test('are not made of a line of our own that quotes others', () => {
    for (const quoted of ['::error::x', '  ::error::x', '\u00A0::error::x', '\n::error::x', 'Why: ##[error]x']) {
      const line = plainLine(quoted);
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.deepEqual(commandsIn(line), []);
    }
  });
});

/** As the runner reads a value. */
function decode(value = ''): string {
  const codes = { '%0A': '\n', '%0D': '\r', '%3A': ':', '%2C': ',', '%25': '%' };
  return Object.entries(codes).reduce((text, [code, character]) => text.replaceAll(code, character), value);
}

/** The commands that the runner obeys in a log: `::name …::` at the start of a line, `##[name …]` anywhere. */
function commandsIn(log: string): string[] {
  const found: string[] = [];
  let token: string | undefined;
  for (const line of log.split(/\r?\n/)) {
    const command = /^\s*::([\w-]+)[^]*?::(.*)$/.exec(line) ?? /##\[([\w-]+)/.exec(line);
    if (command === null) continue;
    if (token !== undefined) {
      if (command[1] === token) token = undefined;
    } else if (command[1] === 'stop-commands') token = command[2];
    else found.push(command[1] ?? '');
  }
  return found;
}
