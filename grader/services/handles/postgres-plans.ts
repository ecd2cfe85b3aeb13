import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import type { StatementPlan } from '../../target/target.ts';
import { readPlans } from './postgres-plan.ts';
import type { PostgresSession } from './postgres-session.ts';

/** Key of the lock that keeps one app's recording from being switched off by another's end. */
const LOCK = 0x67726164;
/** Read from the log at most: an app may log without end, the first statements tell enough. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
const POLL_MS = 3;
const PATIENCE_MS = 10_000;

const SETTINGS = {
  log_min_duration: '0',
  log_analyze: 'on',
  // Row counts come without it; reading the clock for every row would slow the app down.
  log_timing: 'off',
  log_format: 'json',
  log_nested_statements: 'on',
  sample_rate: '1',
};

/**
 * Has auto_explain write the plan of every statement to the server's log while `work` runs, and reads
 * them from there. The switch is a reload of the configuration, so that it also reaches connections
 * that the app has open, and costs nothing at other times.
 *
 * @param control the administrator's session
 * @throws {InfrastructureError} when this server can't log plans
 */
export async function recordPlans(
  control: PostgresSession,
  database: string,
  work: () => Promise<void>,
): Promise<StatementPlan[]> {
  const file = await logFile(control);
  await control.query('SELECT pg_catalog.pg_advisory_lock_shared($1)', [LOCK]);
  let log: Buffer;
  try {
    for (const [name, value] of Object.entries(SETTINGS))
      await control.query(`ALTER SYSTEM SET auto_explain.${name} = '${value}'`);
    await reload(control, '0');
    const start = await size(control, file);
    await work();
    log = await logSince(control, file, start);
  } finally {
    await switchOff(control);
  }
  return readPlans(log.toString('utf8'), database);
}

async function logFile(control: PostgresSession): Promise<string> {
  try {
    await control.query("LOAD 'auto_explain'");
    const [row] = await control.query<{ file: string | null }>(
      "SELECT pg_catalog.pg_current_logfile('jsonlog') AS file",
    );
    if (row?.file) return row.file;
  } catch (error) {
    throw new InfrastructureError(`this Postgres server can't show plans: ${messageOf(error)}`, {
      mend: 'Use a server with the auto_explain module and an administrator who is a superuser.',
      cause: error,
    });
  }
  throw new InfrastructureError("this Postgres server can't show plans: it keeps no JSON log", {
    mend: 'Start it with logging_collector=on and log_destination=jsonlog.',
  });
}

/**
 * Reloads the configuration and resolves when every backend has been told. The server signals all of
 * them before it lets the next connection in, and a backend acts on the signal before its next statement;
 * so a new connection that sees the new value proves it.
 */
async function reload(control: PostgresSession, expected: string): Promise<void> {
  await control.query('SELECT pg_catalog.pg_reload_conf()');
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    await using probe = await control.another('grade probe');
    await probe.query("LOAD 'auto_explain'");
    const [row] = await probe.query<{ value: string }>(
      "SELECT pg_catalog.current_setting('auto_explain.log_min_duration') AS value",
    );
    if (row?.value === expected) return;
    if (Date.now() > deadline)
      throw new InfrastructureError(`Postgres did not take over its configuration in ${PATIENCE_MS / 1000} s`);
    await delay(POLL_MS);
  }
}

async function switchOff(control: PostgresSession): Promise<void> {
  await control.query('SELECT pg_catalog.pg_advisory_unlock_shared($1)', [LOCK]);
  const [row] = await control.query<{ alone: boolean }>('SELECT pg_catalog.pg_try_advisory_lock($1) AS alone', [LOCK]);
  if (!row?.alone) return;
  try {
    for (const name of Object.keys(SETTINGS)) await control.query(`ALTER SYSTEM RESET auto_explain.${name}`);
    await reload(control, '-1');
  } finally {
    await control.query('SELECT pg_catalog.pg_advisory_unlock($1)', [LOCK]);
  }
}

async function size(control: PostgresSession, file: string): Promise<number> {
  const [row] = await control.query<{ size: string }>('SELECT (pg_catalog.pg_stat_file($1)).size', [file]);
  return Number(row?.size);
}

/** Log lines reach the file through one pipe in order: when our own has arrived, so has all before it. */
async function logSince(control: PostgresSession, file: string, start: number): Promise<Buffer> {
  const mark = `grade mark ${randomUUID()}`;
  await control.query(`DO $$ BEGIN RAISE LOG '${mark}'; END $$`);
  const chunks: Buffer[] = [];
  let tail = Buffer.alloc(0);
  const deadline = Date.now() + PATIENCE_MS;
  for (let read = 0; read < MAX_LOG_BYTES;) {
    const [row] = await control.query<{ chunk: Buffer }>('SELECT pg_catalog.pg_read_binary_file($1, $2, $3) AS chunk', [
      file,
      start + read,
      CHUNK_BYTES,
    ]);
    const chunk = row?.chunk ?? Buffer.alloc(0);
    read += chunk.length;
    chunks.push(chunk);
    tail = Buffer.concat([tail, chunk]);
    if (tail.includes(mark)) break;
    // The mark may arrive in pieces.
    tail = tail.subarray(-mark.length);
    if (chunk.length === CHUNK_BYTES) continue;
    if (Date.now() > deadline)
      throw new InfrastructureError(`Postgres did not write its log in ${PATIENCE_MS / 1000} s`);
    await delay(POLL_MS);
  }
  return Buffer.concat(chunks);
}
