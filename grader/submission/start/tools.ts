import type { AppView } from './app-view.ts';
import { afterOptions, WITH_VALUE, withoutFlags } from './command-options.ts';
import { withoutNodemon } from './nodemon.ts';
import { pm2Script } from './process-file.ts';
import { parseLine, type Step, type Word, wordOf } from './shell-line.ts';
import { metadataIsEmitted } from './typescript.ts';

/** What became of a command that leans on a tool. */
export interface Tamed {
  steps: Step[];
  /** Each tool that was taken out or replaced, and why, once. */
  notes: Map<string, string>;
  /** Packages that the steps use and package.json lacks, by range. */
  tools: Record<string, string>;
}

type Words = Word[];

/** Why a tool that package.json does not declare is there. */
export const FROM_GRADER = 'it comes from the grader';
const WATCHES = 'it watches files, which hides crashes';
const DETACHES = 'it leaves the app to a process of its own';
/** Releases of tools for apps that use them and declare none. */
const TOOL_RANGES: Readonly<Record<string, string>> = { tsx: '^4.0.0', typescript: '^5.0.0', 'ts-node': '^10.0.0' };
/**
 * Takes out of a command what only helps while one writes the app (watchers), what hides it (process
 * managers), and what package.json does not declare and can be done without; puts the grader's own runner
 * of TypeScript in the place of an undeclared one.
 */
export function tame(steps: readonly Step[], app: AppView): Tamed {
  const notes = new Map<string, string>();
  const tools: Record<string, string> = {};
  const use = (name: string) => {
    const range = TOOL_RANGES[name];
    if (range !== undefined) tools[name] = range;
  };
  const tamed = steps.flatMap((step): Step[] => {
    const environment = [...step.env];
    let words = step.words;
    // Tools stand before tools: "cross-env A=b nodemon --exec ts-node x.ts".
    for (let turn = 0; turn < 10; turn++) {
      const next = tameOnce(words, { app, notes, use, environment });
      if (next === undefined) break;
      words = next;
    }
    return words.length === 0 && environment.length === 0 ? [] : [{ env: environment, words, joint: step.joint }];
  });
  return { steps: tamed, notes, tools };
}

interface Context {
  app: AppView;
  notes: Map<string, string>;
  use: (tool: string) => void;
  environment: Words;
}

