import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Assumption } from '../report/schema.ts';

/** Where an app lies in a repository, and why we think so. */
export interface AppFolder {
  /** Absolute. */
  path: string;
  assumption: Assumption | undefined;
}

const SKIPPED = new Set(['node_modules', '.git', 'dist', 'build', 'coverage', 'test', 'tests', '__tests__', 'docs']);
/** Usual names of the folder of a server, best first. */
const SERVER_FOLDERS = ['server', 'backend', 'api', 'app', 'src'];

/**
 * The app's folder in a copied repository that may hold several days: the folder named after the rubric
 * (`day-13/`, `day13/`, `Day 13 - Performance/`, `week-2/day-13/`), else the root, else the nearest package.json.
 */
export async function findAppFolder(root: string, rubric: string): Promise<AppFolder> {
  const folders = await foldersOf(root, 2);
  const named = folders
    .filter((path) => isNamedAfter(lastPart(path), rubric))
    .toSorted((a, b) => depth(a) - depth(b) || a.length - b.length || a.localeCompare(b));
  const best = named[0];
  if (best !== undefined) {
    const because =
      named.length > 1
        ? `it is named after ${rubric}; so are ${named.slice(1, 4).join(', ')}`
        : `it is named after ${rubric}`;
    return { path: join(root, best), assumption: { what: `The app is in ${best}/`, because } };
  }
  if (await hasPackage(root)) return { path: root, assumption: undefined };
  const packages: string[] = [];
  for (const folder of folders) if (await hasPackage(join(root, folder))) packages.push(folder);
  const chosen = packages.toSorted((a, b) => depth(a) - depth(b) || rank(a) - rank(b) || a.localeCompare(b))[0];
  if (chosen === undefined) return { path: root, assumption: undefined };
  const others = packages.length - 1;
  return {
    path: join(root, chosen),
    assumption: {
      what: `The app is in ${chosen}/`,
      because:
        others > 0
          ? `it has a package.json (${others} other folder${others > 1 ? 's have' : ' has'} one too)`
          : 'it has the only package.json',
    },
  };
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
