import type { PackageJson } from '../package-json.ts';
import { parseLine, type Step } from './shell-line.ts';

/** Scripts that call one another go no deeper than this. */
const MAX_DEPTH = 6;
/** Words of `npm`, `yarn`, `pnpm` that are commands of theirs, not scripts. */
const OWN_COMMANDS = new Set(['install', 'i', 'ci', 'add', 'exec', 'dlx', 'x', 'workspace', 'workspaces', 'global']);

/** A script's own line; undefined where there is none. */
export function ownScript(manifest: PackageJson | undefined, name: string): string | undefined {
  const { scripts } = manifest ?? {};
  return scripts && Object.hasOwn(scripts, name) ? scripts[name]?.trim() || undefined : undefined;
}

/** A script with the scripts that npm runs around it: `prestart` goes first. */
export function script(manifest: PackageJson | undefined, name: string): string | undefined {
  const line = ownScript(manifest, name);
  const before = ownScript(manifest, `pre${name}`);
  return line !== undefined && before !== undefined ? `${before} && ${line}` : line;
}

/**
 * The steps of a line, with the scripts that it calls (`npm run dev`, `yarn dev`) in their place, so that an
 * app needs no package manager to start. A script that is not there is named in `missing`.
 *
 * @returns undefined for a line that only a shell can take apart, or scripts that call themselves
 */
export function expandScripts(
  line: string,
  manifest: PackageJson | undefined,
  depth = 0,
): { steps: Step[]; missing: string | undefined } | undefined {
  const steps = parseLine(line);
  if (steps === undefined || depth > MAX_DEPTH) return undefined;
  const expanded: Step[] = [];
  for (const step of steps) {
    const called = calledScript(step);
    const inner = called && script(manifest, called.name);
    if (called === undefined) expanded.push(step);
    else if (inner === undefined) return { steps, missing: called.name };
    else {
      const found = expandScripts(inner, manifest, depth + 1);
      if (found === undefined) return undefined;
      if (found.missing !== undefined) return found;
      expanded.push(
        ...found.steps.map((one, index) => {
          const last = index === found.steps.length - 1;
          return {
            env: [...step.env, ...one.env],
            words: last ? [...one.words, ...called.more] : one.words,
            joint: last ? step.joint : one.joint,
          };
        }),
      );
    }
  }
  return { steps: expanded, missing: undefined };
}

/** The script that a step runs; undefined when it runs none of this folder. */
function calledScript({ words }: Step): { name: string; more: Step['words'] } | undefined {
  const [manager = '', ...rest] = words.map(({ value }) => value);
  if (!/^(npm|yarn|pnpm|bun)$/.test(manager)) return undefined;
  let at = 0;
  while (/^(-s|--silent|--if-present|--quiet)$/.test(rest[at] ?? '')) at++;
  const named = rest[at] === 'run' || rest[at] === 'run-script';
  if (named) at++;
  while (/^(-s|--silent|--if-present|--quiet)$/.test(rest[at] ?? '')) at++;
  const name = rest[at];
  // "bun run server.ts" and "bun server.ts" run a file.
  if (name === undefined || name.startsWith('-') || (manager === 'bun' && /\.[cm]?[jt]sx?$/.test(name)))
    return undefined;
  const short = manager === 'npm' ? name === 'start' || name === 'test' : !OWN_COMMANDS.has(name);
  if (!named && !short) return undefined;
  const more = words.slice(at + 2);
  // Another folder's script.
  if (more.some(({ value }) => /^(--prefix|--cwd|-C|-w|--workspace|--filter|-F)(=|$)/.test(value))) return undefined;
  return { name, more: more[0]?.value === '--' ? more.slice(1) : more };
}
