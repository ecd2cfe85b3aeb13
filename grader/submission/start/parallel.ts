import type { AppView } from './app-view.ts';
import { expandScripts, ownScript } from './scripts.ts';
import { parseLine, type Step } from './shell-line.ts';

const AT_ONCE = /^(concurrently|run-p|npm-run-all|npm-run-all2)$/;
const IN_TURN = /^run-s$/;
/** Commands that serve or watch what is not the app: pages, styles, types. */
const NOT_THE_APP =
  /^(vite|next|nuxt|ng|react-scripts|vue-cli-service|webpack|parcel|rollup|esbuild|tailwindcss|sass|astro|svelte-kit|expo|live-server|http-server|serve|browser-sync|docker|docker-compose|tsc-alias|swagger-autogen|open|jest|vitest|mocha)$/;
const FRONT_END = /(^|[/:=_-])(client|frontend|front-end|front|web|ui|www)([/:_-]|$)/i;

/** One step where several ran side by side: those of the server, without pages and watching compilers. */
export function serverOf(steps: readonly Step[], app: AppView): Step[] {
  const apart = steps.flatMap((step): Step[] => {
    const parts = partsOf(step, app);
    return parts === undefined
      ? [step]
      : [...parts.slice(0, -1), ...parts.slice(-1).map((last) => ({ ...last, joint: step.joint }))];
  });
  if (!apart.some(({ joint }) => joint === '&')) return apart;
  const kept = apart.filter((step) => !isBeside(step));
  return kept.length === 0 ? apart : kept;
}

/** The commands of `concurrently "npm run server" "npm run client"`; undefined for another command. */
function partsOf(step: Step, app: AppView): Step[] | undefined {
  const words = step.words[0]?.value === 'npx' ? step.words.slice(1) : step.words;
  const tool = words[0]?.value ?? '';
  if (!AT_ONCE.test(tool) && !IN_TURN.test(tool)) return undefined;
  const joint = AT_ONCE.test(tool) && !words.some(({ value }) => value === '-s' || value === '--serial') ? '&' : '&&';
  const parts: Step[] = [];
  for (let at = 1; at < words.length; at++) {
    const value = words[at]?.value ?? '';
    if (value.startsWith('-')) {
      if (
        /^(-n|--names|-c|--prefix-colors|-p|--prefix|--success|-s|-m|--max-processes|--restart-tries|--kill-signal)$/.test(
          value,
        ) &&
        tool === 'concurrently'
      )
        at++;
      continue;
    }
    const line = tool === 'concurrently' ? value.replace(/^(npm|yarn|pnpm|bun):/, '$1 run ') : `npm run ${value}`;
    const names = line.includes('*') ? matching(line, app) : [line];
    for (const name of names) {
      if (FRONT_END.test(name.replace(/^(npm|yarn|pnpm) (run )?/, ''))) continue;
      const expanded = expandScripts(name, app.manifest);
      const inner = expanded?.missing === undefined ? (expanded?.steps ?? parseLine(name) ?? []) : [];
      if (inner.some(isBeside)) continue;
      for (const part of inner) parts.push({ ...part, joint: part.joint === '' ? joint : part.joint });
    }
  }
  return parts.length === 0 ? undefined : parts;
}

/** `npm run dev:*` as the scripts that it means. */
function matching(line: string, app: AppView): string[] {
  const start = /run ([\w:-]*)\*/.exec(line)?.[1] ?? '';
  return Object.keys(app.manifest?.scripts ?? {})
    .filter((name) => name.startsWith(start) && ownScript(app.manifest, name) !== undefined)
    .map((name) => `npm run ${name}`);
}

/** Whether a command runs beside the app and is not needed to start it. */
export function isBeside({ words }: Step): boolean {
  const values = words.map(({ value }) => value);
  const [name = ''] = values[0] === 'npx' ? values.slice(1) : values;
  if (NOT_THE_APP.test(name)) return true;
  if (/^(tsc|babel|swc|tsup)$/.test(name)) return values.some((value) => /^(-w|--watch)/.test(value));
  if (/^(npm|yarn|pnpm)$/.test(name))
    return values.some(
      (value, index) =>
        /^(--prefix|--cwd|-C|-w|--workspace|--filter)/.test(value) &&
        FRONT_END.test(`${value} ${values[index + 1] ?? ''}`.replaceAll(' ', '/')),
    );
  return name === 'cd' && FRONT_END.test(values[1] ?? '');
}
