import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../platform/errors.ts';

/** One realistic mistake: a patch on the reference, with a header that says what it must cost. */
export interface Defect {
  /** The patch's file name without its ending. */
  id: string;
  title: string;
  /** Ids of the criteria that it must fail: exactly these. */
  fails: string[];
  /** Absolute. */
  file: string;
}

/**
 * The defects of a rubric, by name. A patch starts with header lines (`Title: …`, `Fails: id, id`).
 *
 * @param dir `fixtures/<rubric>/defects`; a folder that is not there holds none
 * @throws {UsageError} for a patch without a header, or one that names a criterion twice or none that exists
 */
export async function loadDefects(dir: string, criteria: readonly string[]): Promise<Defect[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.patch')).toSorted();
  return Promise.all(names.map(async (name) => parseDefect(join(dir, name), name, criteria)));
}

async function parseDefect(file: string, name: string, criteria: readonly string[]): Promise<Defect> {
  const text = await readFile(file, 'utf8');
  const header = text.slice(0, text.search(/^(diff |--- )/m));
  const field = (key: string) => new RegExp(`^${key}:[ \\t]*(.+)$`, 'm').exec(header)?.[1]?.trim();
  const title = field('Title');
  const fails =
    field('Fails')
      ?.split(/[,\s]+/)
      .filter(Boolean) ?? [];
  if (!title || fails.length === 0) {
    throw new UsageError(`${file} has no header`, {
      mend: 'Begin it with lines "Title: …" and "Fails: criterion-id, …", then the diff.',
    });
  }
  const unknown = fails.find((id, index) => !criteria.includes(id) || fails.indexOf(id) !== index);
  if (unknown !== undefined)
    throw new UsageError(`${file} names "${unknown}" under Fails: not a criterion of the rubric, or named twice`);
  return { id: name.replace(/\.patch$/, ''), title, fails, file };
}
