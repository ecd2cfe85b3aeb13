import { InfrastructureError } from '../../platform/errors.ts';
import type { ColumnShape, TableShape } from './postgres-shape.ts';

/** Most characters that a copy keeps of a text where the column has no limit: index entries have one. */
const MAX_KEPT_CHARS = 500;
/** Room for the number that makes a text unique, and a hyphen. */
const NUMBER_CHARS = 8;

/**
 * The columns that have to differ in every copy: one of each unique index, unless the database fills one
 * of its columns by itself. Fields that vary anyway are taken first, keys of other tables never.
 *
 * @throws {InfrastructureError} when a unique index has no column that could
 */
export function uniqueColumns(shape: TableShape, varied: ReadonlySet<string>): Set<string> {
  const chosen = new Set<string>();
  const referring = new Set(shape.references.map(({ column }) => column));
  for (const index of shape.uniques) {
    const columns = shape.columns.filter(({ name }) => index.includes(name));
    if (columns.some(({ name, automatic }) => automatic || chosen.has(name))) continue;
    const candidates = columns.filter((column) => !referring.has(column.name) && rank(column) < Infinity);
    const best = candidates.toSorted(
      (a, b) => rank(a) - Number(varied.has(a.name)) - (rank(b) - Number(varied.has(b.name))),
    )[0];
    if (!best)
      throw new InfrastructureError(
        `rows of ${shape.name} can't be copied: (${index.join(', ')}) has to be unique, and none of it can be varied`,
      );
    chosen.add(best.name);
  }
  return chosen;
}

/** SQL for what a column has in copy `n` of row `t`. */
export function expressionOf(
  shape: TableShape,
  column: ColumnShape,
  how: { unique: boolean; varied: boolean; buckets: number },
): string {
  const { quoted, type } = column;
  const value = `t.${quoted}`;
  if (how.unique) return `(${uniqueExpression(shape, column)})::${type}`;
  if (!how.varied) return value;
  const bucket = `n % ${how.buckets}`;
  if (column.category === 'S')
    return `CASE WHEN ${bucket} = 0 THEN ${value} ELSE (${prefixed(`(${bucket})`, column)})::${type} END`;
  if (column.category === 'N') return `(${value} + ${bucket})::${type}`;
  return value;
}

function uniqueExpression(shape: TableShape, column: ColumnShape): string {
  const { quoted } = column;
  if (column.isUuid) return 'pg_catalog.gen_random_uuid()';
  if (column.category === 'S') return prefixed('n', column);
  if (column.category === 'N') return `(SELECT coalesce(max(${quoted}), 0) FROM ${shape.quoted}) + n`;
  return `t.${quoted} + n * interval '1 day'`;
}

/** The number stands in front: what comes behind may have a form, such as an e-mail address. */
function prefixed(number: string, { quoted, maxLength }: ColumnShape): string {
  const kept = Math.max(0, (maxLength ?? MAX_KEPT_CHARS) - NUMBER_CHARS);
  const text = `${number} || '-' || pg_catalog.left(coalesce(t.${quoted}::text, ''), ${kept})`;
  return maxLength === null ? text : `pg_catalog.left(${text}, ${maxLength})`;
}

/** The smaller, the better it can be varied. */
function rank(column: ColumnShape): number {
  if (column.isUuid) return 0;
  const order = ['S', 'N', 'D'].indexOf(column.category);
  return order < 0 ? Infinity : order + 1;
}
