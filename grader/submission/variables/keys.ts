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
const MODULUS = '10';

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
    return [
      {
        value: given,
        meaning: keyMeaning(call.name.startsWith('verify') ? 'public' : 'private', call.argument(2), flow),
      },
    ];
  }
  // promisify(jwt.verify)(token, key)
  if (
    call.name === '' &&
    call.package === undefined &&
    call.given.length >= 2 &&
    /promisify/.test(textOfCall(call, flow))
  )
    return [{ value: call.argument(1), meaning: keyMeaning('public', call.argument(2), flow) }];
  if (/^(importPKCS8|importSPKI)$/.test(call.name))
    return [
      { value: call.argument(0), meaning: { kind: 'pem', half: call.name === 'importSPKI' ? 'public' : 'private' } },
    ];
  if (/^(createPrivateKey|createPublicKey)$/.test(call.name))
    return [
      {
        value: call.argument(0),
        meaning: { kind: 'pem', half: call.name === 'createPublicKey' ? 'public' : 'private' },
      },
    ];
  return [];
}

function keyMeaning(half: 'private' | 'public', given: Value, flow: Flow): Meaning {
  const named = ['algorithm', 'algorithms'].map((name) => flow.property(given, name));
  const words = named.flatMap((value) => texts(value.kind === 'array' ? flow.property(value, '0') : value)).flat();
  return words.some((word) => word.kind === 'text' && SIGNATURES.test(word.text))
    ? { kind: 'pem', half }
    : { kind: 'secret' };
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
  const pem = (['private', 'public'] as const).map((half) => ({
    value: flow.property(value, `${half}Key`),
    meaning: { kind: 'pem', half } as const,
  }));
  return [...secret, ...pem].filter((use) => use.value.kind !== 'unknown');
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
    if (/^(hash|hashSync)$/.test(call.name)) return [setting(call.argument(1), MODULUS)];
    if (/^genSalt(Sync)?$/.test(call.name)) return [setting(call.argument(0), MODULUS)];
  }
  if (/^(sign|signAsync|register)$/.test(call.name)) {
    return call.given.flatMap((_, index) => {
      const given = call.argument(index);
      return [given, flow.property(given, 'signOptions')].map((one) => setting(flow.property(one, 'expiresIn'), '1h'));
    });
  }
  if (call.name === 'setExpirationTime') return [setting(call.argument(0), '1h')];
  if (/^(pino|pinoHttp|createLogger)$/.test(call.name))
    return [setting(flow.property(call.argument(0), 'level'), 'info')];
  if (/^(rateLimit|rateLimiter|RateLimit)$/.test(call.name))
    return [setting(flow.property(call.argument(0) ?? UNKNOWN, 'windowMs'), '900000')];
  return [];
}

function textOfCall(call: CallSite, flow: Flow): string {
  return (flow.program.sources.text(call.module.file) ?? '').slice(call.node.start, call.node.start + 40);
}
