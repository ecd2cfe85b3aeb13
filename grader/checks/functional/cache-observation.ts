import type { Answer } from '../../target/client.ts';
import type { RedisHandle, ServiceHandles, StatementPlan } from '../../target/target.ts';
import { preview } from '../matcher-words.ts';

/** One read of the app, and what it made of it. */
export interface ReadSeen {
  answer: Answer;
  statements: StatementPlan[];
  /** Redis commands, upper-case name first. */
  commands: string[][];
}

/** Commands that get a value from Redis; the flag says whether every argument is a key, or only the first. */
const READS: Readonly<Record<string, 'first' | 'all'>> = {
  GET: 'first',
  GETEX: 'first',
  GETRANGE: 'first',
  MGET: 'all',
  HGET: 'first',
  HMGET: 'first',
  HGETALL: 'first',
  HVALS: 'first',
  LRANGE: 'first',
  SMEMBERS: 'first',
  ZRANGE: 'first',
  'JSON.GET': 'first',
};
const MAX_SHOWN = 6;

/** Sends one read while the database and Redis are watched. */
export async function watch(
  services: ServiceHandles,
  service: 'postgres' | 'mongo',
  read: () => Promise<Answer>,
): Promise<ReadSeen> {
  const database = services[service];
  const { redis } = services;
  if (!database || !redis) throw new Error(`the check was given no handle of ${database ? 'redis' : service}`);
  const seen: Partial<ReadSeen> = {};
  const statements = await database.plans(async () => {
    seen.commands = await redis.monitor(async () => {
      seen.answer = await read();
    });
  });
  if (!seen.answer) throw new Error('the read was not sent');
  return { answer: seen.answer, commands: seen.commands ?? [], statements };
}

/** Statements that read a table or collection; a ping or a BEGIN is none. */
export function statementsOnData({ statements }: ReadSeen): StatementPlan[] {
  return statements.filter(({ scans }) => scans.length > 0);
}

/**
 * The keys that a hot read found in Redis. Where the cold read wrote some of them, those alone: others
 * may be a session or a counter.
 */
export async function cacheKeys(redis: RedisHandle, cold: ReadSeen, hot: ReadSeen): Promise<string[]> {
  const asked = new Set(
    hot.commands.flatMap(([name = '', ...args]) =>
      READS[name] === 'all' ? args : READS[name] === 'first' ? args.slice(0, 1) : [],
    ),
  );
  const found: string[] = [];
  for (const key of asked) if (Number(await redis.command('EXISTS', key)) > 0) found.push(key);
  const written = new Set(cold.commands.filter(([name = '']) => READS[name] === undefined).map(([, key]) => key));
  const own = found.filter((key) => written.has(key));
  return own.length > 0 ? own : found;
}

/** How long each key has to live, in milliseconds; -1 for ever. */
export async function expiries(redis: RedisHandle, keys: readonly string[]): Promise<{ key: string; ms: number }[]> {
  const lives = [];
  for (const key of keys) lives.push({ key, ms: Number(await redis.command('PTTL', key)) });
  return lives;
}

export function showStatements(statements: readonly StatementPlan[]): string {
  if (statements.length === 0) return 'no statement';
  return statements
    .slice(0, MAX_SHOWN)
    .map(({ statement }) => statement.replaceAll(/\s+/g, ' ').slice(0, 200))
    .join('\n');
}

export function showCommands(commands: readonly string[][]): string {
  if (commands.length === 0) return 'no command was sent to Redis';
  return commands
    .slice(0, MAX_SHOWN)
    .map((command) => preview(command.join(' ').slice(0, 200)))
    .join('\n');
}
