import { performance } from 'node:perf_hooks';
import type { ProcessInfo } from '../platform/process-table.ts';
import type { AppProcess } from './submission.ts';

/** Programs that start an app anew when its files change, or keep several running, by their command lines. */
const WATCHERS: readonly { name: string; command: RegExp }[] = [
  { name: 'nodemon', command: /(^|[/\s])nodemon(\.js)?(\s|$)/ },
  { name: 'node --watch', command: /(^|\/)node\s(.*\s)?--watch(-path|-preserve-output)?\b/ },
  { name: 'tsx watch', command: /(^|[/\s])tsx(\/dist\/cli\.[cm]?js)?\s+watch\b/ },
  { name: 'ts-node-dev', command: /(^|[/\s])(ts-node-dev|tsnd)(\s|$)/ },
  { name: 'node-dev', command: /(^|[/\s])node-dev(\s|$)/ },
  { name: 'tsc-watch', command: /(^|[/\s])tsc-watch(\s|$)/ },
  { name: 'tsc --watch', command: /(^|[/\s])tsc(\s|\s.*\s)(-w|--watch)\b/ },
  { name: 'nest start --watch', command: /(^|[/\s])nest(\.js)?\s+start\s(.*\s)?(-w|--watch)\b/ },
  { name: 'concurrently', command: /(^|[/\s])(concurrently|conc)(\s|$)/ },
  { name: 'npm-run-all', command: /(^|[/\s])(npm-run-all|run-p)(\s|$)/ },
  { name: 'pm2', command: /(^|[/\s])pm2(-runtime|-dev|-docker)?(\s|$)|^PM2 |God Daemon/ },
  { name: 'forever', command: /(^|[/\s])forever(\s|$)/ },
  { name: 'supervisor', command: /(^|[/\s])supervisor(\s|$)/ },
  { name: 'esbuild --watch', command: /(^|[/\s])esbuild\s(.*\s)?--watch\b/ },
];

/** What only stands between a watcher and the app: npm and its kind, shells, a compiler's helper. */
const WRAPPER =
  /^(\/\S*\/)?((ba|da|a|z)?sh|env|tini|dumb-init|docker-init)(\s|$)|^(\/\S*\/)?(node\s+\S*\/)?(npm|npx|yarn|pnpm|corepack)(-cli)?(\.c?js)?(\s|$)|^npm |^yarn |esbuild\S*\s+--service/;

/**
 * What watchers say when the app has ended. `outlives`: the app's process stays for the next start. `final`: it is not
 * started again by itself.
 */
const WORDS: readonly { pattern: RegExp; outlives?: true; final?: true }[] = [
  { pattern: /\[nodemon\] (app crashed|clean exit)/, final: true },
  { pattern: /^(\[[\w-]+\] )?(Failed|Completed) running '/, final: true },
  { pattern: /^(\[[\w-]+\] )?\[ERROR\] \d\d:\d\d:\d\d /, outlives: true },
  { pattern: /^(\[[\w-]+\] )?.{0,200} exited with code [1-9]\d*$/ },
  { pattern: /^App .{0,100} exited with code \[[1-9]/m },
  { pattern: /had too many unstable restarts/ },
];

/** How long it must stay so: a watcher may start the app again at once. With the watcher's own words, a moment is enough. */
const QUIET_MS = 1500;
const QUIET_AFTER_WORDS_MS = 400;
/** Lines of the log that words are looked for in. */
const LINES = 200;

/** Watches for an app that has ended below a watcher that lives on: its tree never ends. */
export class WatcherWatch {
  readonly #app: Pick<AppProcess, 'processes' | 'logs'>;
  #sawApp = false;
  #quiet: { since: number; pids: string } | undefined;

  constructor(app: Pick<AppProcess, 'processes' | 'logs'>) {
    this.#app = app;
  }

  /** The name of the watcher whose app has ended; undefined as long as there is no sign of that. */
  async look(): Promise<string | undefined> {
    const tree = (await this.#app.processes()) ?? [];
    const watcher = watcherIn(tree);
    const apps = tree.filter((one) => watcherOf(one) === undefined && !WRAPPER.test(one.command));
    if (apps.some((one) => isBelowWatcher(one, tree))) this.#sawApp = true;
    const said = this.said();
    const ended = apps.length === 0 ? said !== undefined || this.#sawApp : said?.outlives === true;
    const pids = tree.map(({ pid }) => pid).join(' ');
    if (!ended || watcher === undefined || pids !== this.#quiet?.pids) {
      this.#quiet = ended && watcher !== undefined ? { since: performance.now(), pids } : undefined;
      return undefined;
    }
    const enough = performance.now() - this.#quiet.since >= (said ? QUIET_AFTER_WORDS_MS : QUIET_MS);
    return enough ? watcher : undefined;
  }

  /** What a watcher has said of the end of what it runs; undefined for nothing. */
  said(): { outlives: boolean; final: boolean } | undefined {
    for (const line of this.#app.logs.tail(LINES)) {
      const words = WORDS.find(({ pattern }) => pattern.test(line));
      if (words !== undefined) return { outlives: words.outlives ?? false, final: words.final ?? false };
    }
    return undefined;
  }
}

/** The name of the innermost watcher of a tree; undefined when there is none. */
export function watcherIn(tree: readonly ProcessInfo[]): string | undefined {
  return tree.flatMap((one) => watcherOf(one) ?? []).at(-1);
}

function watcherOf({ command }: ProcessInfo): string | undefined {
  return WATCHERS.find((one) => one.command.test(command))?.name;
}

function isBelowWatcher(one: ProcessInfo, tree: readonly ProcessInfo[]): boolean {
  const byId = new Map(tree.map((process) => [process.pid, process]));
  const seen = new Set<number>();
  for (let at = byId.get(one.parent); at !== undefined && !seen.has(at.pid); at = byId.get(at.parent)) {
    if (watcherOf(at) !== undefined) return true;
    seen.add(at.pid);
  }
  return false;
}
