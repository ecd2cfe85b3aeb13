import { setTimeout as delay } from 'node:timers/promises';
import type { Assumption } from '../report/schema.ts';
import { causeIn } from './causes.ts';
import type { AppProcess, Migration, Sandbox } from './submission.ts';

/** The longest that one migration may take. */
const TIMEOUT_MS = 60_000;
const LOG_LINES = 40;

/**
 * Runs SQL files over the app's own connection: each whole, in order, in one session. What psql alone understands
 * (`\connect`), and the making of other databases, is left out.
 */
const RUN_SQL = `
const fs = require('node:fs');
const { Client } = require('pg');
(async () => {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  for (const file of process.argv.slice(1)) {
    const text = fs.readFileSync(file, 'utf8').replace(/^\\uFEFF/, '').replace(/^\\\\.*$/gm, '')
      .replace(/^\\s*(CREATE|DROP|ALTER)\\s+(DATABASE|ROLE|USER)\\b[^;]*;/gim, '').replace(/\\bOWNER\\s+TO\\s+[^;]+;/gi, 'OWNER TO CURRENT_USER;');
    try { await client.query(text); } catch (error) { throw Object.assign(new Error(file + ': ' + error.message), { stack: '' }); }
  }
  await client.end();
})().catch((error) => { console.error('Error: ' + error.message); process.exit(1); });
`;

/**
 * Runs migrations in the app's own place, in order. One that fails does not keep the app from starting: what it
 * lacks then shows; that it failed, and why, is said.
 */
export async function runMigrations(
  sandbox: Sandbox,
  migrations: readonly Migration[],
  options: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<Assumption[]> {
  const assumptions: Assumption[] = [];
  for (const migration of migrations) {
    const what = 'command' in migration ? `"${migration.command.join(' ')}"` : migration.sql.join(', ');
    const command = 'command' in migration ? migration.command : ['node', '-e', RUN_SQL, ...migration.sql];
    const failure = await runOne(sandbox, command, options.env, options.signal);
    assumptions.push({
      what:
        failure === undefined
          ? `${what} was run before the app started`
          : `${what}, run before the app started, failed: ${failure}`,
      because: migration.because,
    });
  }
  return assumptions;
}

/** Why it failed; undefined when it did not. */
async function runOne(
  sandbox: Sandbox,
  command: string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  await using app: AppProcess = await sandbox.startApp(command, { ...env });
  const timer = new AbortController();
  const late = delay(TIMEOUT_MS, undefined, { signal: AbortSignal.any([signal, timer.signal]) });
  try {
    const exit = await Promise.race([app.exited, late]);
    if (exit === undefined) return `it did not end in ${TIMEOUT_MS / 1000} s`;
    if (exit.exitCode === 0) return undefined;
    const lines = app.logs.tail(LOG_LINES);
    const how = exit.signal ?? `exit code ${exit.exitCode ?? 'unknown'}`;
    return `${causeIn(lines)?.cause ?? lines.findLast((line) => line.trim() !== '')?.slice(0, 300) ?? 'it says nothing'} (${how})`;
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}
