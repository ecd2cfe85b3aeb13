import { InfrastructureError, messageOf } from '../../../platform/errors.ts';
import { cached, lookUp } from './cache.ts';
import type { Tools } from './tools.ts';

/** A server's program that runs on this machine. */
export interface Program {
  path: string;
  /** What it needs in its environment, such as where its libraries are. */
  env: Record<string, string>;
  version: string;
  /** "redis-server on PATH", "Debian's package redis-server". */
  source: string;
}

export type Located = Pick<Program, 'path' | 'env'>;

/** One way to get a program; `source` names it in notices, and in the error when all ways have failed. */
export type Strategy = Installed | Fetched;

/** What the machine has already. */
interface Installed {
  source: string;
  installed: (tools: Tools) => Promise<Located | undefined>;
  /** Taken only when nothing could be fetched: its version may be any. */
  lastResort?: boolean;
}

/** What is fetched once into the cache. */
interface Fetched {
  source: string;
  /** Name of the cache entry: program, version and platform. */
  key: string;
  /** Puts it into an empty folder. */
  fill: (dir: string, tools: Tools) => Promise<void>;
  /** Finds it in that folder. */
  locate: (dir: string) => Promise<Located>;
}

/**
 * Gets a program by the first strategy that gives one which tells its version. What is installed or
 * cached comes before anything is fetched.
 *
 * @param mend what to do when there is none
 * @throws {InfrastructureError} with every strategy's reason
 */
export async function obtain(
  title: string,
  strategies: readonly Strategy[],
  tools: Tools,
  mend: string,
): Promise<Program> {
  const attempts = [
    ...strategies.flatMap((strategy) =>
      'fill' in strategy ? [fromCache(strategy, tools)] : strategy.lastResort ? [] : [fromMachine(strategy, tools)],
    ),
    ...strategies.flatMap((strategy) => ('fill' in strategy ? [fetched(title, strategy, tools)] : [])),
    ...strategies.flatMap((strategy) =>
      'fill' in strategy || !strategy.lastResort ? [] : [fromMachine(strategy, tools)],
    ),
  ];
  const reasons: string[] = [];
  for (const { source, take } of attempts) {
    try {
      const program = await take();
      if (program) return program;
    } catch (error) {
      tools.signal.throwIfAborted();
      reasons.push(`${source}: ${messageOf(error)}`);
    }
  }
  throw new InfrastructureError(`no ${title} server could be had (${reasons.join('; ')})`, { mend });
}

interface Attempt {
  source: string;
  take: () => Promise<Program | undefined>;
}

function fromMachine({ source, installed }: Installed, tools: Tools): Attempt {
  const take = async () => {
    const located = await installed(tools);
    if (located === undefined) throw new Error('not there');
    return verified(located, source, tools);
  };
  return { source, take };
}

function fromCache({ key, locate, source }: Fetched, tools: Tools): Attempt {
  const take = async () => {
    const dir = await lookUp(tools.cacheDir, key);
    return dir === undefined ? undefined : verified(await locate(dir), source, tools);
  };
  return { source, take };
}

/** Comes after `fromCache`: what there is in the cache is of no use. */
function fetched(title: string, { key, fill, locate, source }: Fetched, tools: Tools): Attempt {
  const what = `Fetching ${title}`;
  const refill = async (staging: string) => {
    tools.progress(what, 0);
    await fill(staging, tools);
    await verified(await locate(staging), source, tools);
    tools.progress(what, 1);
  };
  const take = async () => {
    const dir = await cached(tools.cacheDir, key, refill, { renew: true });
    const program = await verified(await locate(dir), source, tools);
    tools.notice(`${title} ${program.version} was fetched from ${source} into ${tools.cacheDir}.`);
    return program;
  };
  return { source, take };
}

async function verified(located: Located, source: string, tools: Tools): Promise<Program> {
  const output = await tools.run([located.path, '--version'], { env: located.env, timeoutMs: 20_000 });
  const version = /\d+\.\d+(?:\.\d+)?/.exec(output)?.[0];
  if (version === undefined) throw new Error(`${located.path} does not tell its version`);
  return { ...located, version, source };
}
