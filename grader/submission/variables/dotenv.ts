import type { Sources } from '../sources.ts';

/** Files that show which variables an app needs, best first. */
export const EXAMPLE_FILES = [
  '.env.example',
  '.env.sample',
  '.env.template',
  '.env.dist',
  'env.example',
  'example.env',
  'sample.env',
];
const MAX_LINES = 500;
const MAX_CHARACTERS = 64 * 1024;

/** The `NAME=value` lines of a text; quotes are taken off, comments dropped. A placeholder (`<your key>`) is no value. */
export function parseDotenv(text: string): { name: string; value: string; line: number }[] {
  return text
    .split(/\r?\n/)
    .slice(0, MAX_LINES)
    .flatMap((line, index) => {
      const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#]*))/.exec(line);
      if (match?.[1] === undefined) return [];
      const value = match[2] ?? match[3] ?? match[4]?.trim() ?? '';
      return [{ name: match[1], value: /^<.*>$/.test(value) ? '' : value, line: index + 1 }];
    });
}

/** Values from the example file of an app; none when a `.env` was handed in, which the app reads by itself. */
export function exampleValues(
  sources: Sources,
  folder: string,
): { file: string; values: [name: string, value: string][] } {
  const prefix = folder === '' ? '' : `${folder}/`;
  const file = EXAMPLE_FILES.map((name) => `${prefix}${name}`).find((path) => sources.has(path));
  if (file === undefined || sources.has(`${prefix}.env`)) return { file: '', values: [] };
  const lines = parseDotenv((sources.text(file) ?? '').slice(0, MAX_CHARACTERS));
  return { file, values: lines.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]) };
}
