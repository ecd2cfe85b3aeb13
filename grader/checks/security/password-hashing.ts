import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LearnerError } from '../../platform/errors.ts';
import type { Exchange } from '../../report/schema.ts';
import type { Credentials } from '../../target/accounts.ts';
import type { Answer } from '../../target/client.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { databases } from '../params.ts';
import { recordsWith, type StoredRecord } from '../stored-records.ts';
import { type PasswordHash, passwordHash } from './password-hash.ts';
import { received } from './wording.ts';

const schema = z.strictObject({
  service: databases,
  minimumCost: z
    .int()
    .min(4)
    .max(14)
    .default(10)
    .describe('bcrypt’s cost factor; of argon2 and scrypt, what OWASP asks for'),
});
type Params = z.infer<typeof schema>;

/** How a password stands in a database when it is not hashed by a function made for that. */
const NEEDLES: readonly { how: string; of: (password: string) => string }[] = [
  { how: 'in base64', of: (password) => Buffer.from(password).toString('base64') },
  { how: 'in hex', of: (password) => Buffer.from(password).toString('hex') },
  { how: 'backwards', of: (password) => [...password].toReversed().join('') },
  ...['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) =>
    (['hex', 'base64'] as const).map((encoding) => ({
      how: `as ${algorithm.toUpperCase()} without salt (${encoding})`,
      of: (password: string) => createHash(algorithm).update(password).digest(encoding),
    })),
  ),
];

/** Whether passwords are stored so that whoever gets the database does not get them. */
export const check = defineCheck<Params>({
  id: 'password-hashing',
  summary:
    'Registers users, then looks into the database: a salted bcrypt, argon2 or scrypt hash, and the password nowhere',
  params: schema,
  inputs: ({ service }) => ['app', ...service],
  timeoutMs: 60_000,
  async run(context, { service, minimumCost }) {
    const { accounts, record, target } = context;
    const user = accounts.draw();
    const answers = await signUp(context, user);
    const stored = await recordsWith(target.services, service, user.email);
    const found = record.assert('The new user is stored in the database', stored.length > 0, {
      expected: `a record with the e-mail ${user.email} in ${service.join(' or ')}`,
      received: stored.length > 0 ? `a record in ${stored.map(({ from }) => from).join(', ')}` : 'none',
      exchange: answers[0]?.exchange,
    });
    if (!found) return;

    await assertPasswordNowhere(context, service, user, answers[0]?.exchange);
    const hash = await assertHash(context, stored, user.password, minimumCost, answers[0]?.exchange);
    const twin = { ...accounts.draw(), password: user.password };
    const twinAnswers = await signUp(context, twin);
    const twinHashes = await hashesIn(await recordsWith(target.services, service, twin.email), user.password);
    if (hash) {
      record.assert(
        'Two users with the same password have different hashes (a salt each)',
        twinHashes.length > 0 && !twinHashes.some(({ text }) => text === hash.text),
        {
          expected: 'two different hashes',
          received:
            twinHashes.length === 0
              ? 'no hash of the second user’s password'
              : `${hash.text} and ${twinHashes[0]?.text}`,
          exchange: twinAnswers[0]?.exchange,
        },
      );
    }
    assertAnswersKeepQuiet(context, [...answers, ...twinAnswers], user.password, [hash, ...twinHashes]);
  },
});

/** Registers and logs in. @throws {LearnerError} when the app refuses */
async function signUp({ accounts, signal }: CheckContext, credentials: Credentials): Promise<Answer[]> {
  const registered = await accounts.register(credentials, signal);
  if (registered.status >= 400)
    throw new LearnerError(
      `registering a new user was refused with ${registered.status}, so no stored password can be looked at`,
    );
  return [registered, await accounts.login(credentials, signal)];
}

