import { posix } from 'node:path';
import type { Sources } from './sources.ts';

/** What speaks for a folder being the app. */
export interface Evidence {
  folder: string;
  score: number;
  /** What speaks for it, with places: "server/index.js:12 listens on a port". */
  facts: string[];
  /** What speaks against it; undefined when nothing does. */
  against: string | undefined;
}

/** How deep below a day's folder a package may lie. */
const LEVELS = 4;
const SKIPPED = /(^|\/)(node_modules|dist|build|coverage|tests?|__tests__|docs|examples?|fixtures?)(\/|$)/;
const SERVERS =
  /^(express|fastify|koa|hono|@nestjs\/core|@hapi\/hapi|restify|polka|@hono\/node-server|apollo-server(-express)?|@apollo\/server|graphql-yoga|socket\.io|moleculer|@feathersjs\/feathers|sails|@adonisjs\/core|@loopback\/rest|elysia|ws)$/;
const PAGES =
  /^(react|react-dom|vue|svelte|@angular\/core|next|nuxt|vite|react-scripts|@vitejs\/.*|@sveltejs\/kit|astro|solid-js|preact|expo|react-native|electron)$/;
const LISTENS = /\.listen\s*\(|\bserve\s*\(|NestFactory\.create/;
/** Scripts that only start other packages. */
const DELEGATES =
  /concurrently|npm-run-all|\brun-p\b|--prefix|--workspace|\bturbo\b|\blerna\b|\bnx\b|--filter|(^|&&)\s*cd\s|\s-w\s/;

/** Folders with a package.json at or below `base`, outermost first. */
export function packageFolders(sources: Sources, base: string): string[] {
  const within = base === '' ? '' : `${base}/`;
  return sources.paths
    .filter((path) => path.startsWith(within) && (path === `${within}package.json` || path.endsWith('/package.json')))
    .map((path) => (path === 'package.json' ? '' : posix.dirname(path)))
    .filter((folder) => {
      const inner = posix.relative(base, folder);
      return inner.split('/').length <= LEVELS && !SKIPPED.test(inner);
    })
    .toSorted((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b));
}

/** Looks at a package: what it depends on, whether its code listens on a port, what its scripts do. */
export function evidenceOf(sources: Sources, folder: string): Evidence {
  const file = posix.join(folder, 'package.json');
  const manifest = readLoosely(sources.text(file));
  const names = Object.keys({ ...record(manifest['dependencies']), ...record(manifest['devDependencies']) });
  const scripts = Object.values(record(manifest['scripts'])).filter((line) => typeof line === 'string');
  const server = names.find((name) => SERVERS.test(name));
  const page = names.find((name) => PAGES.test(name));
  const listens = ownCode(sources, folder).flatMap((path) => {
    const at = (sources.text(path) ?? '').search(LISTENS);
    return at === -1 ? [] : [`${path}:${(sources.text(path) ?? '').slice(0, at).split('\n').length} listens on a port`];
  })[0];
  const facts = [
    ...(server === undefined ? [] : [`${file} depends on ${server}`]),
    ...(listens === undefined ? [] : [listens]),
  ];
  const isPage = page !== undefined && server === undefined && listens === undefined;
  const delegates =
    listens === undefined && (manifest['workspaces'] !== undefined || scripts.some((line) => DELEGATES.test(line)));
  return {
    folder,
    facts,
    score: (listens === undefined ? 0 : 4) + (server === undefined ? 0 : 3) - (isPage ? 10 : 0) - (delegates ? 2 : 0),
    against: isPage
      ? `${file} depends on ${page}, which makes pages`
      : delegates
        ? `${file} only starts other packages`
        : undefined,
  };
}

/** Code of a folder that belongs to no package below it. */
function ownCode(sources: Sources, folder: string): string[] {
  const inner = packageFolders(sources, folder).filter((one) => one !== folder);
  return sources.code(folder).filter((path) => !inner.some((one) => path.startsWith(`${one}/`)));
}

/** A package.json that may be broken: of the one that is chosen, that is said later. */
function readLoosely(text: string | undefined): Record<string, unknown> {
  try {
    return record(JSON.parse((text ?? '').replace(/^\uFEFF/, '')));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
