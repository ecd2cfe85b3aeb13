import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMonitorLine } from './redis-monitor.ts';

test('reads the client and the arguments', () => {
  assert.deepEqual(parseMonitorLine('1339518083.107412 [0 127.0.0.1:60866] "get" "user:1"'), {
    client: '127.0.0.1:60866',
    command: ['GET', 'user:1'],
  });
  assert.deepEqual(parseMonitorLine('1.2 [3 lua] "hset" "a b" ""'), { client: 'lua', command: ['HSET', 'a b', ''] });
});

test('reads escapes, and bytes as UTF-8', () => {
  const line = String.raw`1.2 [0 [::1]:5] "set" "a\"b\\c" "\n\r\t\a\b\x00\xc3\xbc" "] \"get\" "`;
  assert.deepEqual(parseMonitorLine(line)?.command, ['SET', 'a"b\\c', '\n\r\t\x07\b\x00ü', '] "get" ']);
});

test('cuts long arguments, and takes nothing else for a command', () => {
  assert.equal(parseMonitorLine(`1.2 [0 x:1] "set" "k" "${'v'.repeat(10_000)}"`)?.command[2]?.length, 4096);
  for (const line of ['OK', '', '1.2 [0 x:1] ', 'x [0 y] "get"']) assert.equal(parseMonitorLine(line), undefined);
});
