import type { ServiceKind } from '../../target/target.ts';
import type { Flow } from './flow.ts';
import { texts, type Value } from './value.ts';

const DIALECTS: Readonly<Record<string, ServiceKind | 'other'>> = {
  ...named('postgres', 'postgres postgresql pg postgis cockroachdb pg-native'),
  ...named('mongo', 'mongodb mongo'),
  ...named('redis', 'redis ioredis'),
  ...named('other', 'mysql mysql2 mariadb sqlite sqlite3 better-sqlite3 mssql oracle oracledb sqljs libsql'),
};

/** The database that options name: `dialect`, `type`, `client`, `provider`. */
export function dialect(value: Value, flow: Flow): ServiceKind | 'other' | undefined {
  if (value.kind !== 'object' && value.kind !== 'json') return undefined;
  for (const name of ['dialect', 'type', 'client', 'provider', 'driver', 'store']) {
    const [atoms] = texts(flow.property(value, name));
    const word = atoms?.[0]?.kind === 'text' ? atoms[0].text.toLowerCase() : '';
    if (Object.hasOwn(DIALECTS, word)) return DIALECTS[word];
  }
  return undefined;
}

function named<Kind>(kind: Kind, list: string): Record<string, Kind> {
  return Object.fromEntries(list.split(' ').map((name) => [name, kind]));
}
