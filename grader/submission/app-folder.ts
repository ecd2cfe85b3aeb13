import { readdir } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import type { Assumption } from '../report/schema.ts';
import { type Evidence, evidenceOf, packageFolders } from './app-evidence.ts';
import type { Sources } from './sources.ts';

/** Where an app lies in a repository, and why we think so. */
export interface AppFolder {
  /** Absolute. */
  path: string;
  assumption: Assumption | undefined;
}

const SKIPPED = new Set(['node_modules', '.git', 'dist', 'build', 'coverage', 'test', 'tests', '__tests__', 'docs']);
/** Usual names of the folder of a server, best first. */
const SERVER_FOLDERS = ['server', 'backend', 'back-end', 'api', 'gateway', 'api-gateway', 'app', 'src'];
/** How deep the folder of a day may lie. */
const DAY_LEVELS = 3;

/**
 * The app's folder in a copied repository that may hold several days, services and pages: below the folder named
 * after the rubric (`day-13/`, `day13/`, `Day 13 - Performance/`, `week-2/day-13/`), else below the root, the
 * package that looks most like a server. At a tie the outermost.
 */
export async function findAppFolder(root: string, rubric: string, sources: Sources): Promise<AppFolder> {
  const named = (await foldersOf(root, DAY_LEVELS))
    .filter((path) => isNamedAfter(lastPart(path), rubric))
    .toSorted((a, b) => depth(a) - depth(b) || a.length - b.length || a.localeCompare(b));
  const base = named[0] ?? '';
  const reasons: string[] = [];
  if (base !== '')
    reasons.push(
      named.length > 1
        ? `it is named after ${rubric}; so are ${named.slice(1, 4).join(', ')}`
        : `it is named after ${rubric}`,
    );
  const { folder, because } = serverIn(base, sources);
  if (because !== undefined) reasons.push(because);
  return {
    path: join(root, folder),
    assumption:
      reasons.length === 0
        ? undefined
        : { what: `The app is in ${folder || 'the root'}/`, because: reasons.join('; ') },
  };
}

/** The package at or below a folder that is the server, and why; the folder itself without a word where nothing speaks against it. */
function serverIn(base: string, sources: Sources): { folder: string; because: string | undefined } {
  const found = packageFolders(sources, base).map((folder) => evidenceOf(sources, folder));
  const order = (one: Evidence) => (one.folder === base ? 0 : depth(posix.relative(base, one.folder)));
  const [best, ...others] = found.toSorted(
    (a, b) =>
      b.score - a.score || order(a) - order(b) || rank(a.folder) - rank(b.folder) || a.folder.localeCompare(b.folder),
  );
  if (best === undefined || best.folder === base) return { folder: base, because: undefined };
  const own = found.find(({ folder }) => folder === base);
  const apps = others
    .filter((one) => one.folder !== base && one.score > 0 && one.score >= best.score - 1)
    .map(({ folder }) => folder);
  const because = [
    best.facts.length > 0
      ? best.facts.join(', ')
      : others.length === 0
        ? 'it has the only package.json'
        : `it has a package.json (${others.length} other folder${others.length > 1 ? 's have' : ' has'} one too)`,
    ...(own === undefined ? [] : [own.against ?? `${posix.join(base, 'package.json')} has no server`]),
    ...(apps.length === 0
      ? []
      : [`${apps.slice(0, 5).join(', ')} look${apps.length === 1 ? 's' : ''} like a server, too`]),
  ];
  return { folder: best.folder, because: because.join('; ') };
}

/** Whether a folder's name stands for the rubric: `day-13` by "day13", "Day 13", "day_013-performance", "13". */
export function isNamedAfter(folder: string, rubric: string): boolean {
  const wanted = /^([a-z]+(?:-[a-z]+)*)-0*(\d+)$/.exec(rubric);
  const name = folder
    .toLowerCase()
    .replaceAll(/[\s_.-]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  if (wanted === null) return name === rubric;
  const [, word = '', number = ''] = wanted;
  return new RegExp(`^(${word}-?)?0*${number}(-[a-z].*)?$`).test(name);
}

/** Relative paths of folders down to `levels` deep. */
export async function foldersOf(root: string, levels: number, below = ''): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !SKIPPED.has(entry.name))
    .map((entry) => (below === '' ? entry.name : `${below}/${entry.name}`));
  if (levels <= 1) return folders;
  const deeper: string[][] = [];
  for (const folder of folders.slice(0, 500)) deeper.push(await foldersOf(root, levels - 1, folder));
  return [...folders, ...deeper.flat()];
}

async function hasPackage(folder: string): Promise<boolean> {
  return (await readdir(folder)).includes('package.json');
}

/** The nearest folder with a package.json at or above `folder`, within `root`; undefined when there is none. */
export async function nearestPackage(root: string, folder: string): Promise<string | undefined> {
  for (let current = folder; ; current = join(current, '..')) {
    if (await hasPackage(current)) return current;
    if (relative(root, current) === '') return undefined;
  }
}

function rank(path: string): number {
  const index = SERVER_FOLDERS.indexOf(lastPart(path).toLowerCase());
  return index === -1 ? SERVER_FOLDERS.length : index;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function depth(path: string): number {
  return path.split('/').length;
}
