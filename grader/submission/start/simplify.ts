import type { AppView } from './app-view.ts';
import { serverOf } from './parallel.ts';
import { expandScripts } from './scripts.ts';
import { formatSteps } from './shell-line.ts';
import { type Tamed, tame } from './tools.ts';

/** Tools hide scripts, which call tools: `pm2 start npm -- run dev`. */
const MAX_TURNS = 4;

/**
 * A line of a script as the grader runs it: scripts in the place of their calls, the server alone of what runs
 * side by side, without tools that are in the way.
 *
 * @returns `missing`: the script that it calls and that is not there; undefined for a line that only a shell can take apart
 */
export function simplify(line: string, app: AppView): Tamed | { missing: string } | undefined {
  const notes: Tamed['notes'] = new Map();
  const tools: Tamed['tools'] = {};
  let current = line;
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const expanded = expandScripts(current, app.manifest);
    if (expanded === undefined) return undefined;
    if (expanded.missing !== undefined) return { missing: expanded.missing };
    const tamed = tame(serverOf(expanded.steps, app), app);
    for (const [tool, why] of tamed.notes) notes.set(tool, why);
    Object.assign(tools, tamed.tools);
    const next = formatSteps(tamed.steps);
    if (next === current) return { steps: tamed.steps, notes, tools };
    current = next;
  }
  return undefined;
}
