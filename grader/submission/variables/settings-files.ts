import type { Sources } from '../sources.ts';
import { EXAMPLE_FILES, parseDotenv } from './dotenv.ts';
import type { Connection } from './connections.ts';
import type { Read } from './reads.ts';
import { UNKNOWN, type Value } from './value.ts';

/** What files beside the code say about variables. */
export interface SettingsFiles {
  reads: Read[];
  connections: Connection[];
  /** Values that stand beside names: in `.env.example`, in a compose file. */
  examples: ReadonlyMap<string, string>;
}

const MAX_CHARACTERS = 128 * 1024;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** Names in `.env` files and compose files, and what the schemas of Prisma read. */
export function readSettingsFiles(sources: Sources, folder: string): SettingsFiles {
  const prefix = folder === '' ? '' : `${folder}/`;
  const found: SettingsFiles & { examples: Map<string, string> } = { reads: [], connections: [], examples: new Map() };
  const note = (name: string, value: string, file: string, line: number) => {
    if (!NAME.test(name)) return;
    found.reads.push({ name, file, line, fallback: undefined, optional: true, alias: undefined });
    if (value !== '' && !found.examples.has(name)) found.examples.set(name, value);
  };
  for (const file of sources.paths) {
    if (!file.startsWith(prefix)) continue;
    const base = file.slice(file.lastIndexOf('/') + 1);
    const isDotenv =
      base === '.env' || EXAMPLE_FILES.includes(base) || /^\.env\.(local|dev|development|docker)$/.test(base);
    const isCompose = /^(docker-)?compose[\w.-]*\.ya?ml$/.test(base);
    if (!isDotenv && !isCompose && !file.endsWith('.prisma') && base !== 'custom-environment-variables.json') continue;
    const text = (sources.text(file) ?? '').slice(0, MAX_CHARACTERS);
    if (isDotenv) for (const { name, value, line } of parseDotenv(text)) note(name, value, file, line);
    else if (isCompose) composeNames(text, (name, value, line) => note(name, value, file, line));
    else if (file.endsWith('.prisma')) prisma(text, file, found);
    else
      for (const match of text.matchAll(/:\s*"([A-Za-z_][A-Za-z0-9_]*)"/g))
        note(match[1] ?? '', '', file, lineAt(text, match.index));
  }
  return found;
}

/** `NAME: value` and `- NAME=value` below `environment:`. */
function composeNames(text: string, note: (name: string, value: string, line: number) => void): void {
  let indent = -1;
  for (const [index, line] of text.split(/\r?\n/).slice(0, 2000).entries()) {
    const depth = line.search(/\S/);
    if (depth === -1) continue;
    if (/^\s*environment:\s*$/.test(line)) indent = depth;
    else if (depth < indent || (depth === indent && !/^\s*-/.test(line))) indent = -1;
    else if (indent >= 0) {
      const match = /^\s*(?:-\s*)?["']?([A-Za-z_][A-Za-z0-9_]*)["']?\s*(?:[:=]\s*["']?([^"'#]*))?/.exec(line);
      if (match?.[1] !== undefined) note(match[1], match[2]?.trim() ?? '', index + 1);
    }
  }
}

function prisma(text: string, file: string, found: SettingsFiles): void {
  for (const source of text.matchAll(/datasource\s+\w+\s*\{([^}]*)\}/g)) {
    const body = source[1] ?? '';
    const provider = /provider\s*=\s*"([^"]*)"/.exec(body)?.[1] ?? '';
    const service =
      provider === 'mongodb' ? 'mongo' : /^(postgres|postgresql|cockroachdb)$/.test(provider) ? 'postgres' : undefined;
    if (service === undefined) continue;
    for (const match of body.matchAll(/(?:url|directUrl|shadowDatabaseUrl)\s*=\s*(?:env\("([^"]*)"\)|"([^"]*)")/g)) {
      const at = { file, line: lineAt(text, source.index + source[0].indexOf(body) + match.index) };
      const [, name, literal = ''] = match;
      if (name !== undefined && NAME.test(name))
        found.reads.push({ name, file, line: at.line, fallback: undefined, optional: false, alias: undefined });
      const url: Value = name === undefined ? { kind: 'text', text: literal, at } : { kind: 'read', name, at };
      const none = { host: UNKNOWN, port: UNKNOWN, user: UNKNOWN, password: UNKNOWN, database: UNKNOWN };
      found.connections.push({ service, url, ...none, fromEnvironment: true, at });
    }
  }
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