async function assertPasswordNowhere(
  { target, record }: CheckContext,
  service: Params['service'],
  { password }: Credentials,
  exchange: Exchange | undefined,
): Promise<void> {
  const plain = await recordsWith(target.services, service, password, 1);
  record.assert('The password stands nowhere in the database as it was typed', plain.length === 0, {
    expected: 'no field that holds the password',
    received: plain[0] ? placeOf(plain[0], password) : 'none',
    exchange,
  });
  for (const { how, of } of NEEDLES) {
    const needle = of(password);
    const [weak] = await recordsWith(target.services, service, needle, 1);
    if (!weak) continue;
    record.assert('The password is not merely encoded, or hashed fast and without a salt', false, {
      expected: 'a hash that is slow and salted',
      received: `the password ${how}: ${placeOf(weak, needle)}`,
      exchange,
    });
    return;
  }
  record.assert('The password is not merely encoded, or hashed fast and without a salt', true, {
    expected: 'a hash that is slow and salted',
    received: `the password in none of ${NEEDLES.length} such forms`,
    exchange,
  });
}

/** Gives the hash that verifies, when there is one. */
async function assertHash(
  { record }: CheckContext,
  stored: StoredRecord[],
  password: string,
  minimumCost: number,
  exchange: Exchange | undefined,
): Promise<PasswordHash | undefined> {
  const [hash] = await hashesIn(stored, password);
  const others = stored.flatMap((one) => texts(one.record)).flatMap((text) => passwordHash(text) ?? []);
  const other =
    others[0] &&
    (others[0].verifies
      ? `${others[0].text}, which is not the hash of the password`
      : `${others[0].text}, which takes too long to verify (${others[0].cost})`);
  record.assert('The user’s record holds a bcrypt, argon2 or scrypt hash of the password', hash !== undefined, {
    expected: 'a hash that verifies against the password',
    received: hash
      ? `${hash.algorithm}, ${hash.cost}`
      : (other ?? `fields ${Object.keys(stored[0]?.record ?? {}).join(', ')}, none of which is such a hash`),
    exchange,
  });
  if (!hash) return undefined;
  const least = hash.algorithm === 'bcrypt' ? minimumCost : Math.min(minimumCost, 10);
  record.assert(`The hash costs enough to compute (bcrypt: ${minimumCost} or more)`, hash.bcryptCost >= least, {
    expected: hash.algorithm === 'bcrypt' ? `cost ${minimumCost} or more` : 'the least that OWASP asks for, or more',
    received: `${hash.algorithm}, ${hash.cost}`,
    exchange,
  });
  return hash;
}

function assertAnswersKeepQuiet(
  { record }: CheckContext,
  answers: Answer[],
  password: string,
  hashes: (PasswordHash | undefined)[],
): void {
  const secrets = [password, ...hashes.flatMap((hash) => hash?.text ?? [])];
  const loose = answers.find(({ text }) =>
    secrets.some((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1))),
  );
  record.assert('No answer contains the password or its hash', loose === undefined, {
    expected: 'answers to register and login without either',
    received: loose ? received(loose) : `neither in ${answers.length} answers`,
    exchange: (loose ?? answers[0])?.exchange,
  });
}

/** The hashes in records that verify against a password. */
async function hashesIn(stored: StoredRecord[], password: string): Promise<PasswordHash[]> {
  const verified: PasswordHash[] = [];
  for (const text of stored.flatMap((one) => texts(one.record)).slice(0, 200)) {
    const hash = passwordHash(text);
    // Each one costs time; an honest record has one.
    if (hash && verified.length < 3 && (await hash.verifies?.(password))) verified.push(hash);
  }
  return verified;
}

/** Every text in a value, at any depth. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(texts) : [];
}

/** Where in a record a text stands: `users.password`. */
function placeOf({ from, record }: StoredRecord, text: string): string {
  const field = Object.entries(record).find(([, value]) =>
    JSON.stringify(value)?.toLowerCase().includes(text.toLowerCase()),
  );
  return `${from}.${field?.[0] ?? '?'}`;
}
