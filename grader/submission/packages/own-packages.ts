import { posix } from 'node:path';
import { parse } from 'yaml';
import { readPackage, type PackageJson } from '../package-json.ts';
import type { Sources } from '../sources.ts';

/** A package of the repository itself. */
export interface OwnPackage {
  /** Relative to the repository's root; '' for the root. */
  folder: string;
  manifest: PackageJson;
}

export const DEPENDENCY_KINDS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
] as const;
const MAX_PACKAGES = 200;

/** What is read of pnpm-workspace.yaml. */
export interface PnpmWorkspace {
  packages: string[];
  catalog: unknown;
  catalogs: unknown;
  overrides: unknown;
}

/** Reads `folder`/pnpm-workspace.yaml; undefined when there is none, or none that can be read. */
export function readPnpmWorkspace(sources: Sources, folder: string): PnpmWorkspace | undefined {
  const text = sources.text(posix.join(folder, 'pnpm-workspace.yaml'));
  if (text === undefined) return undefined;
  try {
    const value = (parse(text, { maxAliasCount: 10 }) ?? {}) as Record<string, unknown>;
    const packages = Array.isArray(value['packages']) ? value['packages'].filter((one) => typeof one === 'string') : [];
    return { packages, catalog: value['catalog'], catalogs: value['catalogs'], overrides: value['overrides'] };
  } catch {
    return undefined;
  }
}

/** Patterns of the workspaces that a package.json, or pnpm-workspace.yaml beside it, names. */
export function workspacePatterns(sources: Sources, folder: string, manifest: PackageJson | undefined): string[] {
  const { workspaces } = manifest ?? {};
  const listed = Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | undefined)?.packages;
  const named = Array.isArray(listed) ? listed.filter((one): one is string => typeof one === 'string') : [];
  return [...named, ...(readPnpmWorkspace(sources, folder)?.packages ?? [])];
}

/** The folders that workspace patterns mean, relative to the repository's root, sorted. */
export function workspaceFolders(sources: Sources, folder: string, patterns: readonly string[]): string[] {
  const [wanted, unwanted] = [false, true].map((negative) =>
    patterns.filter((one) => one.startsWith('!') === negative).map((one) => expression(one.replace(/^!/, ''))),
  );
  const within = folder === '' ? '' : `${folder}/`;
  return sources.paths
    .filter((path) => path.startsWith(within) && path.endsWith('/package.json'))
    .map((path) => path.slice(within.length, -'/package.json'.length))
    .filter(
      (inner) => inner !== '' && wanted?.some((one) => one.test(inner)) && !unwanted?.some((one) => one.test(inner)),
    )
    .slice(0, MAX_PACKAGES)
    .map((inner) => `${within}${inner}`);
}

/** The folder above `folder` whose workspaces it belongs to, relative to the repository's root; undefined when it is no workspace. */
export async function workspaceRoot(root: string, sources: Sources, folder: string): Promise<string | undefined> {
  for (let above = folder; above !== '';) {
    above = above.includes('/') ? posix.dirname(above) : '';
    if (!sources.has(posix.join(above, 'package.json'))) continue;
    // One that is broken is reported when it is the app's own.
    const manifest = await readPackage(root, posix.join(root, above)).catch(() => undefined);
    const patterns = workspacePatterns(sources, above, manifest);
    if (patterns.length > 0 && workspaceFolders(sources, above, patterns).includes(folder)) return above;
  }
  return undefined;
}

/**
 * The packages of the repository that are installed with the one in `folder`: its workspaces, and folders that
 * one of them depends on by `file:`. The first is that of `folder`.
 *
 * @throws {LearnerError} when a package.json is broken
 */
export async function ownPackages(root: string, sources: Sources, folder: string): Promise<OwnPackage[]> {
  const read = async (path: string) => readPackage(root, posix.join(root, path));
  const first = await read(folder);
  if (first === undefined) return [];
  const found: OwnPackage[] = [{ folder, manifest: first }];
  const waiting = workspaceFolders(sources, folder, workspacePatterns(sources, folder, first));
  for (const own of found) {
    for (const range of DEPENDENCY_KINDS.flatMap((kind) => Object.values(own.manifest[kind] ?? {}))) {
      const target = localFolder(sources, own.folder, range);
      if (target !== undefined) waiting.push(target);
    }
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const path = next;
      if (found.length >= MAX_PACKAGES || found.some((one) => one.folder === path)) continue;
      const manifest = await read(path);
      if (manifest !== undefined) found.push({ folder: path, manifest });
    }
  }
  return found;
}

/** The folder of the repository that `file:../shared` and its like mean; undefined for anything else. */
export function localFolder(sources: Sources, from: string, range: string): string | undefined {
  const path =
    /^(?:file:|link:|portal:)?(\.{1,2}(?:\/.*)?)$/.exec(range)?.[1] ??
    /^(?:file|link|portal):([\w@-].*)$/.exec(range)?.[1];
  // "npm install" with a slip of the fingers makes a package depend on itself.
  if (/^(?:file|link|portal):$/.test(range)) return from;
  if (path === undefined) return undefined;
  const target = posix.join(from, path).replace(/\/$/, '');
  const clean = target === '.' ? '' : target;
  return !clean.startsWith('..') && sources.has(posix.join(clean, 'package.json')) ? clean : undefined;
}

function expression(pattern: string): RegExp {
  const clean = pattern.replace(/^\.\//, '').replace(/\/$/, '');
  const source = clean
    .split('/')
    .map((part) =>
      part === '**' ? '.+' : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*+/g, '[^/]*'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
