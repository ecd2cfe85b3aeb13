import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { argon2id, bcrypt } from 'hash-wasm';
import { passwordHash } from './password-hash.ts';

const PASSWORD = 'k3l9a8s7d6Kx7!';
const salt = new Uint8Array(16).fill(7);
const salt16 = Buffer.from(salt).toString('hex');
const phc = (N: number): string => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');
  return `$scrypt$ln=${Math.log2(N)},r=8,p=1$${text(salt)}$${text(scryptSync(PASSWORD, salt, 32, { N, r: 8, p: 1, maxmem: 2 ** 28 }))}`;
};

describe('a password hash is recognised and verified', () => {
  const hashes: Record<string, { text: () => Promise<string> | string; algorithm: string; enough: boolean }> = {
    'bcrypt of cost 10': {
      text: () => bcrypt({ password: PASSWORD, salt, costFactor: 10 }),
      algorithm: 'bcrypt',
      enough: true,
    },
    'bcrypt of cost 4': {
      text: () => bcrypt({ password: PASSWORD, salt, costFactor: 4 }),
      algorithm: 'bcrypt',
      enough: false,
    },
    'bcrypt as PHP writes it': {
      text: async () => (await bcrypt({ password: PASSWORD, salt, costFactor: 4 })).replace(/^\$2a/, '$2y'),
      algorithm: 'bcrypt',
      enough: false,
    },
    'Argon2id as OWASP asks for': {
      text: () =>
        argon2id({
          password: PASSWORD,
          salt,
          iterations: 2,
          parallelism: 1,
          memorySize: 19_456,
          hashLength: 32,
          outputType: 'encoded',
        }),
      algorithm: 'argon2',
      enough: true,
    },
    'Argon2id with little memory': {
      text: () =>
        argon2id({
          password: PASSWORD,
          salt,
          iterations: 2,
          parallelism: 1,
          memorySize: 1024,
          hashLength: 32,
          outputType: 'encoded',
        }),
      algorithm: 'argon2',
      enough: false,
    },
    'scrypt in the PHC format': { text: () => phc(2 ** 14), algorithm: 'scrypt', enough: true },
    'scrypt with a small N': { text: () => phc(2 ** 10), algorithm: 'scrypt', enough: false },
    'salt:hash by Node’s scrypt, salt taken as text': {
      text: () => `${salt16}:${scryptSync(PASSWORD, salt16, 64).toString('hex')}`,
      algorithm: 'scrypt',
      enough: true,
    },
    'hash.salt by Node’s scrypt, salt taken as bytes': {
      text: () => `${scryptSync(PASSWORD, salt, 64).toString('hex')}.${salt16}`,
      algorithm: 'scrypt',
      enough: true,
    },
  };
  for (const [name, { text, algorithm, enough }] of Object.entries(hashes)) {
    test(name, async () => {
      const hash = passwordHash(await text());
      assert.equal(hash?.algorithm, algorithm);
      assert.equal((hash?.bcryptCost ?? 0) >= 10, enough);
      assert.equal(await hash?.verifies?.(PASSWORD), true);
      assert.equal(await hash?.verifies?.(`${PASSWORD}x`), false);
    });
  }

  for (const text of [
    '',
    PASSWORD,
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '$2b$10$short',
    'user:name',
    '65f0c0ffee65f0c0ffee65f0',
  ]) {
    test(`"${text}" is none`, () => assert.equal(passwordHash(text), undefined));
  }
});

describe('a hash that would keep the grader busy is not computed', () => {
  const costly = [
    `$2b$31$${'a'.repeat(53)}`,
    '$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
    '$argon2id$v=19$m=4096,t=999999,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
    '$scrypt$ln=30,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
    '$scrypt$ln=999999999,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
  ];
  for (const text of costly) test(text.slice(0, 40), () => assert.equal(passwordHash(text)?.verifies, undefined));
});
