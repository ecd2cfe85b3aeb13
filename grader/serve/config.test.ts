import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { readServeConfig } from './config.ts';

const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey.trim();
const GOOD = { GRADE_APP_ID: '12', GRADE_APP_PRIVATE_KEY: KEY, GRADE_WEBHOOK_SECRET: 'a secret of some length' };

describe('the server’s configuration', () => {
  test('comes from variables', () => {
    const config = readServeConfig({
      ...GOOD,
      GRADE_GITHUB_API: 'https://github.example/api/v3/',
      GRADE_STATE_DIR: '/s',
    });
    assert.deepEqual(config, {
      appId: 12,
      privateKey: KEY,
      webhookSecret: 'a secret of some length',
      apiUrl: 'https://github.example/api/v3',
      stateDir: '/s',
    });
  });

  test('or from files, as secrets are mounted', () => {
    const files: Record<string, string> = { '/run/key': `${KEY}\n`, '/run/hook': 'a secret of some length\n' };
    const config = readServeConfig(
      { GRADE_APP_ID: '12', GRADE_APP_PRIVATE_KEY_FILE: '/run/key', GRADE_WEBHOOK_SECRET_FILE: '/run/hook' },
      (path) => files[path] ?? '',
    );
    assert.deepEqual([config.privateKey, config.webhookSecret], [KEY, 'a secret of some length']);
    assert.equal(config.apiUrl, 'https://api.github.com');
  });

  test('takes a key whose line ends are written out', () => {
    assert.equal(readServeConfig({ ...GOOD, GRADE_APP_PRIVATE_KEY: KEY.replaceAll('\n', '\\n') }).privateKey, KEY);
  });

  test('each value that is missing or wrong is named, and none is repeated', () => {
    assert.throws(
      () => readServeConfig({}),
      /GRADE_APP_ID is missing:.*\n.*GRADE_APP_PRIVATE_KEY is missing \(or GRADE_APP_PRIVATE_KEY_FILE\).*\n.*GRADE_WEBHOOK_SECRET is missing/,
    );
    const wrong = {
      GRADE_APP_ID: 'twelve',
      GRADE_APP_PRIVATE_KEY: 'not-a-key-value',
      GRADE_WEBHOOK_SECRET: 'short',
      GRADE_GITHUB_API: 'nowhere',
    };
    assert.throws(
      () => readServeConfig(wrong),
      ({ message }: Error) => {
        for (const name of Object.keys(wrong)) assert.ok(message.includes(name), name);
        assert.doesNotMatch(message, /not-a-key-value|short\b/);
        return true;
      },
    );
  });

  test('set twice is not guessed at; a file that is not there is named', () => {
    assert.throws(
      () => readServeConfig({ ...GOOD, GRADE_WEBHOOK_SECRET_FILE: '/x' }),
      /GRADE_WEBHOOK_SECRET is set twice/,
    );
    const { GRADE_APP_PRIVATE_KEY: _, ...rest } = GOOD;
    assert.throws(
      () => readServeConfig({ ...rest, GRADE_APP_PRIVATE_KEY_FILE: '/not/there.pem' }),
      /GRADE_APP_PRIVATE_KEY can’t be read from \/not\/there\.pem/,
    );
  });
});
