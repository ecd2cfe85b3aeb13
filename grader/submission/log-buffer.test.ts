import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBuffer } from './log-buffer.ts';

const write = (log: LogBuffer, text: string, stream = 'stdout') => log.write(stream, Buffer.from(text));

test('lines are split, also across pieces and inside of characters', () => {
  const log = new LogBuffer(1000);
  const euro = Buffer.from('5 €\n');
  log.write('stdout', euro.subarray(0, 3));
  log.write('stdout', euro.subarray(3));
  write(log, 'two\r\nthree');
  assert.deepEqual(log.tail(10), ['5 €', 'two', 'three']);
  log.close();
  assert.deepEqual(log.tail(2), ['two', 'three']);
});

test('streams do not cut into one another’s lines', () => {
  const log = new LogBuffer(1000);
  write(log, 'out ');
  write(log, 'error\n', 'stderr');
  write(log, 'put\n');
  assert.deepEqual(log.tail(10), ['error', 'out put']);
});

test('marks tell what came later, also when much was dropped', () => {
  const log = new LogBuffer(50);
  write(log, 'one\n');
  const mark = log.mark();
  write(log, 'two\nthree\n');
  assert.deepEqual(log.since(mark), ['two', 'three']);
  write(log, 'x\n'.repeat(1000));
  assert.equal(log.mark(), 1003);
  assert.equal(log.since(mark).length, 25);
  assert.deepEqual(log.since(log.mark()), []);
});

test('endless lines and control characters are bounded and made harmless', () => {
  const log = new LogBuffer(1_000_000);
  for (let i = 0; i < 100; i++) write(log, 'y'.repeat(1000));
  write(log, '\n\u001b[31mred\u001b[0m\u0000\u202e\n');
  const [long = '', red = ''] = log.tail(2);
  assert.equal(long.length < 2100, true);
  assert.match(long, /98000 more characters/);
  assert.equal(red, 'red␀⟨U+202E⟩');
  assert.equal(log.bytes > 100_000, true);
});

test('a long line is there in full for who asks for it', () => {
  const log = new LogBuffer(1_000_000);
  const line = JSON.stringify({ stack: 'z'.repeat(5000) });
  write(log, `${line}\n${'y'.repeat(20_000)}\n`);
  assert.deepEqual(log.since(0, 10_000), [line, `${'y'.repeat(10_000)}… (10000 more characters)`]);
  assert.deepEqual(log.since(0, 100_000), [line, `${'y'.repeat(16_384)}… (3616 more characters)`]);
  assert.equal(log.since(0)[0], `${line.slice(0, 2000)}… (${line.length - 2000} more characters)`);
});
