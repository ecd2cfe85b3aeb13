import { z } from 'zod';
import { UsageError } from '../../platform/errors.ts';
import type { Answer, CallOptions } from '../../target/client.ts';
import { fill } from '../../target/template.ts';
import type { Values } from '../../target/values.ts';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration, inWords } from '../duration.ts';
import { dataByName, name as nameSchema, status, statusHolds, statusInWords } from '../params.ts';
import {
  type DecodedToken,
  decode,
  GUESSABLE_KEYS,
  signed,
  signedByStranger,
  signingKey,
  tampered,
  unsigned,
} from './jwt-forgery.ts';
import { observeOwnership, ownershipOperations, ownershipSchema } from './jwt-ownership.ts';
import { nameOf, received } from './wording.ts';

const CASES = [
  'valid',
  'missing',
  'garbage',
  'alg-none',
  'wrong-key',
  'guessable-key',
  'tampered-payload',
  'expires',
  'expired',
  'other-user',
] as const;
type Case = (typeof CASES)[number];
/** The cases that need to look into the token. */
const CASES_OF_JWT: readonly Case[] = [
  'valid',
  'alg-none',
  'wrong-key',
  'guessable-key',
  'tampered-payload',
  'expires',
  'expired',
];

const schema = z
  .strictObject({
    protected: nameSchema.describe('Called with good and bad tokens; must answer 2xx to a logged-in user'),
    params: dataByName.default({}),
    query: dataByName.default({}),
    body: dataByName.optional(),
    reject: status.default(401).describe('Statuses that count as a rejection'),
    secretEnv: z
      .array(z.string())
      .min(1)
      .default(['JWT_SECRET'])
      .describe('Variables by which the brief hands the app its signing secret'),
    maxLifetime: duration.default(7 * 86_400_000),
    ownership: ownershipSchema.optional(),
    only: z
      .array(z.enum(CASES))
      .min(1)
      .optional()
      .describe('The cases to look at; default all (other-user where `ownership` is given)'),
  })
  .refine(({ only, ownership }) => !only?.includes('other-user') || ownership, {
    message: 'the case other-user needs `ownership`',
    path: ['ownership'],
  });
type Params = z.infer<typeof schema>;

/** Whether a protected operation takes good tokens and no others. */
export const check = defineCheck<Params>({
  id: 'jwt',
  summary:
    'Tokens are JWTs that expire; missing, forged, tampered and expired ones are refused, and one user can’t reach another’s things',
  params: schema,
  inputs: ['app'],
  timeoutMs: 60_000,
  operations: ({ protected: operation, ownership }) => [
    operation,
    ...(ownership ? ownershipOperations(ownership) : []),
  ],
  async run(context, params) {
    const attempt = new Attempt(context, params);
    const wanted = (name: Case): boolean =>
      params.only?.includes(name) ?? (name !== 'other-user' || params.ownership !== undefined);
    const alice = await context.accounts.get('alice', context.signal);

    // An app that refuses everything would pass every rejection: nothing below means anything unless a good token works.
    const welcome = await attempt.call(alice.token);
    const letIn = welcome.status >= 200 && welcome.status < 300;
    if (wanted('valid') || !letIn) {
      context.record.assert(`${attempt.label} with the token from login is answered`, letIn, {
        expected: 'status 2xx',
        received: received(welcome),
        exchange: welcome.exchange,
      });
    }
    if (!letIn) return context.record.note('No other token was tried, since not even the good one was accepted.');

    if (wanted('missing')) await attempt.refuses('without a token', [{ token: undefined }]);
    if (wanted('garbage')) await attempt.refuses('with garbage for a token', garbage(context.values));
    if (wanted('other-user') && params.ownership) await observeOwnership(context, params.ownership);

    if (!CASES_OF_JWT.some(wanted)) return;
    const token = decode(alice.token);
    context.record.assert('The token from login is a JWT', typeof token !== 'string', {
      expected: 'a JSON Web Token',
      received:
        typeof token === 'string' ? token : `alg ${token.header.alg}, claims ${Object.keys(token.payload).join(', ')}`,
      exchange: alice.loggedIn.exchange,
    });
    if (typeof token === 'string') return context.record.note('Nothing was forged, since the token is not a JWT.');

    if (wanted('alg-none')) await attempt.refuses('with an unsigned token (alg "none")', unsigned(token));
    if (wanted('wrong-key'))
      await attempt.refuses('with a token signed by another key', [{ token: await signedByStranger(token) }]);
    if (wanted('guessable-key')) await attempt.guessableKey(token);
    if (wanted('tampered-payload')) await attempt.tamperedPayload(token);
    if (wanted('expires')) attempt.expires(token, alice.loggedIn);
    if (wanted('expired')) await attempt.expired(token, alice.loggedIn);
  },
});

/** Sends the protected request with one token after another. */
class Attempt {
  readonly label: string;
  readonly #context: CheckContext;
  readonly #params: Params;

  constructor(context: CheckContext, params: Params) {
    this.#context = context;
    this.#params = params;
    this.label = nameOf(context.target.http, params.protected);
  }

  call(token: string | undefined): Promise<Answer> {
    const { target, values, signal } = this.#context;
    const { protected: operation, params, query, body } = this.#params;
    const filled = fill({ params, query, ...(body ? { body } : {}) }, {}, values) as CallOptions;
    return target.http.call(operation, { ...filled, token, signal });
  }

