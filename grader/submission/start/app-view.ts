import { posix } from 'node:path';
import { readInside } from '../files.ts';
import { readPackage, type PackageJson } from '../package-json.ts';
import type { Sources } from '../sources.ts';
import type { Submission } from '../submission.ts';

/** An app's folder, as what finds out how it is started sees it. Paths are relative to that folder, with forward slashes. */
export interface AppView {
  submission: Submission;
  sources: Sources;
  /** The app's folder within the repository; '' for the root. */
  folder: string;
  /** The package.json in it. */
  manifest: PackageJson | undefined;
  has(path: string): boolean;
  text(path: string): string | undefined;
  /** A path of the app as a path of the repository; undefined when it leaves the repository. */
  inRepository(path: string): string | undefined;
  /** Whether package.json, here or in a folder above, declares this package. */
  declares(name: string): boolean;
  /** Scripts without an extension that usually start an app (`bin/www`), by their path in the repository. */
  extra: ReadonlyMap<string, string>;
  /** `package.json:7`, the place of a script or a key. */
  placeOf(key: string): string;
}

const SCRIPTS_WITHOUT_EXTENSION = ['bin/www', 'bin/server', 'bin/start', 'src/bin/www'];

/** @throws {LearnerError} when the package.json is broken */
export async function viewApp(submission: Submission): Promise<AppView> {
  const { sources, root, appDir } = submission;
  const folder = submission.files.appFolder ?? '';
  const manifest = await readPackage(root, appDir);
  const outer = await Promise.all(
    foldersAbove(folder)
      .filter((above) => sources.has(posix.join(above, 'package.json')))
      // What is broken above the app says nothing of the app.
      .map((above) => readPackage(root, posix.join(root, above)).catch(() => undefined)),
  );
  const declared = new Set(
    [manifest, ...outer].flatMap((one) =>
      [one?.dependencies, one?.devDependencies, one?.optionalDependencies, one?.peerDependencies].flatMap((names) =>
        Object.keys(names ?? {}),
      ),
    ),
  );
  const inRepository = (path: string) => {
    const joined = posix.normalize(posix.join(folder, path)).replace(/\/$/, '');
    return joined.startsWith('../') || joined === '..' || posix.isAbsolute(path) ? undefined : joined;
  };
  const extra = new Map<string, string>();
  for (const script of SCRIPTS_WITHOUT_EXTENSION) {
    const text = await readInside(root, posix.join(folder, script));
    if (text !== undefined) extra.set(posix.join(folder, script), text);
  }
  const view: AppView = {
    extra,
    submission,
    sources,
    folder,
    manifest,
    inRepository,
    has: (path) => {
      const inside = inRepository(path);
      return inside !== undefined && sources.has(inside);
    },
    text: (path) => {
      const inside = inRepository(path);
      return inside === undefined ? undefined : sources.text(inside);
    },
    declares: (name) => declared.has(name),
    placeOf: (key) => {
      const file = 'package.json';
      const line = lineOf(view.text(file), `"${key}"`);
      return line === undefined ? file : `${file}:${line}`;
    },
  };
  return view;
}

/** The line, from 1, on which a text is first found. */
export function lineOf(text: string | undefined, wanted: string | RegExp): number | undefined {
  const at = text === undefined ? -1 : typeof wanted === 'string' ? text.indexOf(wanted) : text.search(wanted);
  return at === -1 ? undefined : (text ?? '').slice(0, at).split('\n').length;
}

function foldersAbove(folder: string): string[] {
  const parts = folder === '' ? [] : folder.split('/');
  return parts.map((_part, index) => parts.slice(0, index).join('/'));
}
