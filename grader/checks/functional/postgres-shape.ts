import type { PostgresHandle } from '../../target/target.ts';

/** One column of a learner's table, as far as copying a row needs to know it. */
export interface ColumnShape {
  name: string;
  quoted: string;
  /** As in DDL: `character varying(40)`. */
  type: string;
  /** Postgres' own letter: S for text, N for numbers, D for dates and times, U for others, and so on. */
  category: string;
  isUuid: boolean;
  /** Most characters it takes; null without a limit. */
  maxLength: number | null;
  /** The database fills it by itself: identity, generated, or a default that differs each time. */
  automatic: boolean;
}

export interface TableShape {
  name: string;
  quoted: string;
  columns: ColumnShape[];
  /** Names of the columns of each unique index, those within expressions too. */
  uniques: string[][];
  /** Foreign keys of one column. */
  references: { column: string; table: string; key: string }[];
}

/** Reads the shape of a table. @param table as the handle's `tables()` names it */
export async function columnsOf(postgres: PostgresHandle, table: string): Promise<TableShape> {
  const quoted = quoteTable(table);
  const columns = await postgres.query<Omit<ColumnShape, 'quoted'>>(
    `SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, t.typcategory AS category,
            coalesce(b.typname, t.typname) = 'uuid' AS "isUuid",
            CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS "maxLength",
            a.attidentity <> '' OR a.attgenerated <> ''
              OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~* '(nextval|uuid|random|nanoid|cuid)', false) AS automatic
     FROM pg_catalog.pg_attribute a
     JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
     LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quoted],
  );
  // An index on an expression such as lower(email) names its columns by its dependencies only.
  const uniques = await postgres.query<{ columns: string[] }>(
    `SELECT ARRAY(
              SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (
                a.attnum = ANY (i.indkey) OR EXISTS (
                  SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
              ORDER BY a.attnum) AS columns
     FROM pg_catalog.pg_index i WHERE i.indrelid = $1::regclass AND i.indisunique`,
    [quoted],
  );
  const references = await postgres.query<{ column: string; schema: string; table: string; key: string }>(
    `SELECT a.attname AS column, n.nspname AS schema, r.relname AS table, k.attname AS key
     FROM pg_catalog.pg_constraint c
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     JOIN pg_catalog.pg_attribute k ON k.attrelid = c.confrelid AND k.attnum = c.confkey[1]
     JOIN pg_catalog.pg_class r ON r.oid = c.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
     WHERE c.contype = 'f' AND c.conrelid = $1::regclass AND pg_catalog.cardinality(c.conkey) = 1`,
    [quoted],
  );
  return {
    name: table,
    quoted,
    columns: columns.map((column) => ({ ...column, quoted: quote(column.name) })),
    uniques: uniques.map((unique) => unique.columns),
    references: references.map(({ column, schema, table: name, key }) => ({
      column,
      table: schema === 'public' ? name : `${schema}.${name}`,
      key,
    })),
  };
}

/** `products`, or `schema.products` where the schema is not public. */
function quoteTable(table: string): string {
  return table
    .split(/\.(.*)/s, 2)
    .map(quote)
    .join('.');
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
