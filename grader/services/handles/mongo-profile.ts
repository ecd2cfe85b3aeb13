import { BSON, type Document } from 'mongodb';
import type { StatementPlan } from '../../target/target.ts';

/** Kept of each statement and plan, in characters. */
const MAX_TEXT = 20_000;

const READS_AND_WRITES = new Set(['query', 'getmore', 'insert', 'update', 'remove']);
const COMMANDS = ['aggregate', 'count', 'distinct', 'findAndModify', 'findandmodify', 'mapReduce'];
/** What drivers add to every command. */
const DRIVERS_OWN = new Set(['lsid', '$clusterTime', '$db', '$readPreference', 'txnNumber']);

/**
 * The statements of one user in documents of `system.profile`, oldest first. Commands that touch no
 * documents (ping, commit, making an index) are left out.
 */
export function readProfile(entries: readonly Document[], user: string): StatementPlan[] {
  const inOrder = entries.toSorted((a, b) => Number(a['ts']) - Number(b['ts']));
  return inOrder.flatMap((entry) => {
    const command: Document = entry['command'] ?? {};
    const op = String(entry['op']);
    if (!isBy(entry, user) || !isStatement(op, command)) return [];
    const shown = Object.fromEntries(Object.entries(command).filter(([key]) => !DRIVERS_OWN.has(key)));
    // The profile holds each update and removal of a command by itself, without the command's name.
    const named =
      op === 'update' || op === 'remove' ? { [op === 'remove' ? 'delete' : op]: collectionOf(entry), ...shown } : shown;
    return [
      {
        statement: text(named),
        scans: scansOf(entry),
        plan: text({ planSummary: entry['planSummary'], execStats: entry['execStats'] }),
        durationMs: number(entry['millis']),
      },
    ];
  });
}

function isBy(entry: Document, user: string): boolean {
  const users: { user: string }[] = entry['allUsers'] ?? [];
  return users.some((one) => one.user === user) || String(entry['user']).startsWith(`${user}@`);
}

function isStatement(op: string, command: Document): boolean {
  return READS_AND_WRITES.has(op) || COMMANDS.some((name) => name in command);
}

/** One entry counts all that a statement read, a $lookup's other collection included. */
function scansOf(entry: Document): StatementPlan['scans'] {
  const summary = String(entry['planSummary'] ?? '');
  // No plan: nothing was read (an insert), or the collection does not exist (EOF).
  if (summary === '' || summary === 'EOF') return [];
  return [
    {
      relation: collectionOf(entry),
      kind: summary.includes('COLLSCAN') ? 'sequential' : 'index',
      examined: Math.max(number(entry['docsExamined']), number(entry['keysExamined'])),
      returned: number(entry['nreturned'] ?? entry['nMatched'] ?? entry['ndeleted']),
    },
  ];
}

function collectionOf(entry: Document): string {
  return String(entry['ns']).split('.').slice(1).join('.');
}

function number(value: unknown): number {
  const converted = Number(value ?? 0);
  return Number.isFinite(converted) ? converted : 0;
}

function text(value: Document): string {
  const written = BSON.EJSON.stringify(value, { relaxed: true });
  return written.length > MAX_TEXT ? `${written.slice(0, MAX_TEXT)}…` : written;
}
