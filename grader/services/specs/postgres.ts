import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { serverCertificate } from '../certificate.ts';
import { openPostgres } from '../handles/postgres.ts';
import { PostgresSession } from '../handles/postgres-session.ts';
import { untilAnswers } from '../ready.ts';
import type { Endpoint, ServiceSpec, TenantSetup } from '../service.ts';

export const postgres: ServiceSpec<'postgres'> = {
  kind: 'postgres',
  title: 'Postgres',
  port: 5432,
  image: 'postgres:17',
  aliases: ['postgres', 'postgresql', 'pg', 'pgsql', 'postgres-db', 'postgres_db'],
  adminDatabase: 'postgres',
  announcesItself: false,
  tenancy: 'database',
  shareable: true,
  container: async (admin) => {
    const { cert, key } = await serverCertificate();
    return {
      env: { POSTGRES_USER: admin.user, POSTGRES_PASSWORD: admin.password, POSTGRES_DB: 'postgres', PGDATA: '/pgdata' },
      // The key must be the server's own, whose user is known inside only.
      command: [
        'sh',
        '-c',
        'chown postgres "$0" && chmod 600 "$0" && exec docker-entrypoint.sh postgres "$@"',
        KEY_FILE,
        ...postgresArguments({ cert: CERTIFICATE_FILE, key: KEY_FILE }),
      ],
      tmpfs: { '/pgdata': 'rw,size=1g' },
      files: [
        { target: CERTIFICATE_FILE, content: cert, mode: 0o444 },
        { target: KEY_FILE, content: key, mode: 0o400 },
      ],
      memoryMb: 1536,
    };
  },
  ready: (admin, signal) =>
    untilAnswers(signal, async () => {
      await using session = await PostgresSession.connect(admin, 'grade ready');
      const [row] = await session.query<{ server_version: string }>('SHOW server_version');
      return row?.server_version.split(' ')[0] ?? 'unknown';
    }),
  initialise: async (admin) => {
    await using control = await PostgresSession.connect(admin, 'grade control');
    await control.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
  },
  provision,
  environment,
  endpoint: (url) => ({
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username || 'postgres'),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
  }),
};

const CERTIFICATE_FILE = '/etc/grade/server.crt';
const KEY_FILE = '/etc/grade/server.key';

/**
 * Options of the server, for a throw-away database on a shared machine. Needs Postgres 15 (jsonlog).
 *
 * @param tls files for clients that ask for TLS; all others come in without
 */
