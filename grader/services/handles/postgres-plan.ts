import { z } from 'zod';
import type { StatementPlan } from '../../target/target.ts';

/**
 * The statements of one database in a JSON log, with the plans that auto_explain wrote. Lines that are
 * something else, or cut off, are skipped.
 */
export function readPlans(log: string, database: string): StatementPlan[] {
  return log.split('\n').flatMap((line) => {
    const entry = logEntry.safeParse(json(line));
    if (!entry.success || entry.data.dbname !== database) return [];
    const [, duration, text] = /^duration: ([\d.]+) ms {2}plan:\n([\s\S]*)$/.exec(entry.data.message) ?? [];
    const logged = loggedPlan.safeParse(json(text ?? ''));
    if (!logged.success || text === undefined) return [];
    const statement = logged.data['Query Text'];
    if (isForeignKeyCheck(statement)) return [];
    return [{ statement, scans: scansOf(logged.data.Plan), plan: text, durationMs: Number(duration) }];
  });
}

const logEntry = z.object({ dbname: z.string(), message: z.string() });

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string | undefined;
  Schema?: string | undefined;
  'Actual Rows'?: number | undefined;
  'Actual Loops'?: number | undefined;
  'Rows Removed by Filter'?: number | undefined;
  'Rows Removed by Index Recheck'?: number | undefined;
  Plans?: PlanNode[] | undefined;
}

const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Relation Name': z.string().optional(),
    'Actual Rows': z.number().optional(),
    'Actual Loops': z.number().optional(),
    'Rows Removed by Filter': z.number().optional(),
    'Rows Removed by Index Recheck': z.number().optional(),
    Plans: z.array(planNode).optional(),
  }),
);

const loggedPlan = z.object({ 'Query Text': z.string(), Plan: planNode });

const INDEX_SCANS = new Set(['Index Scan', 'Index Only Scan', 'Bitmap Heap Scan', 'Tid Scan', 'Tid Range Scan']);

/** Row counts are per loop; a nested loop scans its inner side many times. */
function scansOf(node: PlanNode): StatementPlan['scans'] {
  const inner = (node.Plans ?? []).flatMap(scansOf);
  const relation = node['Relation Name'];
  if (relation === undefined || !node['Node Type'].endsWith('Scan')) return inner;
  const loops = node['Actual Loops'] ?? 0;
  const returned = node['Actual Rows'] ?? 0;
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const scan = {
    relation,
    kind: INDEX_SCANS.has(node['Node Type']) ? ('index' as const) : ('sequential' as const),
    examined: Math.round((returned + removed) * loops),
    returned: Math.round(returned * loops),
  };
  return [scan, ...inner];
}

/** What Postgres itself runs to keep a foreign key is no statement of the app. */
function isForeignKeyCheck(statement: string): boolean {
  return /^SELECT 1 FROM ONLY .* FOR KEY SHARE OF x$/s.test(statement);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
