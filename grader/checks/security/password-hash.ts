import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { argon2Verify, bcryptVerify } from 'hash-wasm';

/** A text that looks like the hash of a password, by a function made for that. */
export interface PasswordHash {
  text: string;
  algorithm: 'bcrypt' | 'argon2' | 'scrypt';
  /** What it costs to try a password, in words. */
  cost: string;
  /** bcrypt's cost factor, or the one that costs about as much. */
  bcryptCost: number;
  /** Undefined where verifying would cost the grader too much. */
  verifies: ((password: string) => Promise<boolean>) | undefined;
}

const scryptOf = promisify<
  string,
  string | Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

/** The grader computes hashes itself: beyond these, a submission could keep it busy for hours. */
const MAX_BCRYPT_COST = 14;
const MAX_MEMORY_KIB = 256 * 1024;
const MAX_ARGON2_PASSES = 16;

/**
 * The least that OWASP's "Password Storage Cheat Sheet" asks for: bcrypt with a cost of 10; Argon2id with one of
 * these pairs of memory (KiB) and passes. For scrypt the least here is N = 2^14, r = 8: Node's default,
 * and what its author proposed for logins (C. Percival, 2009).
 */
const ARGON2_LEAST = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [7_168, 5],
] as const;
const OWASP_BCRYPT_COST = 10;

/** Recognises a hash in a text that was stored; undefined where it is none of those that are known. */
export function passwordHash(text: string): PasswordHash | undefined {
  return bcrypt(text) ?? argon2(text) ?? scryptPhc(text) ?? scryptPair(text);
}

function bcrypt(text: string): PasswordHash | undefined {
  const cost = Number(/^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(cost)) return undefined;
  const verifies =
    cost >= 4 && cost <= MAX_BCRYPT_COST ? (password: string) => bcryptVerify({ password, hash: text }) : undefined;
  return { text, algorithm: 'bcrypt', cost: `cost ${cost}`, bcryptCost: cost, verifies };
}

function argon2(text: string): PasswordHash | undefined {
  const found =
    /^\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,4})\$[A-Za-z0-9+/=]{8,200}\$[A-Za-z0-9+/=]{8,200}$/.exec(
      text,
    );
  if (!found) return undefined;
  const [memory, passes, lanes] = found.slice(1).map(Number) as [number, number, number];
  const strong = ARGON2_LEAST.some(([m, t]) => memory >= m && passes >= t);
  const bearable = memory <= MAX_MEMORY_KIB && passes <= MAX_ARGON2_PASSES && lanes <= 16;
  return {
    text,
    algorithm: 'argon2',
    cost: `${memory} KiB, ${passes} passes`,
    bcryptCost: strong ? OWASP_BCRYPT_COST : 0,
    verifies: bearable ? (password) => argon2Verify({ password, hash: text }).catch(() => false) : undefined,
  };
}

/** `$scrypt$ln=14,r=8,p=1$salt$hash`, as the PHC string format has it. */
function scryptPhc(text: string): PasswordHash | undefined {
  const found =
    /^\$scrypt\$(?:ln|n)=(\d{1,9}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/=]{8,200})\$([A-Za-z0-9+/=]{16,200})$/.exec(
      text,
    );
  if (!found) return undefined;
  const [ln, r, p] = found.slice(1, 4).map(Number) as [number, number, number];
  const N = ln <= 31 ? 2 ** ln : ln;
  const [salt, hash] = [Buffer.from(found[4] ?? '', 'base64'), Buffer.from(found[5] ?? '', 'base64')];
  return scryptHash(text, { N, r, p }, [salt], [hash]);
}

/** `salt:hash` or `hash.salt` in hex, the way the examples for Node's own crypto.scrypt store it. */
function scryptPair(text: string): PasswordHash | undefined {
  const [, first = '', second = ''] = /^([0-9a-f]{16,256})[:.$]([0-9a-f]{16,256})$/i.exec(text) ?? [];
  const [salt, hash] = first.length < second.length ? [first, second] : [second, first];
  if (salt === hash || hash.length < 64 || hash.length % 2 !== 0) return undefined;
  return scryptHash(text, { N: 2 ** 14, r: 8, p: 1 }, [salt, Buffer.from(salt, 'hex')], [Buffer.from(hash, 'hex')]);
}

function scryptHash(
  text: string,
  cost: { N: number; r: number; p: number },
  salts: (string | Buffer)[],
  [hash = Buffer.alloc(0)]: Buffer[],
): PasswordHash {
  const kib = (128 * cost.N * cost.r) / 1024;
  const valid = cost.N > 1 && Number.isInteger(Math.log2(cost.N)) && cost.r >= 1 && cost.p >= 1;
  const verify = async (password: string): Promise<boolean> => {
    for (const salt of salts) {
      const computed = await scryptOf(password, salt, hash.length, { ...cost, maxmem: 2 * kib * 1024 + 1024 * 1024 });
      if (timingSafeEqual(computed, hash)) return true;
    }
    return false;
  };
  return {
    text,
    algorithm: 'scrypt',
    cost: `N ${cost.N}, r ${cost.r}, p ${cost.p}`,
    bcryptCost: cost.N * cost.r * cost.p >= 2 ** 17 ? OWASP_BCRYPT_COST : 0,
    verifies: valid && kib <= MAX_MEMORY_KIB && cost.p <= 16 ? verify : undefined,
  };
}