/** The words without their outermost tool; undefined when there is nothing to take out. */
function tameOnce(words: Words, context: Context): Words | undefined {
  const { app, notes, use, environment } = context;
  const [first, ...rest] = words;
  const name = first?.value.replace(/^(\.\/)?node_modules\/\.bin\//, '') ?? '';
  const drop = (tool: string, why: string, left: Words | undefined) => {
    if (left !== undefined) notes.set(tool, why);
    return left;
  };
  const undeclared = (tool: string) => `package.json does not declare ${tool}`;
  switch (name) {
    case 'sudo':
      return rest;
    case 'npx':
    case 'bunx':
      return withoutNpx(rest);
    case 'npm':
    case 'pnpm':
    case 'yarn':
      return /^(exec|dlx)$/.test(rest[0]?.value ?? '') ? withoutNpx(rest.slice(1)) : undefined;
    case 'cross-env':
    case 'cross-env-shell':
    case 'env': {
      const end = rest.findIndex(({ raw }) => !/^[A-Za-z_]\w*=/.test(raw));
      if (end === -1 || rest[end]?.value.startsWith('-')) return undefined;
      environment.push(...rest.slice(0, end));
      return name === 'env' || app.declares('cross-env')
        ? rest.slice(end)
        : drop(name, undeclared('cross-env'), rest.slice(end));
    }
    case 'dotenv':
    case 'env-cmd':
    case 'dotenvx': {
      if (app.declares(name === 'dotenv' ? 'dotenv-cli' : name === 'dotenvx' ? '@dotenvx/dotenvx' : name))
        return undefined;
      const bare = rest[0]?.value === 'run' ? rest.slice(1) : rest;
      const dashes = bare.findIndex(({ value }) => value === '--');
      return drop(name, undeclared(name), dashes === -1 ? afterOptions(bare) : bare.slice(dashes + 1));
    }
    case 'nodemon':
    case 'supervisor':
    case 'node-dev':
      return drop(name, WATCHES, withoutNodemon(rest, app));
    case 'ts-node-dev':
    case 'tsnd':
      return drop(name, WATCHES, [
        wordOf('ts-node'),
        ...withoutFlags(
          rest,
          /^--(respawn|clear|cls|exit-child|rs|transpile-only|poll|quiet|ignore-watch(=.*)?|watch(=.*)?|notify(=.*)?|debounce(=.*)?|interval(=.*)?)$/,
        ),
      ]);
    case 'tsc-watch': {
      const done = rest.findIndex(({ value }) => /^--onSuccess$/i.test(value));
      const command = parseLine(rest[done + 1]?.value ?? '')?.[0];
      return done === -1 || command === undefined ? undefined : drop(name, WATCHES, command.words);
    }
    case 'pm2':
    case 'pm2-runtime':
    case 'pm2-dev':
    case 'forever':
      return drop(name, DETACHES, managed(rest, app));
    case 'tsx': {
      if (!app.declares('tsx')) {
        notes.set('tsx', `${undeclared('tsx')}: ${FROM_GRADER}`);
        use('tsx');
      }
      return rest[0]?.value === 'watch'
        ? drop('tsx watch', WATCHES, [
            wordOf('tsx'),
            ...withoutFlags(
              rest.slice(1),
              /^--(clear-screen(=.*)?|no-clear-screen|ignore(=.*)?|exclude(=.*)?|include(=.*)?)$/,
            ),
          ])
        : undefined;
    }
    case 'ts-node':
    case 'ts-node-esm':
    case 'ts-node-script':
    case 'babel-node':
    case 'swc-node':
    case 'bun': {
      const own =
        name === 'babel-node'
          ? '@babel/node'
          : name === 'swc-node'
            ? '@swc-node/register'
            : name.startsWith('ts-node')
              ? 'ts-node'
              : name;
      if (app.declares(own) && name !== 'bun') return undefined;
      const file = afterOptions(rest[0]?.value === 'run' ? rest.slice(1) : rest);
      if (file === undefined) return undefined;
      if (name.startsWith('ts-node') && metadataIsEmitted(app)) {
        if (notes.has(name)) return undefined;
        for (const tool of ['ts-node', 'typescript']) if (!app.declares(tool)) use(tool);
        return drop(name, `${undeclared('ts-node')}: ${FROM_GRADER}`, words);
      }
      if (!app.declares('tsx')) use('tsx');
      return drop(name, name === 'bun' ? 'Node runs the app' : `${undeclared(own)}: tsx does its work`, [
        wordOf('tsx'),
        ...file,
      ]);
    }
    case 'tsc': {
      if (!app.declares('typescript')) {
        notes.set('tsc', `${undeclared('typescript')}: ${FROM_GRADER}`);
        use('typescript');
      }
      const once = withoutFlags(rest, /^(-w|--watch|--preserveWatchOutput)$/);
      return once.length === rest.length ? undefined : drop('tsc --watch', WATCHES, [wordOf('tsc'), ...once]);
    }
    case 'nest': {
      const once = withoutFlags(rest, /^(-w|--watch|--debug|-d|--watchAssets)(=.*)?$/);
      return once.length === rest.length ? undefined : drop('--watch', WATCHES, [...words.slice(0, 1), ...once]);
    }
    case 'node':
      return plainNode(words, rest, context);
    default:
      return undefined;
  }
}

function plainNode(words: Words, rest: Words, { app, notes, use }: Context): Words | undefined {
  const once: Words = [];
  let runner: string | undefined;
  let at = 0;
  for (; at < rest.length; at++) {
    const word = rest[at];
    const value = word?.value ?? '';
    if (word === undefined || !value.startsWith('-')) break;
    const next = WITH_VALUE.test(value) && !/^(-w|--watch)$/.test(value) ? rest[at + 1] : undefined;
    const given = next?.value ?? value.slice(value.indexOf('=') + 1);
    if (/^--watch(-path(=.*)?|-preserve-output)?$/.test(value)) {
      notes.set('node --watch', WATCHES);
      if (value === '--watch-path' && next !== undefined) at++;
      continue;
    }
    if (/^--env-file(=|$)/.test(value) && !app.has(given)) {
      notes.set(`--env-file ${given}`, 'the file is not in the repository');
      if (next !== undefined) at++;
      continue;
    }
    if (/^--inspect-(brk|wait)/.test(value)) {
      notes.set(value, 'the app would wait for a debugger');
      continue;
    }
    if (/^(-r|--require|--import|--loader|--experimental-loader)(=|$)/.test(value)) {
      const [scope = '', inner = ''] = given.split('/');
      const name = scope.startsWith('@') ? `${scope}/${inner}` : scope;
      if (
        !app.declares(name) &&
        /^(ts-node|tsx|ts-node-dev|esbuild-register|@swc-node\/register|@babel\/register)$/.test(name)
      ) {
        runner = name;
        if (next !== undefined) at++;
        continue;
      }
    }
    once.push(word, ...(next === undefined ? [] : [next]));
    if (next !== undefined) at++;
  }
  if (runner !== undefined) {
    notes.set(runner, `package.json does not declare ${runner}: tsx does its work`);
    if (!app.declares('tsx')) use('tsx');
    return [wordOf('tsx'), ...once, ...rest.slice(at)];
  }
  const plain = [...words.slice(0, 1), ...once, ...rest.slice(at)];
  return plain.length === words.length ? undefined : plain;
}

/** Tools whose npx can be taken away; others are left to npx, which finds what is installed. */
function withoutNpx(rest: Words): Words | undefined {
  let at = 0;
  while (/^(-y|--yes|--no-install|--no|--quiet|-q|--)$/.test(rest[at]?.value ?? '')) at++;
  const tool = rest[at]?.value.replace(/@[^/]*$/, '');
  return tool === undefined || /^[-@]/.test(tool) ? undefined : [wordOf(tool), ...rest.slice(at + 1)];
}

/** What a process manager starts. */
function managed(rest: Words, app: AppView): Words | undefined {
  const words = /^(start|restart|reload|startOrRestart|startOrReload)$/.test(rest[0]?.value ?? '')
    ? rest.slice(1)
    : rest;
  const dashes = words.findIndex(({ value }) => value === '--');
  const [target] =
    afterOptions(
      (dashes === -1 ? words : words.slice(0, dashes)).filter(
        ({ value }, index, all) => value !== '-c' && all[index - 1]?.value !== '-c',
      ),
    ) ?? [];
  const more = dashes === -1 ? [] : words.slice(dashes + 1);
  if (target === undefined) return undefined;
  if (/\.(config\.[cm]?js|json|ya?ml)$/.test(target.value)) {
    const file = pm2Script(app, target.value);
    return file === undefined ? undefined : [wordOf(/\.[cm]?ts$/.test(file) ? 'ts-node' : 'node'), wordOf(file)];
  }
  if (/^(npm|yarn|pnpm)$/.test(target.value)) return [target, ...more];
  if (target.value.includes(' ')) return parseLine(target.value)?.[0]?.words;
  return [wordOf(/\.[cm]?ts$/.test(target.value) ? 'ts-node' : 'node'), target, ...more];
}
