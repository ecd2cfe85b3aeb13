import {
  base64url,
  compactVerify,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** A token taken apart, without trust in its signature. */
export interface DecodedToken {
  /** What stood before the token, such as `Bearer `; apps that give it want it back. */
  prefix: string;
  raw: string;
  header: { alg: string; [name: string]: unknown };
  payload: JWTPayload;
}

/** Longer tokens don't fit the headers of usual servers (Node's limit is 16 kB for all headers). */
const MAX_TOKEN_CHARS = 8 * 1024;

/**
 * Keys that stand in tutorials, documentation and copied `.env` files; tools that crack tokens try them
 * first (OWASP "JSON Web Token Cheat Sheet": weak token secret).
 */
export const GUESSABLE_KEYS: readonly string[] = [
  'secret',
  'Secret',
  'SECRET',
  'secretkey',
  'secretKey',
  'secret_key',
  'secret-key',
  'supersecret',
  'super-secret',
  'super_secret',
  'supersecretkey',
  'super-secret-key',
  'mysecret',
  'my-secret',
  'my_secret',
  'mysecretkey',
  'my-secret-key',
  'my_secret_key',
  'topsecret',
  'jwtsecret',
  'jwtSecret',
  'jwt_secret',
  'jwt-secret',
  'JWT_SECRET',
  'jwt',
  'jwtkey',
  'jwt_secret_key',
  'jwtPrivateKey',
  'privatekey',
  'privateKey',
  'private_key',
  'your_secret',
  'your-secret',
  'yoursecret',
  'your_jwt_secret',
  'your-jwt-secret',
  'your_secret_key',
  'your-secret-key',
  'yoursecretkey',
  'your_jwt_secret_key',
  'your-256-bit-secret',
  'your-super-secret-key',
  'your_super_secret_key',
  'a-string-secret-at-least-256-bits-long',
  'changeme',
  'change-me',
  'change_me',
  'changeit',
  'default',
  'dev',
  'devsecret',
  'dev-secret',
  'dev_secret',
  'development',
  'test',
  'testsecret',
  'test-secret',
  'token',
  'tokensecret',
  'shhhhh',
  'shhh',
  'keyboard cat',
  'password',
  'pass',
  'key',
  'mykey',
  'my-key',
  'admin',
  'hello',
  'qwerty',
  '123',
  '1234',
  '12345',
  '123456',
  '12345678',
  'abc',
  'abc123',
  'undefined',
  'null',
];

/** Takes a token apart; a sentence on what is wrong where it is not a JWT. */
export function decode(token: string): DecodedToken | string {
  const prefix = /^\w+ +/.exec(token)?.[0] ?? '';
  const raw = token.slice(prefix.length);
  if (raw.length > MAX_TOKEN_CHARS) return `a text of ${raw.length} characters`;
  try {
    const header = decodeProtectedHeader(raw);
    const payload = decodeJwt(raw);
    if (typeof header.alg !== 'string') return `a token whose header names no algorithm: ${JSON.stringify(header)}`;
    return { prefix, raw, header: { ...header, alg: header.alg }, payload };
  } catch {
    return `not a JWT (three parts, base64url, joined by dots): ${raw.slice(0, 80)}`;
  }
}

/** The same token with `alg: none` in its usual spellings, unsigned or with the old signature. */
export function unsigned({ prefix, raw, header, payload }: DecodedToken): { what: string; token: string }[] {
  const [, , signature = ''] = raw.split('.');
  const forged = (alg: string, end: string): string =>
    `${prefix}${encode({ ...header, alg })}.${encode(payload)}.${end}`;
  return [
    ...['none', 'None', 'NONE', 'nOnE'].map((alg) => ({
      what: `alg "${alg}" and no signature`,
      token: forged(alg, ''),
    })),
    { what: 'alg "none" and the old signature', token: forged('none', signature) },
    { what: 'no signature', token: `${prefix}${raw.slice(0, raw.lastIndexOf('.') + 1)}` },
  ];
}

/** The same header with other claims, under the old signature. */
export function tampered({ prefix, raw }: DecodedToken, payload: JWTPayload): string {
  const [header, , signature] = raw.split('.');
  return `${prefix}${header}.${encode(payload)}.${signature}`;
}

/** The same claims, signed with a key that the app can't know. */
export async function signedByStranger({ prefix, header, payload }: DecodedToken): Promise<string> {
  const alg = header.alg;
  const key = alg.startsWith('HS')
    ? crypto.getRandomValues(new Uint8Array(64))
    : (await generateKeyPair(alg)).privateKey;
  return prefix + (await new SignJWT(payload).setProtectedHeader({ ...header, alg }).sign(key));
}

/** Other claims, signed with a known secret by the token's own algorithm. */
export async function signed({ prefix, header }: DecodedToken, payload: JWTPayload, key: Uint8Array): Promise<string> {
  return prefix + (await new SignJWT(payload).setProtectedHeader({ ...header, alg: header.alg }).sign(key));
}

/** Which of the secrets signed the token, as text or as the bytes that it is the base64 of; undefined when none did. */
export async function signingKey(
  { raw }: DecodedToken,
  secrets: readonly string[],
): Promise<{ secret: string; key: Uint8Array } | undefined> {
  for (const secret of secrets) {
    for (const key of [new TextEncoder().encode(secret), Buffer.from(secret, 'base64'), Buffer.from(secret, 'hex')]) {
      if (key.length > 0 && (await verifies(raw, key))) return { secret, key };
    }
  }
  return undefined;
}

async function verifies(raw: string, key: Uint8Array): Promise<boolean> {
  try {
    await compactVerify(raw, key, { algorithms: ['HS256', 'HS384', 'HS512'] });
    return true;
  } catch {
    return false;
  }
}

function encode(value: unknown): string {
  return base64url.encode(JSON.stringify(value));
}
