import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { parseSource, type SyntaxNode } from '../platform/syntax.ts';
import { listFiles } from './files.ts';

/** A larger file is not read: it holds data, or what a bundler made. */
export const MAX_SOURCE_BYTES = 1024 * 1024;
/** Most bytes read of one repository; what comes later is not looked at. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;
const CODE = /\.[cm]?[jt]sx?$/;
/** What else says something about an app: settings, schemas, how it is deployed. */
const TEXT = /\.(json|ya?ml|toml|sql|prisma|graphql|proto)$|(^|\/)(Procfile|Dockerfile[^/]*|\.env[^/]*|[^/]*\.env)$/;
const LOCKFILE = /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock)$/;
/** Code of others, output of tools, and what is not run when the app is started. */
const NOT_THE_APP =
  /(^|\/)(node_modules|bower_components|dist|build|out|coverage|\.next|\.cache|vendor|tests?|__tests__|__mocks__|spec|e2e|cypress|docs)\/|\.(test|spec|min|bundle|stories)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$/;

/** The texts of a repository, read once; nothing of it is run. Paths are relative with forward slashes. */
export interface Sources {
  /** The repository, absolute. */
  root: string;
  /** All regular files, without `node_modules` and `.git`, sorted. */
  paths: readonly string[];
  has(path: string): boolean;
  /** A file's text; undefined for one that is not there, is larger than 1 MB, or is neither code nor settings. */
  text(path: string): string | undefined;
  /** Its syntax tree, parsed once on demand; undefined where there is no code, or broken code. */
  syntax(path: string): SyntaxNode | undefined;
  /** Code files that may be part of the running app, below `folder` (default: everywhere); no tests, no build output. */
  code(folder?: string): readonly string[];
}

/** Reads the sources below `root`, which is never run, nor are links followed. */
export async function readSources(root: string): Promise<Sources> {
  const paths = await listFiles(root);
  const texts = new Map<string, string>();
  let left = MAX_TOTAL_BYTES;
  const wanted = paths.filter((path) => (CODE.test(path) || TEXT.test(path)) && !LOCKFILE.test(path));
  await pMap(
    wanted,
    async (path) => {
      const text = left > 0 ? await readText(join(root, path)) : undefined;
      if (text === undefined) return;
      left -= text.length;
      texts.set(path, text);
    },
    { concurrency: 16 },
  );
  const known = new Set(paths);
  const trees = new Map<string, SyntaxNode | undefined>();
  const code = wanted.filter((path) => CODE.test(path) && !NOT_THE_APP.test(path) && texts.has(path));
  return {
    root,
    paths,
    has: (path) => known.has(path),
    text: (path) => texts.get(path),
    syntax(path) {
      if (!trees.has(path)) trees.set(path, parse(path, texts.get(path)));
      return trees.get(path);
    },
    code: (folder = '') => (folder === '' ? code : code.filter((path) => path.startsWith(`${folder}/`))),
  };
}

function parse(path: string, text: string | undefined): SyntaxNode | undefined {
  if (text === undefined || !CODE.test(path)) return undefined;
  const parsed = parseSource(path, text);
  return 'program' in parsed ? parsed.program : undefined;
}

async function readText(path: string): Promise<string | undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { size } = await file.stat();
  return size > MAX_SOURCE_BYTES ? undefined : file.readFile('utf8');
}
