import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LearnerError, UsageError } from '../../platform/errors.ts';
import { testApp, type TestRequest } from '../test-app.ts';
import { failures, testbed } from '../testbed.ts';
import { check } from './jwt.ts';

const SECRET = 'a-secret-of-this-run-3f9b1c';
const contract = {
  register: { request: 'POST /register' },
  login: { request: 'POST /login' },
  listTodos: { request: 'GET /todos' },
  createTodo: { request: 'POST /todos' },
  getTodo: { request: 'GET /todos/{id}' },
  deleteTodo: { request: 'DELETE /todos/{id}' },
};
const credentials = { email: '{{email}}', password: '{{password}}' };
const accounts = {
  register: { operation: 'register', body: credentials },
  login: { operation: 'login', body: credentials },
  token: 'token',
};
const ownership = {
  create: 'createTodo',
  createBody: { title: '{{random.phrase}}' },
  read: 'getTodo',
  alsoDenied: [{ call: 'deleteTodo' }],
  list: 'listTodos',
};

interface Style {
  claims?: (user: { id: string; email: string }) => JWTPayload;
  sign?: (payload: JWTPayload) => Promise<string>;
  /** Gives the claims, or throws. */
  verify?: (token: string) => Promise<JWTPayload>;
  owns?: boolean;
  reject?: number;
  listAll?: boolean;
}

const key = (text: string): Uint8Array => new TextEncoder().encode(text);
const sign = (payload: JWTPayload, lifetime = '1h', secret = SECRET): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(key(secret));
const verify = async (token: string, secret = SECRET): Promise<JWTPayload> =>
  (await jwtVerify(token, key(secret))).payload;

/** A todo API with users; honest unless told otherwise. */
function app(style: Style = {}) {
  const users = new Map<string, { id: string; email: string }>();
  const todos = new Map<string, { id: string; title: string; owner: unknown }>();
  const claims = style.claims ?? (({ id }) => ({ userId: id }));
  const whoIs = async ({ headers }: TestRequest): Promise<string | undefined> => {
    try {
      const payload = await (style.verify ?? verify)((headers.authorization ?? '').replace('Bearer ', ''));
      return String(payload['userId'] ?? payload.sub ?? payload['id'] ?? payload['email']);
    } catch {
      return undefined;
    }
  };
  const guarded =
    (handler: (user: string, request: TestRequest) => { status?: number; body?: unknown }) =>
    async (request: TestRequest) => {
      const user = await whoIs(request);
      return user === undefined
        ? { status: style.reject ?? 401, body: { error: 'log in first' } }
        : handler(user, request);
    };
  const mine = (user: string, id = '') => {
    const todo = todos.get(id);
    return todo && (style.owns === false || todo.owner === user) ? todo : undefined;
  };
  return testApp({
    'POST /register': ({ body }) => {
      users.set(body.email, { id: `u${users.size + 1}`, email: body.email });
      return { status: 201, body: { ok: true } };
    },
    'POST /login': async ({ body }) => {
      const user = users.get(body.email);
      return user ? { body: { token: await (style.sign ?? sign)(claims(user)) } } : { status: 401 };
    },
    'GET /todos': guarded((user) => ({
      body: [...todos.values()].filter(({ owner }) => style.listAll || owner === user),
    })),
    'POST /todos': guarded((owner, { body }) => {
      const todo = { id: `t${todos.size + 1}`, title: body.title, owner };
      todos.set(todo.id, todo);
      return { status: 201, body: todo };
    }),
    'GET /todos/{id}': guarded((user, { params }) => {
      const todo = mine(user, params['id']);
      return todo ? { body: todo } : { status: 404, body: { error: 'no such todo' } };
    }),
    'DELETE /todos/{id}': guarded((user, { params }) => {
      if (!mine(user, params['id'])) return { status: 403, body: { error: 'not yours' } };
      todos.delete(params['id'] ?? '');
      return { status: 204 };
    }),
  });
}

async function observe(style: Style, params: object = {}, env: Record<string, string> = { JWT_SECRET: SECRET }) {
  await using bed = await testbed({ app: app(style), contract, accounts, env });
  return await bed.run(check, { protected: 'listTodos', ownership, ...params });
}

describe('jwt: honest apps pass', () => {
  const styles: Record<string, Style> = {
    'with a claim userId': {},
    'with a claim sub': { claims: ({ id }) => ({ sub: id }) },
    'with claims id and email': { claims: ({ id, email }) => ({ id, email }) },
    'with the e-mail alone': { claims: ({ email }) => ({ email }) },
    'with HS512': {
      sign: (payload) =>
        new SignJWT(payload)
          .setProtectedHeader({ alg: 'HS512' })
          .setIssuedAt()
          .setExpirationTime('2h')
          .sign(key(SECRET)),
    },
  };
  for (const [name, style] of Object.entries(styles)) {
    test(name, async () => {
      const observation = await observe(style);
      assert.deepEqual(failures(observation), []);
      assert.ok(observation.assertions.length >= 15);
    });
  }

  test('with 403 for bad tokens, where the rubric takes that', async () => {
    assert.deepEqual(failures(await observe({ reject: 403 }, { reject: [401, 403] })), []);
  });

  test('that keep their tokens in a store, so that a token which login did not give is refused', async () => {
    const given = new Set<string>();
    const observation = await observe({
      sign: async (payload) => {
        const token = await sign(payload);
        given.add(token);
        return token;
      },
      verify: (token) => (given.has(token) ? verify(token) : Promise.reject(new Error('unknown token'))),
    });
    assert.deepEqual(failures(observation), []);
  });
});

