import type { Meaning } from './variable.ts';

const PORTS: Readonly<Record<string, 'mongo' | 'postgres' | 'redis'>> = {
  '27017': 'mongo',
  '5432': 'postgres',
  '6379': 'redis',
};

/** What a variable means by a value that stands beside it: a default in the source, an example. */
export function meaningByValue(value: string): Meaning {
  const [, scheme] = /^(mongodb|postgres|redis)(?:ql|s|\+srv)?:\/\//.exec(value) ?? [];
  const service = scheme === 'mongodb' ? 'mongo' : scheme;
  if (service === 'mongo' || service === 'postgres' || service === 'redis')
    return { kind: 'service', service, part: 'url' };
  const port = Object.hasOwn(PORTS, value) ? PORTS[value] : undefined;
  if (port !== undefined) return { kind: 'service', service: port, part: 'port' };
  if (/^sk_(test|live)_/.test(value)) return { kind: 'stripe-key' };
  const half = /^-----BEGIN (?:\w+ )?(PRIVATE|PUBLIC) KEY-----/.exec(value)?.[1];
  return half === undefined ? { kind: 'unknown' } : { kind: 'pem', half: half === 'PUBLIC' ? 'public' : 'private' };
}
