import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { checkServerIdentity } from 'node:tls';
import { Client, type ClientConfig, Pool } from 'pg';
import { serverCertificate } from '../certificate.ts';
import type { Running } from '../conformance.ts';
import type { Endpoint } from '../service.ts';

/** What an app and the grader may expect of a Postgres tenant. */
export function postgresConformance(running: () => Running<'postgres'>): void {
  const FORMS: Record<string, (env: Record<string, string>) => ClientConfig> = {
    DATABASE_URL: (env) => ({ connectionString: env['DATABASE_URL'] }),
    POSTGRES_URL: (env) => ({ connectionString: env['POSTGRES_URL'] }),
    'PGHOST, PGPORT …': (env) => parts(env, ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE']),
    'DB_HOST, DB_PORT …': (env) => parts(env, ['DB_HOST', 'DB_PORT', 'DB_USER', 'DB_PASSWORD', 'DB_NAME']),
    'POSTGRES_HOST, POSTGRES_PORT …': (env) =>
      parts(env, ['POSTGRES_HOST', 'POSTGRES_PORT', 'POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB']),
  };
  for (const [form, from] of Object.entries(FORMS)) {
    test(`${form} lead to a database that the app may fill`, async () => {
      await using app = await open(from(running().tenant.env));
      await app.query('CREATE TABLE IF NOT EXISTS forms (name text)');
      await app.query('INSERT INTO forms VALUES ($1)', [form]);
    });
  }

  test('an app may ask for TLS, trusting the grader’s certificate or whatever is shown', async () => {
    const { tenant, owned } = running();
    const { cert } = await serverCertificate();
    const encrypted = async (how: ClientConfig) => {
      await using app = await open({ ...config(tenant.endpoint), ...how });
      return (await app.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows[0].ssl;
    };
    assert.equal(await encrypted({ ssl: false }), false);
    // Somebody else's server has the certificate that it has.
    if (!owned) return;
    assert.equal(await encrypted({ ssl: { rejectUnauthorized: false } }), true);
    for (const host of ['localhost', 'postgres'])
      assert.equal(
        await encrypted({ ssl: { ca: cert, checkServerIdentity: (_, shown) => checkServerIdentity(host, shown) } }),
        true,
      );
  });

  test('an app may reset its schema, add usual extensions and sort as people do', async () => {
    await using app = await open(running().other.endpoint);
    await app.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await app.query(
      'CREATE EXTENSION pgcrypto; CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION citext; CREATE EXTENSION pg_trgm',
    );
    const { rows } = await app.query(
      "SELECT string_agg(word, ' ' ORDER BY word) AS words FROM unnest(ARRAY['b', 'A', 'a', 'é', 'z', 'E']) word",
    );
    assert.equal(rows[0].words, 'a A b E é z');
  });

  test('tenants do not see each other', async () => {
    const { tenant, other } = running();
    await using app = await open(tenant.endpoint);
    await app.query('CREATE TABLE secrets (word text); INSERT INTO secrets VALUES (1)');
    await using neighbour = await open(other.endpoint);
    await assert.rejects(neighbour.query('SELECT * FROM secrets'), /does not exist/);
    await assert.rejects(
      open({ ...other.endpoint, database: tenant.endpoint.database }),
      /permission denied for database/,
    );
    await assert.rejects(open({ ...tenant.endpoint, user: other.endpoint.user }), /password authentication failed/);
  });

  test('guessed credentials are refused', async () => {
    const { endpoint } = running().tenant;
    for (const user of [endpoint.user, 'postgres', 'grade_admin', `${endpoint.user}_reader`]) {
      for (const password of ['', 'postgres', 'password', endpoint.user]) {
        await assert.rejects(open({ ...endpoint, user, password }), {
          message: /authentication failed|password must be a string|no password/i,
        });
      }
    }
  });

  test('an app does not rule the server', async () => {
    const { tenant, owned } = running();
    await using app = await open(tenant.endpoint);
    const forbidden = [
      "COPY (SELECT 1) TO PROGRAM 'true'",
      "COPY (SELECT 1) TO '/tmp/out'",
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT lo_import('/etc/passwd')",
      'SELECT pg_reload_conf()',
      "ALTER SYSTEM SET fsync = 'off'",
      'CREATE ROLE more SUPERUSER',
      `ALTER ROLE ${tenant.endpoint.user} CONNECTION LIMIT -1`,
      `ALTER ROLE ${tenant.endpoint.user} SET session_preload_libraries = ''`,
      'CREATE DATABASE more',
      'SELECT * FROM pg_authid',
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user',
      'CREATE EXTENSION dblink',
      "SET auto_explain.log_min_duration = '-1'",
    ];
    for (const sql of forbidden) await assert.rejects(app.query(sql), /permission|must be|denied|Only roles/i, sql);
    if (owned)
      for (const database of ['postgres', 'template1'])
        await assert.rejects(open({ ...tenant.endpoint, database }), /permission denied/);
  });

  test('code of the app that the grader sets off has no more rights than the app', async () => {
    const { tenant } = running();
    await using app = await open(tenant.endpoint);
    await app.query(`CREATE TABLE trapped (id int, super text);
      CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; NEW.super = current_setting('is_superuser'); RETURN NEW; END $$;
      CREATE TRIGGER trap BEFORE INSERT ON trapped FOR EACH ROW EXECUTE FUNCTION trap()`);
    const rows = await tenant.handle.query('INSERT INTO trapped (id) VALUES ($1) RETURNING *', [1]);
    assert.deepEqual(rows, [{ id: 1, super: 'off' }]);
  });

  test('the handle lists tables with exact row counts', async () => {
    const { tenant } = running();
    await using app = await open(tenant.endpoint);
    await app.query(
      'CREATE SCHEMA shop; CREATE TABLE shop."odd ""name""" (id serial primary key, price numeric(10,2)); INSERT INTO shop."odd ""name""" (price) VALUES (1), (2)',
    );
    const table = (await tenant.handle.tables()).find(({ name }) => name === 'shop.odd "name"');
    assert.deepEqual(table, {
      name: 'shop.odd "name"',
      columns: [
        { name: 'id', type: 'integer' },
        { name: 'price', type: 'numeric(10,2)' },
      ],
      rows: 2,
    });
  });

  test('rows that would not fit in memory are refused', async () => {
    const { handle } = running().tenant;
    await assert.rejects(handle.query('SELECT generate_series(1, 200000)'), RangeError);
    assert.deepEqual(await handle.query('SELECT 1 AS one'), [{ one: 1 }]);
  });

  test('plans tell scans apart and count statements, prepared ones and open connections included', async () => {
    const { tenant } = running();
    const pool = new Pool({ ...config(tenant.endpoint), max: 3 });
    try {
      await pool.query(
        'CREATE TABLE products (id int primary key, name text); INSERT INTO products SELECT i, i FROM generate_series(1, 3000) i; ANALYZE products',
      );
      const prepared = { name: 'by-id', text: 'SELECT * FROM products WHERE id = $1' };
      await Promise.all([1, 2, 3].map((id) => pool.query({ ...prepared, values: [id] })));
      const plans = await tenant.handle.plans(async () => {
        await Promise.all([7, 8, 9].map((id) => pool.query({ ...prepared, values: [id] })));
        await pool.query('SELECT count(*) FROM products WHERE name = $1', ['5']);
        const client = await pool.connect();
        await client.query('BEGIN');
        await client.query('UPDATE products SET name = $1 WHERE id = $2', ["it's", 4]);
        await client.query('COMMIT');
        client.release();
        await tenant.handle.query('SELECT * FROM products');
      });
      const seen = plans.map(({ statement, scans }) => [statement.split(' ')[0], scans]);
      const byId = { relation: 'products', kind: 'index', examined: 1, returned: 1 };
      assert.deepEqual(seen, [
        ...[7, 8, 9].map(() => ['SELECT', [byId]]),
        ['SELECT', [{ relation: 'products', kind: 'sequential', examined: 3000, returned: 1 }]],
        ['UPDATE', [byId]],
      ]);
      for (const { plan, durationMs } of plans) assert.ok(plan.includes('Node Type') && durationMs >= 0);
    } finally {
      await pool.end();
    }
  });

  test('two apps can be looked at side by side, and nobody is once that is over', async () => {
    const { tenant, other } = running();
    await using app = await open(tenant.endpoint);
    await using neighbour = await open(other.endpoint);
    const inner = Promise.withResolvers<void>();
    let second: unknown[] = [];
    const first = await tenant.handle.plans(async () => {
      second = await other.handle.plans(async () => void (await neighbour.query("SELECT 'theirs'")));
      await app.query("SELECT 'mine'");
      inner.resolve();
    });
    assert.deepEqual([first.map(({ statement }) => statement), second.length], [["SELECT 'mine'"], 1]);
    const { rows } = await app.query("SELECT current_setting('auto_explain.log_min_duration') AS value");
    assert.deepEqual(rows, [{ value: '-1' }]);
  });

  test('the handle works when the app has used up its connections', async () => {
    const { tenant, owned } = running();
    await using stack = new AsyncDisposableStack();
    const refused = await exhaust(stack, tenant.endpoint);
    assert.match(refused.message, /too many/);
    assert.deepEqual(await tenant.handle.query('SELECT 1 AS one'), [{ one: 1 }]);
    assert.deepEqual(await tenant.handle.plans(async () => {}), []);
    await tenant.healthy();
    if (!owned) return;
    // Connections that never log in count for the whole server.
    for (let count = 0; count < 450; count++) {
      const socket = connect(tenant.endpoint.port, tenant.endpoint.host);
      socket.on('error', () => {});
      stack.defer(() => void socket.destroy());
    }
    assert.deepEqual(await tenant.handle.query('SELECT 1 AS one'), [{ one: 1 }]);
    await tenant.healthy();
  });

  test('an app that drops all it has does not take the server along', async () => {
    const { other } = running();
    await using app = await open(other.endpoint);
    await assert.rejects(app.query(`DROP DATABASE ${other.endpoint.database}`), /currently open/);
    await app.query('DROP SCHEMA public CASCADE');
    await app.query(`ALTER DATABASE ${other.endpoint.database} CONNECTION LIMIT 0`);
    await other.healthy();
    assert.deepEqual(await other.handle.tables(), []);
  });
}

function parts(
  env: Record<string, string>,
  [host, port, user, password, database]: [string, string, string, string, string],
): ClientConfig {
  return {
    host: env[host],
    port: Number(env[port]),
    user: env[user],
    password: env[password],
    database: env[database],
  };
}

function config({ host, port, user, password, database }: Endpoint): ClientConfig {
  return { host, port, user, password, database };
}

async function open(how: ClientConfig | Endpoint): Promise<Client & AsyncDisposable> {
  const client = new Client({ ssl: false, ...how });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end();
    throw error;
  }
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

async function exhaust(stack: AsyncDisposableStack, endpoint: Endpoint): Promise<Error> {
  for (let count = 0; count < 200; count += 20) {
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => open(endpoint)));
    for (const result of opened) if (result.status === 'fulfilled') stack.use(result.value);
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed) return failed.reason as Error;
  }
  throw new Error('there is no limit');
}
