import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServiceKind } from '../../target/target.ts';
import { meaningByName } from './by-name.ts';
import type { Variable } from './variable.ts';

/** A meaning in short: `mongo url`, `listen port`, `pem private`. */
function short(name: string, services: readonly ServiceKind[] = ['postgres', 'mongo', 'redis']): string {
  const meaning: Variable['meaning'] = meaningByName(name, services);
  return [
    meaning.kind === 'service' ? meaning.service : meaning.kind,
    ...('part' in meaning ? [meaning.part] : []),
    ...('value' in meaning ? [meaning.value] : []),
    ...('half' in meaning ? [meaning.half] : []),
  ].join(' ');
}

const NAMES: Record<string, string> = {
  'mongo url':
    'MONGO_URI MONGODB_URI MONGO_URL MONGODB_URL MONGO_DB_URI MONGO_DB_URL MONGOURI mongoUri MONGO MONGODB ATLAS_URI MONGO_CONNECTION_STRING MONGODB_CONN_STRING mongodb_uri MONGO_URl MONOG_URI MNOGO_URI MONGDB_URI MONGO_ATLAS_CONNECTION',
  'mongo host': 'MONGO_HOST MONGODB_HOST MONGOHOST MONGO_SERVER MONGO_HOSTNAME',
  'mongo port': 'MONGO_PORT MONGODB_PORT',
  'mongo user': 'MONGO_USER MONGO_USERNAME MONGO_INITDB_ROOT_USERNAME',
  'mongo password': 'MONGO_PASSWORD MONGO_PASS MONGO_PWD MONGO_INITDB_ROOT_PASSWORD',
  'mongo database': 'MONGO_DB MONGO_DB_NAME MONGO_DATABASE MONGODB_NAME MONGO_DBNAME',
  'postgres url':
    'DATABASE_URL DATABASE_URI DB_URL DB_URI DB_CONN_STRING DB_CONNECTION DATABASE DATABSE_URL POSTGRES_URL POSTGRESQL_URL PG_URL PG_CONNECTION_STRING DIRECT_URL DATABASE_CONNECTION_STRING dbUrl',
  'postgres host': 'DB_HOST DATABASE_HOST PGHOST PG_HOST POSTGRES_HOST DBHOST dbHost POSTGRESS_HOST',
  'postgres port': 'DB_PORT DATABASE_PORT PGPORT POSTGRES_PORT',
  'postgres user': 'DB_USER DB_USERNAME DATABASE_USER DATABASE_USERNAME PGUSER POSTGRES_USER DBUSER',
  'postgres password': 'DB_PASSWORD DB_PASS DB_PWD DATABASE_PASSWORD DATABASE_PASWORD PGPASSWORD POSTGRES_PASSWORD',
  'postgres database': 'DB_NAME DB_DATABASE DATABASE_NAME PGDATABASE POSTGRES_DB POSTGRES_DATABASE DBNAME',
  'redis url': 'REDIS_URL REDIS_URI REDIS CACHE_URL REDIS_CONNECTION_STRING',
  'redis host': 'REDIS_HOST REDISHOST REDIS_HOSTNAME REDIS_ENDPOINT',
  'redis port': 'REDIS_PORT',
  'redis password': 'REDIS_PASSWORD REDIS_PASS',
  'redis user': 'REDIS_USERNAME',
  'redis database': 'REDIS_DB',
  'listen port': 'PORT port APP_PORT SERVER_PORT API_PORT HTTP_PORT NODE_PORT',
  'listen host': 'HOST APP_HOST SERVER_HOST',
  secret:
    'JWT_SECRET JWT_SECRET_KEY JWT_KEY SECRET SECRET_KEY TOKEN_SECRET ACCESS_TOKEN_SECRET REFRESH_TOKEN_KEY SESSION_SECRET COOKIE_KEY jwtSecret JWTSECRET AUTH_SECRET SECRETKEY JWT_SCERET STRIPE_WEBHOOK_SECRET',
  'stripe-key': 'STRIPE_KEY STRIPE_SECRET_KEY STRIPE_SECRET STRIPE_API_KEY',
  'pem private': 'JWT_PRIVATE_KEY ACCESS_TOKEN_PRIVATE_KEY',
  'pem public': 'JWT_PUBLIC_KEY',
  'setting http://localhost:3000': 'CLIENT_URL FRONTEND_URL',
  mode: 'NODE_ENV APP_ENV',
  unknown:
    'USER PASSWORD BCRYPT_ROUNDS JWT_EXPIRES_IN TOKEN_TTL CORS_ORIGIN LOG_LEVEL EMAIL_HOST SMTP_PORT MAIL_USER EMAIL_PASSWORD API_KEY BASE_URL DB_POOL_SIZE DB_SSL REPORT PASSPORT __proto__ constructor',
};

describe('a variable means by its name', () => {
  for (const [meaning, names] of Object.entries(NAMES)) {
    test(meaning, () => {
      for (const name of names.split(' ')) assert.equal(short(name), meaning, name);
    });
  }

  test('DB_HOST is that of the database which the app uses; of a cache only when there is nothing else', () => {
    assert.equal(short('DB_HOST', ['redis', 'mongo', 'postgres']), 'mongo host');
    assert.equal(short('DB_HOST', ['redis']), 'redis host');
    assert.equal(short('DB_HOST', []), 'unknown');
    assert.equal(short('REDIS_HOST', []), 'redis host');
  });
});