  /** One assertion for a family of tokens: all of them must be refused. Shows the first that was not. */
  async refuses(how: string, tokens: { what?: string; token: string | undefined }[]): Promise<void> {
    const { reject } = this.#params;
    let last: { answer: Answer; what: string | undefined } | undefined;
    for (const { what, token } of tokens) {
      last = { answer: await this.call(token), what };
      if (!statusHolds(reject, last.answer.status)) break;
    }
    if (!last) return;
    const { answer, what } = last;
    this.#context.record.assert(
      `${this.label} ${how} answers ${statusInWords(reject)}`,
      statusHolds(reject, answer.status),
      {
        expected: `status ${statusInWords(reject)}`,
        received:
          what === undefined || statusHolds(reject, answer.status)
            ? received(answer)
            : `${received(answer)} to a token with ${what}`,
        exchange: answer.exchange,
      },
    );
  }

  /** The claims of another user under the old signature. */
  async tamperedPayload(token: DecodedToken): Promise<void> {
    const { accounts, signal } = this.#context;
    const bob = decode((await accounts.get('bob', signal)).token);
    const { iat: _iat, exp: _exp, nbf: _nbf, jti: _jti, ...identity } = typeof bob === 'string' ? {} : bob.payload;
    const others = { ...token.payload, ...identity };
    const same = JSON.stringify(others) === JSON.stringify(token.payload);
    await this.refuses('with another user’s claims under the old signature', [
      ...(same ? [] : [{ what: 'another user’s claims', token: tampered(token, others) }]),
      { what: 'a role added', token: tampered(token, { ...token.payload, role: 'admin', isAdmin: true }) },
    ]);
  }

  async guessableKey(token: DecodedToken): Promise<void> {
    // What the grader itself handed to the app is not the learner's choice.
    const given = Object.values(this.#context.target.env);
    const found = await signingKey(
      token,
      GUESSABLE_KEYS.filter((key) => !given.includes(key)),
    );
    this.#context.record.assert('The token is not signed with a key that can be guessed', found === undefined, {
      expected: 'a key that stands in no list of usual keys',
      received: found
        ? `the key "${found.secret}": anyone can sign a token`
        : `none of ${GUESSABLE_KEYS.length} usual keys`,
    });
  }

  expires({ payload }: DecodedToken, login: Answer): void {
    const { record } = this.#context;
    const { maxLifetime } = this.#params;
    const has = typeof payload.exp === 'number';
    record.assert('The token expires', has, {
      expected: 'a claim exp',
      received: `claims ${JSON.stringify(payload)}`,
      exchange: login.exchange,
    });
    if (!has) return;
    const issued = typeof payload.iat === 'number' ? payload.iat : Date.now() / 1000;
    const lifetime = ((payload.exp ?? 0) - issued) * 1000;
    record.assert(`The token lives at most ${inWords(maxLifetime)}`, lifetime > 0 && lifetime <= maxLifetime, {
      expected: `exp (in seconds) at most ${inWords(maxLifetime)} after iat`,
      received: `exp ${payload.exp}, ${inWords(lifetime)} after ${typeof payload.iat === 'number' ? `iat ${payload.iat}` : 'now'}`,
      exchange: login.exchange,
    });
  }

  async expired(token: DecodedToken, login: Answer): Promise<void> {
    const { record } = this.#context;
    const known = await signingKey(token, this.#secrets());
    const names = this.#params.secretEnv.join(' or ');
    record.assert(`Tokens are signed with the secret that the app is given in ${names}`, known !== undefined, {
      expected: `a token (HS256, HS384 or HS512) that verifies with the value of ${names}`,
      received: `a token with alg ${token.header.alg} that does not`,
      exchange: login.exchange,
    });
    if (!known) return record.note('No expired token could be tried, since the key that signs is not known.');

    const now = Math.floor(Date.now() / 1000);
    const fresh = await this.call(await signed(token, { ...token.payload, exp: now + 600 }, known.key));
    const accepted = fresh.status >= 200 && fresh.status < 300;
    if (!accepted) {
      // Sessions kept in a database, say. Refusing tokens that login did not give is stricter than what is asked.
      record.assert(
        `${this.label} with an expired token answers ${statusInWords(this.#params.reject)}`,
        statusHolds(this.#params.reject, fresh.status),
        {
          expected: `status ${statusInWords(this.#params.reject)}`,
          received: `${received(fresh)} already to a token that is signed rightly, has not expired, and was not given by login`,
          exchange: fresh.exchange,
        },
      );
      return;
    }
    await this.refuses('with an expired token', [
      { token: await signed(token, { ...token.payload, iat: now - 7200, exp: now - 3600 }, known.key) },
    ]);
  }

  #secrets(): string[] {
    const { env } = this.#context.target;
    const secrets = this.#params.secretEnv.flatMap((name) => env[name] ?? []).filter((secret) => secret !== '');
    if (secrets.length === 0) {
      throw new UsageError(
        `the check jwt needs the secret that the app is given, but none of ${this.#params.secretEnv.join(', ')} is set`,
        { mend: 'Name it in the rubric’s `env:`, or name the right one in `secretEnv:`.' },
      );
    }
    return secrets;
  }
}

function garbage(values: Values): { what: string; token: string }[] {
  return [
    { what: 'random text', token: values.token(32) },
    { what: 'three random parts', token: `${values.token(20)}.${values.token(40)}.${values.token(43)}` },
  ];
}
