import { distance } from 'fastest-levenshtein';
import type { ServiceKind } from '../../target/target.ts';
import type { Meaning, ServicePart } from './variable.ts';

/** Words that name one kind of service. */
const SERVICE_WORDS: ReadonlyMap<string, ServiceKind> = new Map([
  ...words<ServiceKind>('mongo', 'MONGO MONGODB MONGOOSE ATLAS'),
  ...words<ServiceKind>('postgres', 'PG POSTGRES POSTGRESQL PSQL PGSQL PRISMA DIRECT'),
  ...words<ServiceKind>('redis', 'REDIS VALKEY CACHE BULL'),
]);
/** Words for any database. */
const DATABASE_WORDS = new Set(['DB', 'DATABASE', 'DATABASES', 'SQL', 'SEQUELIZE', 'TYPEORM', 'KNEX']);
const PART_WORDS: ReadonlyMap<string, ServicePart> = new Map([
  ...words<ServicePart>(
    'url',
    'URL URI URIS DSN CONN CONNECTION CONNECT STRING CONNSTRING CONNECTIONSTRING LINK CLUSTER',
  ),
  ...words<ServicePart>('host', 'HOST HOSTNAME SERVER ADDRESS ADDR IP ENDPOINT'),
  ...words<ServicePart>('port', 'PORT'),
  ...words<ServicePart>('user', 'USER USERNAME LOGIN'),
  ...words<ServicePart>('password', 'PASSWORD PASS PASSWD PWD PW'),
  ...words<ServicePart>('database', 'DB DATABASE NAME DBNAME'),
]);
/** Written without an underscore as often as with one: PGHOST, MONGOURI, DBNAME. */
const GLUED =
  /^(MONGODB|MONGO|POSTGRES|PG|REDIS|DATABASE|DB)(URL|URI|HOST|PORT|USER|USERNAME|PASSWORD|PASS|NAME|DATABASE)$/;
const APP_WORDS = new Set(['APP', 'SERVER', 'API', 'HTTP', 'NODE', 'EXPRESS', 'SERVICE', 'WEB', 'BACKEND', 'LISTEN']);
const SIGNED = new Set([
  'JWT',
  'TOKEN',
  'ACCESS',
  'REFRESH',
  'SESSION',
  'COOKIE',
  'AUTH',
  'SIGN',
  'SIGNING',
  'ENCRYPTION',
  'HASH',
  'HMAC',
]);
/** Long enough that one slip of the finger makes no other word of it. */
const GUESSABLE = [...SERVICE_WORDS.keys(), 'DATABASE', 'PASSWORD', 'SECRET', 'USERNAME'].filter(
  (word) => word.length >= 5,
);

/**
 * What a variable means by its name alone.
 *
 * @param services the kinds that the app may use, best guess first: DB_HOST is that of the first one that is no cache
 */
export function meaningByName(name: string, services: readonly ServiceKind[]): Meaning {
  const parts = wordsOf(name);
  const has = (word: string) => parts.includes(word);
  if (/^(NODE|APP)_?ENV(IRONMENT)?$/i.test(name)) return { kind: 'mode' };
  if (has('STRIPE') && (has('KEY') || has('SECRET')) && !has('WEBHOOK')) return { kind: 'stripe-key' };
  if (/^(CLIENT|FRONT_?END|APP|SERVER|WEBSITE)_(URL|ORIGIN)$/i.test(name))
    return { kind: 'setting', value: 'http://localhost:3000' };
  return service(parts, services) ?? listen(parts) ?? secret(parts) ?? { kind: 'unknown' };
}

function service(parts: readonly string[], services: readonly ServiceKind[]): Meaning | undefined {
  const named = parts.findIndex((word) => SERVICE_WORDS.has(word));
  const at = named === -1 ? parts.findIndex((word) => DATABASE_WORDS.has(word)) : named;
  if (at === -1) return undefined;
  const kind =
    SERVICE_WORDS.get(parts[at] ?? '') ??
    services.find((one) => one !== 'redis') ??
    (services[0] as ServiceKind | undefined);
  const rest = parts.filter((_, index) => index !== at).map((word) => PART_WORDS.get(word));
  // The last word decides: MONGO_DB_URI is a URI, MONGO_DB a database.
  const part = parts.length === 1 ? 'url' : rest.findLast((one) => one !== undefined);
  return kind === undefined || part === undefined ? undefined : { kind: 'service', service: kind, part };
}

function listen(parts: readonly string[]): Meaning | undefined {
  const last = parts.at(-1);
  const ours = parts.slice(0, -1).every((word) => APP_WORDS.has(word));
  if (ours && last === 'PORT') return { kind: 'listen', part: 'port' };
  return ours && last === 'HOST' ? { kind: 'listen', part: 'host' } : undefined;
}

function secret(parts: readonly string[]): Meaning | undefined {
  const key = parts.includes('KEY') && parts.some((word) => SIGNED.has(word));
  if (key && parts.includes('PRIVATE')) return { kind: 'pem', half: 'private' };
  if (key && parts.includes('PUBLIC')) return { kind: 'pem', half: 'public' };
  return key || parts.some((word) => /^(SECRET|SECRETKEY|JWTSECRET|PEPPER)$/.test(word))
    ? { kind: 'secret' }
    : undefined;
}

/** `mongoUri`, `MONGOURI` and `MONOG_URI` are MONGO and URI. */
function wordsOf(name: string): string[] {
  // A name in capitals with a last small letter is a slip: MONGO_URl.
  const upper = /^[A-Z_]{4,}[a-z]$/.test(name)
    ? name.replace(/l$/, 'L').toUpperCase()
    : name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
  return upper
    .split(/[_.\-\d]+/)
    .filter(Boolean)
    .map(corrected)
    .flatMap((word) => GLUED.exec(word)?.slice(1) ?? [word]);
}

function corrected(word: string): string {
  if (word.length < 5 || GUESSABLE.includes(word)) return word;
  return GUESSABLE.find((known) => isSlip(word, known)) ?? word;
}

/** One letter too many, missing or wrong, or two neighbours that changed places. */
function isSlip(word: string, known: string): boolean {
  const difference = distance(word, known);
  if (difference !== 2 || word.length !== known.length) return difference === 1;
  const at = [...word].findIndex((letter, index) => letter !== known[index]);
  return word[at] === known[at + 1] && word[at + 1] === known[at];
}

function words<Value>(value: Value, list: string): [string, Value][] {
  return list.split(' ').map((word) => [word, value]);
}