describe('jwt: a mistake fails its own assertion', () => {
  const decodeOnly = async (token: string): Promise<JWTPayload> => decodeJwt(token);
  const mistakes: [name: string, style: Style, expected: string[]][] = [
    [
      'no signature is looked at',
      { verify: decodeOnly },
      [
        'GET /todos with an unsigned token (alg "none") answers 401',
        'GET /todos with a token signed by another key answers 401',
        'GET /todos with another user’s claims under the old signature answers 401',
        'GET /todos with an expired token answers 401',
      ],
    ],
    [
      'alg "None" is believed',
      { verify: async (token) => (decodeProtectedHeader(token).alg === 'None' ? decodeJwt(token) : verify(token)) },
      ['GET /todos with an unsigned token (alg "none") answers 401'],
    ],
    [
      'expiry is ignored',
      { verify: async (token) => (await jwtVerify(token, key(SECRET), { currentDate: new Date(0) })).payload },
      ['GET /todos with an expired token answers 401'],
    ],
    [
      'the token never expires',
      { sign: (payload) => new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().sign(key(SECRET)) },
      ['The token expires'],
    ],
    ['the token lives a year', { sign: (payload) => sign(payload, '365d') }, ['The token lives at most 7 d']],
    [
      'exp is in milliseconds',
      {
        sign: (payload) =>
          new SignJWT({ ...payload, exp: Date.now() + 3_600_000 })
            .setProtectedHeader({ alg: 'HS256' })
            .setIssuedAt()
            .sign(key(SECRET)),
      },
      ['The token lives at most 7 d'],
    ],
    [
      'the key is "secret"',
      { sign: (payload) => sign(payload, '1h', 'secret'), verify: (token) => verify(token, 'secret') },
      [
        'The token is not signed with a key that can be guessed',
        'Tokens are signed with the secret that the app is given in JWT_SECRET',
      ],
    ],
    [
      'the key stands in the code',
      { sign: (payload) => sign(payload, '1h', 'x9-own-key'), verify: (token) => verify(token, 'x9-own-key') },
      ['Tokens are signed with the secret that the app is given in JWT_SECRET'],
    ],
    [
      '403 instead of 401',
      { reject: 403 },
      [
        'GET /todos without a token answers 401',
        'GET /todos with garbage for a token answers 401',
        'GET /todos with an unsigned token (alg "none") answers 401',
        'GET /todos with a token signed by another key answers 401',
        'GET /todos with another user’s claims under the old signature answers 401',
        'GET /todos with an expired token answers 401',
      ],
    ],
    [
      'everyone may read and delete everything',
      { owns: false },
      [
        'GET /todos/{id} by another user answers 403 or 404',
        'DELETE /todos/{id} by another user answers 403 or 404',
        'What another user tried to change is as its owner left it',
      ],
    ],
    ['everyone’s todos are listed', { listAll: true }, ['GET /todos by another user does not show it']],
    [
      'the token is opaque',
      {
        sign: async ({ userId }) => `token-of-${String(userId)}`,
        verify: async (token) =>
          /^token-of-(u\d)$/.test(token) ? { userId: token.slice(9) } : Promise.reject(new Error('bad')),
      },
      ['The token from login is a JWT'],
    ],
    [
      'even good tokens are refused',
      { verify: () => Promise.reject(new Error('no')) },
      ['GET /todos with the token from login is answered'],
    ],
    [
      'no token is asked for',
      { verify: async () => ({ userId: 'u1' }) },
      [
        'GET /todos without a token answers 401',
        'GET /todos with garbage for a token answers 401',
        'GET /todos/{id} by another user answers 403 or 404',
        'DELETE /todos/{id} by another user answers 403 or 404',
        'What another user tried to change is as its owner left it',
        'GET /todos with an unsigned token (alg "none") answers 401',
        'GET /todos with a token signed by another key answers 401',
        'GET /todos with another user’s claims under the old signature answers 401',
        'GET /todos with an expired token answers 401',
      ],
    ],
  ];
  for (const [name, style, expected] of mistakes) {
    test(name, async () => {
      const observation = await observe(style);
      assert.deepEqual(
        failures(observation).filter((title) => !title.includes('list')),
        expected,
      );
      for (const { title, exchange, received } of observation.assertions.filter(({ ok }) => !ok)) {
        assert.ok(received, `"${title}" says what came back`);
        assert.ok(exchange !== undefined || title.includes('guessed'), `"${title}" shows the exchange`);
      }
    });
  }
});

describe('jwt: parameters', () => {
  test('only the named cases are looked at', async () => {
    const observation = await observe({}, { only: ['missing', 'other-user'] });
    assert.deepEqual(observation.assertions[0]?.title, 'GET /todos without a token answers 401');
    assert.ok(observation.assertions.every(({ title }) => !title.includes('JWT')));
  });

  test('other-user needs ownership', () => {
    assert.equal(check.params.safeParse({ protected: 'listTodos', only: ['other-user'] }).success, false);
  });

  test('an expired token needs the secret in the environment', async () => {
    await assert.rejects(observe({}, { only: ['expired'] }, {}), UsageError);
  });

  test('an app that gives no token is the learner’s fault', async () => {
    await assert.rejects(observe({ sign: async () => '' }), LearnerError);
  });

  test('every operation that it calls is named', () => {
    const params = check.params.parse({ protected: 'listTodos', ownership });
    assert.deepEqual(check.operations?.(params), ['listTodos', 'createTodo', 'getTodo', 'listTodos', 'deleteTodo']);
  });
});
