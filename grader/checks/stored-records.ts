import type { MongoHandle, PostgresHandle, ServiceHandles } from '../target/target.ts';
import type { Database } from './params.ts';

/** One row or document as plain JSON. */
export interface StoredRecord {
  database: Database;
  /** The table or collection. */
  from: string;
  record: Record<string, unknown>;
}

/** Most records of one collection that are searched: Mongo has no search for a text in any field. */
const MAX_DOCUMENTS = 5000;

/**
 * The rows or documents that hold a text in any field, at any depth, in any case of letters, in any of
 * the databases; at most `limit` of each table or collection.
 *
 * @param text without characters that JSON escapes
 */
export async function recordsWith(
  services: ServiceHandles,
  databases: readonly Database[],
  text: string,
  limit = 20,
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for (const database of databases) {
    if (database === 'postgres' && services.postgres) found.push(...(await rowsWith(services.postgres, text, limit)));
    else if (database === 'mongo' && services.mongo) found.push(...(await documentsWith(services.mongo, text, limit)));
    else throw new Error(`the check was given no handle of ${database}`);
  }
  return found;
}

async function rowsWith(postgres: PostgresHandle, text: string, limit: number): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for (const { name } of await postgres.tables()) {
    const rows = await postgres.query<{ record: Record<string, unknown> }>(
      `SELECT pg_catalog.to_jsonb(t) AS record FROM ${quote(name)} AS t
       WHERE pg_catalog.strpos(pg_catalog.lower(pg_catalog.to_jsonb(t)::text), $1) > 0 LIMIT ${limit}`,
      [text.toLowerCase()],
    );
    found.push(...rows.map(({ record }) => ({ database: 'postgres' as const, from: name, record })));
  }
  return found;
}

async function documentsWith(mongo: MongoHandle, text: string, limit: number): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for (const { name } of await mongo.collections()) {
    const documents = await mongo.find(name, {}, MAX_DOCUMENTS);
    const holding = documents.filter((document) => JSON.stringify(document).toLowerCase().includes(text.toLowerCase()));
    found.push(...holding.slice(0, limit).map((record) => ({ database: 'mongo' as const, from: name, record })));
  }
  return found;
}

/** A table as `tables()` names it: `users`, or `schema.users` where the schema is not public. */
function quote(table: string): string {
  return table
    .split(/\.(.*)/s, 2)
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
