import type { ServiceHandles } from '../../target/target.ts';
import type { Database } from '../params.ts';
import { recordsWith, type StoredRecord } from '../stored-records.ts';

/** Shorter texts stand in too many records to find one by. */
const MIN_CHARS = 5;

/** A record that the app has made from a body, and how many of the body's values it holds. */
export interface SeedSource extends StoredRecord {
  /** The fields of the body by where the record has their values. */
  fields: Record<string, string>;
}

/**
 * Finds what the app stored of a body: the record that holds most of its values, in a table or collection
 * named like `hint` where several hold as many. undefined when nothing of it is stored.
 */
export async function findSource(
  services: ServiceHandles,
  databases: readonly Database[],
  body: Readonly<Record<string, unknown>>,
  hint: string | undefined,
): Promise<SeedSource | undefined> {
  const texts = Object.values(body).filter(
    (value): value is string => typeof value === 'string' && value.length >= MIN_CHARS,
  );
  const found: SeedSource[] = [];
  for (const text of texts) {
    for (const stored of await recordsWith(services, databases, text)) {
      found.push({ ...stored, fields: fieldsOf(stored.record, body) });
    }
  }
  const rank = ({ from, fields }: SeedSource) =>
    Object.keys(fields).length + (hint !== undefined && from.toLowerCase().includes(hint.toLowerCase()) ? 0.5 : 0);
  return found.filter(({ fields }) => Object.keys(fields).length > 0).toSorted((a, b) => rank(b) - rank(a))[0];
}

/** Where a record has the values of a body, by the body's field: under the same name first, else where the value is. */
export function fieldsOf(
  record: Readonly<Record<string, unknown>>,
  body: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [field, value] of Object.entries(body)) {
    const named = Object.keys(record).find((key) => plainName(key) === plainName(field) && same(record[key], value));
    const place =
      named ??
      (typeof value === 'string' && value.length >= MIN_CHARS
        ? Object.keys(record).find((key) => same(record[key], value))
        : undefined);
    if (place !== undefined) fields[field] = place;
  }
  return fields;
}

/** Prices may be stored as text, and e-mail addresses in small letters. */
function same(stored: unknown, sent: unknown): boolean {
  if (typeof stored === 'number' || typeof sent === 'number') return Number(stored) === Number(sent);
  return typeof stored === 'string' && typeof sent === 'string' && stored.toLowerCase() === sent.toLowerCase();
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