export function postgresArguments(tls: { cert: string; key: string }): string[] {
  const settings = {
    ssl: 'on',
    ssl_cert_file: tls.cert,
    ssl_key_file: tls.key,
    // The data dies with the run: nothing needs to survive a power cut.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '256MB',
    // Room for four apps at their limit, and for the grader however many there are.
    max_connections: 420,
    superuser_reserved_connections: 20,
    // Databases can't be made or dropped while somebody stands at the door, such as an app without its password.
    authentication_timeout: '5s',
    temp_file_limit: '1GB',
    // The same plans on any number of cores, and without the pause of a compiler.
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    timezone: 'UTC',
    lc_messages: 'C',
    // Plans are read from this log (handles/postgres-plans.ts); a submission's errors do not belong in it.
    logging_collector: 'on',
    log_destination: 'jsonlog',
    log_directory: 'log',
    log_filename: 'grade.log',
    log_rotation_age: 0,
    log_rotation_size: 0,
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    log_autovacuum_min_duration: -1,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Connections of one app: what a stock server leaves to it (100, less 3 reserved). */
const APP_CONNECTIONS = 97;

async function provision(admin: Endpoint): Promise<TenantSetup<'postgres'>> {
  const name = `grade_${randomBytes(6).toString('hex')}`;
  const app: Endpoint = { ...admin, user: name, password: randomBytes(18).toString('hex'), database: name };
  // Statements about the submission's data run under this role and never as superuser: a trigger or a
  // view of the submission would run with the rights of whoever touches it.
  const reader: Endpoint = { ...app, user: `${name}_reader`, password: randomBytes(18).toString('hex') };
  await using stack = new AsyncDisposableStack();
  const control = stack.use(await PostgresSession.connect(admin, 'grade control'));
  stack.defer(() => drop(control, app, reader));

  await control.query(
    `CREATE ROLE ${id(app.user)} LOGIN PASSWORD ${escapeLiteral(app.password)} CONNECTION LIMIT ${APP_CONNECTIONS}`,
  );
  await control.query(
    `CREATE ROLE ${id(reader.user)} LOGIN PASSWORD ${escapeLiteral(reader.password)} IN ROLE ${id(app.user)}`,
  );
  await control.query(`ALTER ROLE ${id(reader.user)} SET statement_timeout = '30s'`);
  const [rights] = await control.query<{ super: boolean }>(
    'SELECT rolsuper AS super FROM pg_catalog.pg_roles WHERE rolname = current_user',
  );
  // Switched off until a check asks for plans; only a superuser may set it, for the app too.
  if (rights?.super) await control.query(`ALTER ROLE ${id(app.user)} SET session_preload_libraries = 'auto_explain'`);
  else await control.query(`GRANT ${id(app.user)} TO CURRENT_USER`);
  await control.query(
    `CREATE DATABASE ${id(app.database)} OWNER ${id(app.user)} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`,
  );
  await control.query(`REVOKE ALL ON DATABASE ${id(app.database)} FROM PUBLIC`);
  const handle = stack.use(await openPostgres({ reader, control }));
  const owned = stack.move();
  return { app, handle, ping: () => handle.ping(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function drop(control: PostgresSession, app: Endpoint, reader: Endpoint): Promise<void> {
  await control.query(`DROP DATABASE IF EXISTS ${id(app.database)} WITH (FORCE)`);
  await control.query(`DROP ROLE IF EXISTS ${id(reader.user)}`);
  await control.query(`DROP ROLE IF EXISTS ${id(app.user)}`);
}

function id(name: string): string {
  return escapeIdentifier(name);
}

/** Names that Express tutorials, ORMs and hosting platforms use. */
function environment({ host, port, user, password, database }: Endpoint): Record<string, string> {
  const url = `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
  const all = (value: string, ...names: string[]) => Object.fromEntries(names.map((name) => [name, value]));
  return {
    ...all(url, 'DATABASE_URL', 'DATABASE_URI', 'DIRECT_URL', 'DB_URL', 'DB_URI', 'DB_CONNECTION_STRING'),
    ...all(url, 'POSTGRES_URL', 'POSTGRES_URI', 'POSTGRESQL_URL', 'POSTGRES_CONNECTION_STRING'),
    ...all(url, 'PG_URL', 'PG_URI', 'PG_CONNECTION_STRING'),
    ...all(host, 'PGHOST', 'PG_HOST', 'POSTGRES_HOST', 'DB_HOST', 'DATABASE_HOST'),
    ...all(String(port), 'PGPORT', 'PG_PORT', 'POSTGRES_PORT', 'DB_PORT', 'DATABASE_PORT'),
    ...all(user, 'PGUSER', 'PG_USER', 'POSTGRES_USER', 'DB_USER', 'DB_USERNAME', 'DATABASE_USER', 'DATABASE_USERNAME'),
    ...all(password, 'PGPASSWORD', 'PG_PASSWORD', 'POSTGRES_PASSWORD', 'DB_PASSWORD', 'DB_PASS', 'DATABASE_PASSWORD'),
    ...all(
      database,
      'PGDATABASE',
      'PG_DATABASE',
      'POSTGRES_DB',
      'POSTGRES_DATABASE',
      'DB_NAME',
      'DB_DATABASE',
      'DATABASE_NAME',
    ),
    ...all('postgres', 'DB_DIALECT', 'DB_TYPE', 'DB_CLIENT'),
    PGSSLMODE: 'disable',
    DB_SSL: 'false',
  };
}
