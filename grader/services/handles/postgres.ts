import { escapeIdentifier } from 'pg';
import type { PostgresHandle } from '../../target/target.ts';
import type { Endpoint } from '../service.ts';
import { recordPlans } from './postgres-plans.ts';
import { PostgresSession } from './postgres-session.ts';

/** A submission may make as many tables as it likes; the grader looks at this many. */
const MAX_TABLES = 200;

/**
 * The grader's view of one app's database.
 *
 * @param credentials.reader a role with the app's rights and no others, for all statements in its database
 * @param credentials.control the server administrator's session in a database that no app can enter
 */
export async function openPostgres(credentials: {
  reader: Endpoint;
  control: PostgresSession;
}): Promise<PostgresHandle & AsyncDisposable & { ping(): Promise<void> }> {
  const { reader, control } = credentials;
  const session = await PostgresSession.connect(reader, 'grade');
  return {
    query: (sql, parameters) => session.query(sql, parameters),
    plans: (work) => recordPlans(control, reader.database, work),
    tables: () => tables(session),
    ping: async () => {
      await control.query('SELECT 1');
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function tables(session: PostgresSession): ReturnType<PostgresHandle['tables']> {
  const found = await session.query<{ schema: string; name: string; columns: { name: string; type: string }[] }>(
    `SELECT n.nspname AS schema, c.relname AS name,
            pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum) AS columns
     FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     GROUP BY n.nspname, c.relname ORDER BY n.nspname, c.relname LIMIT ${MAX_TABLES}`,
  );
  const counted = [];
  for (const { schema, name, columns } of found) {
    const [count] = await session.query<{ rows: string }>(
      `SELECT pg_catalog.count(*) AS rows FROM ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`,
    );
    counted.push({ name: schema === 'public' ? name : `${schema}.${name}`, columns, rows: Number(count?.rows) });
  }
  return counted;
}
