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
  /** Ids of criteria that it cannot affect, and that need not run: costly ones, as a rule. */
  spares: string[];
  /** Absolute. */
  file: string;
}

/**
 * The defects of a rubric, by name. A patch starts with header lines (`Title: …`, `Fails: id, id`,
 * and perhaps `Spares: id, id`).
 *
 * @param dir `fixtures/<rubric>/defects`; a folder that is not there holds none
 * @throws {UsageError} for a patch without a header, or one that names a criterion that is not there, or twice
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
  const list = (key: string) =>
    field(key)
      ?.split(/[,\s]+/)
      .filter(Boolean) ?? [];
  const [fails, spares] = [list('Fails'), list('Spares')];
  if (!title || fails.length === 0) {
    throw new UsageError(`${file} has no header`, {
      mend: 'Begin it with lines "Title: …" and "Fails: criterion-id, …", then the diff.',
    });
  }
  const named = [...fails, ...spares];
  const wrong = named.find((id, index) => !criteria.includes(id) || named.indexOf(id) !== index);
  if (wrong !== undefined)
    throw new UsageError(`${file} names "${wrong}" in its header: not a criterion of the rubric, or named twice`);
  return { id: name.replace(/\.patch$/, ''), title, fails, spares, file };
}
