import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import type { PostgresHandle } from '../../target/target.ts';
import { columnsOf, type TableShape } from './postgres-shape.ts';
import { expressionOf, uniqueColumns } from './postgres-copy.ts';
import { fieldsOf, type SeedSource } from './seed-source.ts';

/**
 * About as many copies keep a varied value as it was: more than a page, so that a query for it has
 * something to find; few, so that walking along another index to find them costs more than the right one.
 */
const KEPT_COPIES = 40;

export interface SeedOptions {
  source: SeedSource;
  /** What was sent to make it. */
  body: Readonly<Record<string, unknown>>;
  /** Fields of the body of which the copies differ. */
  vary: readonly string[];
  rows: number;
  note: (text: string) => void;
}

/** Copies that were inserted; removed with their scope. */
export interface Seeded extends AsyncDisposable {
  relation: string;
}

/**
 * Fills a learner's table with copies of one row, by SQL: whatever must be unique is made so, keys and
 * defaults are left to the database, and fields that vary get one of many values. A field that lies in
 * another table (`category_id`) varies there, by copies of that row.
 *
 * @throws {InfrastructureError} when the table's rules don't allow for copies
 */
export async function seedPostgres(
  postgres: PostgresHandle,
  { source, body, vary, rows, note }: SeedOptions,
): Promise<Seeded> {
  await using stack = new AsyncDisposableStack();
  const shape = await columnsOf(postgres, source.from);
  const row = await locate(postgres, shape, source.record);
  const buckets = Math.max(2, Math.ceil(rows / KEPT_COPIES));
  const varied = new Set<string>();
  const references: Record<string, unknown[]> = {};
  for (const field of vary) {
    const column = source.fields[field];
    if (column !== undefined) {
      varied.add(column);
      continue;
    }
    const copies = await copyReferenced(postgres, shape, source.record, body, field, buckets, stack);
    if (copies) references[copies.column] = copies.values;
    else note(`"${field}" stands in no column of ${source.from}, so the copies don't differ in it.`);
  }
  await insert(postgres, shape, { row, rows, buckets, varied, references }, stack);
  await postgres.query(`ANALYZE ${shape.quoted}`);
  const owned = stack.move();
  return { relation: source.from, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Place {
  ctid: string;
  tableoid: string;
}

interface Copies {
  row: Place;
  rows: number;
  buckets: number;
  varied: ReadonlySet<string>;
  /** Values that a referring column takes in turn, one a bucket. */
  references: Readonly<Record<string, unknown[]>>;
}

async function locate(
  postgres: PostgresHandle,
  { quoted }: TableShape,
  record: Readonly<Record<string, unknown>>,
): Promise<Place> {
  const texts = Object.values(record).filter((value): value is string => typeof value === 'string' && value.length > 0);
  const conditions = texts.map(
    (_text, i) => `pg_catalog.strpos(pg_catalog.to_jsonb(t)::text, pg_catalog.to_jsonb($${i + 1}::text)::text) > 0`,
  );
  const [row] = await postgres.query<Place>(
    `SELECT t.ctid::text, t.tableoid::text FROM ${quoted} AS t WHERE ${['true', ...conditions].join(' AND ')} LIMIT 1`,
    texts,
  );
  if (!row) throw new InfrastructureError('the row to copy is gone');
  return row;
}

/** Inserts copies and has them deleted with `stack`. @returns what the given column has in each */
async function insert(
  postgres: PostgresHandle,
  shape: TableShape,
  copies: Copies,
  stack: AsyncDisposableStack,
  returning = 'NULL',
): Promise<unknown[]> {
  const unique = uniqueColumns(shape, copies.varied);
  const parameters: unknown[] = [copies.row.ctid, copies.row.tableoid, copies.rows];
  const targets: string[] = [];
  const values: string[] = [];
  for (const column of shape.columns) {
    if (column.automatic) continue;
    const reference = copies.references[column.name];
    if (reference) parameters.push(reference);
    targets.push(column.quoted);
    values.push(
      reference
        ? `CASE WHEN n % ${copies.buckets} = 0 THEN t.${column.quoted} ELSE ($${parameters.length}::${column.type}[])[n % ${copies.buckets}] END`
        : expressionOf(shape, column, {
            unique: unique.has(column.name),
            varied: copies.varied.has(column.name),
            buckets: copies.buckets,
          }),
    );
  }
  const sql = `INSERT INTO ${shape.quoted} (${targets.join(', ')}) SELECT ${values.join(', ')}
     FROM (SELECT * FROM ${shape.quoted} WHERE ctid = $1::tid AND tableoid = $2::oid) AS t, generate_series(1, $3::int) AS n
     RETURNING ctid::text, tableoid::text, ${returning} AS value`;
  let inserted: (Place & { value: unknown })[];
  try {
    inserted = await postgres.query<Place & { value: unknown }>(sql, parameters);
  } catch (error) {
    throw new InfrastructureError(`the table ${shape.name} can't be filled with copies: ${messageOf(error)}`, {
      cause: error,
    });
  }
  stack.defer(async () => {
    for (const [tableoid, places] of Map.groupBy(inserted, (place) => place.tableoid)) {
      await postgres.query(`DELETE FROM ${shape.quoted} WHERE tableoid = $1::oid AND ctid = ANY ($2::tid[])`, [
        tableoid,
        places.map(({ ctid }) => ctid),
      ]);
    }
    await postgres.query(`VACUUM (ANALYZE) ${shape.quoted}`);
  });
  return inserted.map(({ value }) => value);
}

/** Copies the row of another table that holds a field of the body, and gives the keys by which it is referred to. */
async function copyReferenced(
  postgres: PostgresHandle,
  shape: TableShape,
  record: Readonly<Record<string, unknown>>,
  body: Readonly<Record<string, unknown>>,
  field: string,
  buckets: number,
  stack: AsyncDisposableStack,
): Promise<{ column: string; values: unknown[] } | undefined> {
  for (const { column, table, key } of shape.references) {
    const parent = await columnsOf(postgres, table);
    const quotedKey = parent.columns.find(({ name }) => name === key)?.quoted ?? 'NULL';
    const [found] = await postgres.query<Place & { record: Record<string, unknown> }>(
      `SELECT t.ctid::text, t.tableoid::text, pg_catalog.to_jsonb(t) AS record FROM ${parent.quoted} AS t WHERE t.${quotedKey}::text = $1`,
      [String(record[column])],
    );
    const place = found && fieldsOf(found.record, { [field]: body[field] })[field];
    if (!found || place === undefined) continue;
    const values = await insert(
      postgres,
      parent,
      { row: found, rows: buckets - 1, buckets: buckets * buckets, varied: new Set([place]), references: {} },
      stack,
      quotedKey,
    );
    await postgres.query(`ANALYZE ${parent.quoted}`);
    return { column, values };
  }
  return undefined;
}
