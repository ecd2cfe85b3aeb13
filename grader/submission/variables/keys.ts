import type { CallSite } from './call-site.ts';
import type { Flow } from './flow.ts';
import { texts, UNKNOWN, type Value } from './value.ts';
import type { Meaning } from './variable.ts';

/** A value that the source uses as a key, a secret or a setting. */
export interface KeyUse {
  value: Value;
  meaning: Meaning;
}

const SIGNATURES = /^(RS|PS|ES)\d{3}$|^EdDSA$/;
const SECRET_OPTIONS = [
  'secret',
  'secretOrKey',
  'secretKey',
  'jwtSecret',
  'signingKey',
  'cookieSecret',
  'sessionSecret',
];
/** Calls whose options hold secrets, by their last name. */
const WITH_SECRETS =
  /^(session|cookieSession|register|registerAsync|jwt|expressjwt|expressJwt|koaJwt|JwtStrategy|Strategy|use|betterAuth|csrf|cookie)$/;
const ROUNDS = '10';

/** Uses of keys: who signs, who verifies, who pays. */
export function keyUses(calls: readonly CallSite[], flow: Flow): KeyUse[] {
  return calls.flatMap((call) => [
    ...signing(call, flow),
    ...options(call, flow),
    ...others(call),
    ...settings(call, flow),
  ]);
}

function signing(call: CallSite, flow: Flow): KeyUse[] {
  const isJwt =
    /^(jsonwebtoken|jose|hono\/jwt|jwt-simple|fast-jwt)$/.test(call.package?.name ?? '') ||
    /(^|\.)(jwt|JWT|jsonwebtoken)\.(sign|verify|encode|decode)$/.test(call.way);
  if (/^(sign|verify|encode|jwtVerify|signAsync|verifyAsync)$/.test(call.name) && (isJwt || /jwt/i.test(call.way))) {
    const isNest = call.name.endsWith('Async') || /jwtService/i.test(call.way);
    const given = call.argument(isNest ? 1 : call.given.length === 1 ? 0 : 1);
    if (given.kind === 'object') return secrets(given, flow);
    return [keyUse(given, /verify/i.test(call.name) ? 'public' : 'private', call.argument(2), flow)];
  }
  // promisify(jwt.verify)(token, key)
  if (
    call.name === '' &&
    call.package === undefined &&
    call.given.length >= 2 &&
    /promisify/.test(textOfCall(call, flow))
  )
    return [keyUse(call.argument(1), 'public', call.argument(2), flow)];
  if (/^(importPKCS8|importSPKI)$/.test(call.name)) {
    const [first] = texts(call.argument(1))[0] ?? [];
    return [
      pem(
        call.argument(0),
        call.name === 'importSPKI' ? 'public' : 'private',
        first?.kind === 'text' ? first.text : undefined,
      ),
    ];
  }
  if (/^(createPrivateKey|createPublicKey)$/.test(call.name))
    return [pem(call.argument(0), call.name === 'createPublicKey' ? 'public' : 'private')];
  return [];
}

function keyUse(value: Value, half: 'private' | 'public', given: Value, flow: Flow): KeyUse {
  const named = ['algorithm', 'algorithms'].map((name) => flow.property(given, name));
  const words = named.flatMap((one) => texts(one.kind === 'array' ? flow.property(one, '0') : one)).flat();
  const name = words.find((word) => word.kind === 'text' && SIGNATURES.test(word.text));
  return name?.kind === 'text' ? pem(value, half, name.text) : { value, meaning: { kind: 'secret' } };
}

function pem(value: Value, half: 'private' | 'public', algorithm = 'RS256'): KeyUse {
  const kind = algorithm.startsWith('ES') ? 'ec' : algorithm === 'EdDSA' ? 'ed25519' : 'rsa';
  return {
    value,
    meaning: { kind: 'pem', half, algorithm: kind, ...(isEncoded(value) ? { encoding: 'base64' } : {}) },
  };
}

function isEncoded(value: Value): boolean {
  return value.kind === 'decoded' || (value.kind === 'choice' && value.options.some(isEncoded));
}

function options(call: CallSite, flow: Flow): KeyUse[] {
  if (!WITH_SECRETS.test(call.name)) return [];
  return call.given.flatMap((_, index) => secrets(call.argument(index), flow));
}

function secrets(value: Value, flow: Flow): KeyUse[] {
  if (value.kind !== 'object') return [];
  const secret = SECRET_OPTIONS.map((name) => ({
    value: flow.property(value, name),
    meaning: { kind: 'secret' } as const,
  }));
  const pair = (['private', 'public'] as const).map((half) => pem(flow.property(value, `${half}Key`), half));
  return [...secret, ...pair].filter((use) => use.value.kind !== 'unknown');
}

function others(call: CallSite): KeyUse[] {
  const secret = (index: number): KeyUse[] => [{ value: call.argument(index), meaning: { kind: 'secret' } }];
  if (call.package?.name === 'stripe' && !call.package.called)
    return [{ value: call.argument(0), meaning: { kind: 'stripe-key' } }];
  if (call.name === 'Stripe') return [{ value: call.argument(0), meaning: { kind: 'stripe-key' } }];
  if (call.name === 'constructEvent') return secret(2);
  if (call.name === 'cookieParser') return secret(0);
  return call.name === 'createHmac' ? secret(1) : [];
}

/** Settings without which an app breaks at once: `bcrypt.hash(password, undefined)`. */
function settings(call: CallSite, flow: Flow): KeyUse[] {
  const setting = (value: Value, text: string): KeyUse => ({ value, meaning: { kind: 'setting', value: text } });
  if (/^bcrypt/i.test(call.package?.name ?? call.way)) {
    if (/^(hash|hashSync)$/.test(call.name)) return [setting(call.argument(1), ROUNDS)];
    if (/^genSalt(Sync)?$/.test(call.name)) return [setting(call.argument(0), ROUNDS)];
  }
  if (/^(sign|signAsync|register)$/.test(call.name)) {
    return call.given.flatMap((_, index) => {
      const given = call.argument(index);
      return [given, flow.property(given, 'signOptions')].map((one) => setting(flow.property(one, 'expiresIn'), '1h'));
    });
  }
  if (call.name === 'setExpirationTime') return [setting(call.argument(0), '1h')];
  // A prefix of routes, and the name of a collection: without them there is neither.
  if (/^(use|get|post|put|patch|delete|route)$/.test(call.name) && call.given.length > 1) {
    return texts(call.argument(0)).flatMap(([first]) => (first?.kind === 'read' ? [setting(first, '/api')] : []));
  }
  if (call.name === 'collection') {
    return texts(call.argument(0)).flatMap(([first]) =>
      first?.kind === 'read'
        ? [setting(first, first.name.toLowerCase().replaceAll(/_?(collection|table|name)/g, '') || 'documents')]
        : [],
    );
  }
  if (/^(pino|pinoHttp|createLogger)$/.test(call.name))
    return [setting(flow.property(call.argument(0), 'level'), 'info')];
  if (/^(rateLimit|rateLimiter|RateLimit)$/.test(call.name))
    return [setting(flow.property(call.argument(0) ?? UNKNOWN, 'windowMs'), '900000')];
  return [];
}

function textOfCall(call: CallSite, flow: Flow): string {
  return (flow.program.sources.text(call.module.file) ?? '').slice(call.node.start, call.node.start + 40);
}
