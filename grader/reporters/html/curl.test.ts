import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import type { Exchange } from '../../report/schema.ts';
import { curlCommand, quote } from './curl.ts';

describe('curl commands', () => {
  test('read well', () => {
    assert.equal(
      curlCommand(
        exchange('PUT', { 'content-type': 'application/json', host: 'x', 'content-length': '9' }, '{"a":"b"}'),
      ),
      [
        "curl --include --globoff --path-as-is --url 'http://127.0.0.1:41837/products/17?a=b&c=[d]' \\",
        '  --request PUT \\',
        "  --header 'content-type: application/json' \\",
        `  --data-raw '{"a":"b"}'`,
      ].join('\n'),
    );
  });

  test('leave out what curl does by itself, and name what it does not', () => {
    assert.match(curlCommand(exchange('GET', {})), /^[^\n]*$/);
    assert.match(curlCommand(exchange('HEAD', {})), /--head$/);
    assert.doesNotMatch(curlCommand(exchange('POST', {}, 'x')), /--request/);
    assert.match(curlCommand(exchange('POST', {})), /--request POST/);
    assert.match(curlCommand(exchange('GET', {}, 'x')), /--request GET/);
    assert.match(curlCommand(exchange('GET', { 'x-empty': '' })), /--header 'x-empty;'/);
  });

  for (const word of [
    '',
    "it's",
    `"double" and 'single' ''`,
    '$(touch /tmp/owned) `id` ${HOME} !! \\',
    "'; touch /tmp/owned; '",
    'two\nlines\n',
    '-o',
    '@/etc/passwd',
    '~root',
    '*',
    '#x',
    '\t',
    "\u001b[31mred' \\ \u202Eturned \u0007",
    'naïve 桌 👩‍💻 \u{E0041}',
    '\u007f\u0085',
  ]) {
    test(`the shell gives back ${JSON.stringify(word)}`, () => {
      const got = execFileSync('bash', ['--norc', '-c', `printf '%s|' ${quote(word)}`], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      assert.equal(got, `${word}|`);
    });
  }

  test('the whole command gives curl the words that were meant', () => {
    const hostile = `'; touch /tmp/owned; echo "$(id)" \u001b]0;x\u0007\n`;
    const command = curlCommand(exchange(hostile, { 'x-any': hostile, '@/etc/passwd': 'x', 'a: b\n@c': 'x' }, hostile));
    const got = execFileSync('bash', ['--norc', '-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    assert.deepEqual(got.split('\0').slice(5), [
      '--request',
      hostile,
      '--header',
      `x-any: ${hostile}`,
      '--data-raw',
      hostile,
      '',
    ]);
  });
});

function exchange(method: string, headers: Record<string, string>, body?: string): Exchange {
  return {
    request: {
      method,
      url: 'http://127.0.0.1:41837/products/17?a=b&c=[d]',
      headers,
      ...(body === undefined ? {} : { body }),
    },
    durationMs: 1,
  };
}
