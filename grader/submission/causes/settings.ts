import type { Cause, Facts, MissingVariable, Pattern } from './cause.ts';
import { where, placeIn } from './place.ts';

/** Names of variables in a sentence: upper case, with an underscore or long enough to be none of its words. */
const NAME = /\b[A-Z][A-Z0-9]{1,40}(?:_[A-Z0-9]{1,40}){0,8}\b/g;
const NO_NAMES = new Set([
  'ERROR',
  'FATAL',
  'WARN',
  'INFO',
  'DEBUG',
  'ENV',
  'MISSING',
  'REQUIRED',
  'ERR',
  'HTTP',
  'URL',
  'URI',
  'JWT',
  'DB',
  'API',
  'TypeError',
]);

/** Variables that the app needs and does not find. */
export const SETTING_PATTERNS: readonly Pattern[] = [
  {
    pattern: /Environment variable not found: (\w{1,80})/,
    explain: ([, name = ''], { facts }) => missing([name], facts),
  },
  {
    pattern:
      /secretOrPrivateKey must have a value|secret or public key must be provided|JwtStrategy requires a secret or key|secret option required for sessions/,
    explain: (_match, { lines, at, facts }) =>
      missing(
        namesOf(facts, ({ kind }) => kind === 'secret'),
        facts,
      ) ?? {
        kind: 'missing-variable',
        cause: 'it has no secret to sign with: the variable that it reads is not set',
        mend: 'Read the secret from JWT_SECRET, which the grader sets.',
        places: placeIn(lines, at, facts, 'the secret is used here'),
      },
  },
  {
    pattern:
      /The `?uri`? parameter to `?openUri\(\)`? must be a string, got "?undefined|Invalid scheme, expected connection string to start with "mongodb/,
    explain: (_match, { facts }) =>
      missing(
        namesOf(facts, ({ service }) => service === 'mongo'),
        facts,
      ) ?? {
        kind: 'missing-variable',
        cause: 'it has no URL of MongoDB: the variable that it reads is not set',
        mend: 'Read the URL from MONGODB_URI, which the grader sets, or name yours in grade.yaml (env:).',
        places: [],
      },
  },
  {
    pattern: /client password must be a string|SASL: SCRAM-SERVER-FIRST-MESSAGE/,
    explain: (_match, { facts }) =>
      missing(
        namesOf(facts, ({ service }) => service === 'postgres'),
        facts,
      ) ?? {
        kind: 'missing-variable',
        cause: 'it has no password for Postgres: the variable that it reads is not set',
        mend: 'Read the connection from DATABASE_URL (or PGUSER, PGPASSWORD, …), which the grader sets.',
        places: [],
      },
  },
  {
    pattern: /Neither apiKey nor config\.authenticator provided|You did not provide an API key/,
    explain: (_match, { facts }) =>
      missing(
        namesOf(facts, ({ kind }) => kind === 'stripe-key'),
        facts,
      ) ?? {
        kind: 'missing-variable',
        cause: 'it has no key for Stripe: the variable that it reads is not set',
        mend: 'Read the key from STRIPE_SECRET_KEY, or name a test key in grade.yaml (env:).',
        places: [],
      },
  },
  {
    // joi, zod, envalid, env-var, dotenv-safe and what people write themselves.
    pattern:
      /\b(?:missing|is required|are required|must be (?:set|provided|defined|specified)|(?:is|are) not (?:set|defined|provided|present)|is undefined|not present in the environment|undefined environment|not found in (?:the )?env|please (?:set|define|provide))/i,
    explain: (_match, { lines, at, facts }) => {
      // Libraries name them on the lines below.
      const known = new Set(facts.missing.map(({ name }) => name));
      const near = lines.slice(at, at + 8).join('\n');
      const named = [...near.matchAll(NAME)].map(([name]) => name).filter((name) => !NO_NAMES.has(name));
      const sure = named.filter((name) => known.has(name));
      if (sure.length > 0) return missing(sure, facts);
      const speaksOfIt = /\benv|variable|config/i.test(near);
      const likely = named.filter((name) => name.includes('_'));
      const own = [...(lines[at] ?? '').matchAll(NAME)].map(([name]) => name).filter((name) => likely.includes(name));
      return speaksOfIt || own.length > 0 ? missing(own.length > 0 ? own : likely, facts) : undefined;
    },
  },
  {
    // A value that is not there, used where the source reads a variable.
    pattern:
      /(?:TypeError|ReferenceError|Error)(?: \[\w{1,60}\])?: .{0,200}(?:undefined|Invalid URL|must be (?:of type|a string|one of))/,
    explain: (_match, { lines, at, facts }) => {
      const [place] = placeIn(lines, at, facts, '');
      const near = (distance: number) =>
        facts.missing.filter(({ file, line }) => file === place?.file && Math.abs(line - place.line) <= distance);
      const here = near(0).length > 0 ? near(0) : near(1);
      return missing(
        here.map(({ name }) => name),
        facts,
      );
    },
  },
];

/** The cause that names variables; undefined for no names. */
export function missing(names: readonly string[], facts: Facts): Cause | undefined {
  const unique = [...new Set(names)].slice(0, 8);
  if (unique.length === 0) return undefined;
  const places = unique.flatMap((name) => {
    const read = facts.missing.find((one) => one.name === name);
    return read === undefined ? [] : [{ file: read.file, line: read.line, message: `${name} is read here` }];
  });
  const several = unique.length > 1;
  return {
    kind: 'missing-variable',
    cause: `the ${several ? 'variables' : 'variable'} ${unique.join(', ')} ${several ? 'are' : 'is'} not set${where(places)}`,
    mend: `Give ${several ? 'them values' : 'it a value'} in .env.example or in grade.yaml (env:), or a default in the code.`,
    places,
  };
}

function namesOf(facts: Facts, wanted: (meaning: MissingVariable['meaning']) => boolean): string[] {
  return facts.missing.filter(({ meaning }) => wanted(meaning)).map(({ name }) => name);
}
