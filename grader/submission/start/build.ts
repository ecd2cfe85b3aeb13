import { posix } from 'node:path';
import type { Assumption } from '../../report/schema.ts';
import type { AppView } from './app-view.ts';
import { commandWords } from './command-line.ts';
import { isBeside } from './parallel.ts';
import { script } from './scripts.ts';
import { formatSteps } from './shell-line.ts';
import { simplify } from './simplify.ts';
import { FROM_GRADER } from './tools.ts';

import { readTypeScript, sourceOf } from './typescript.ts';

/** What is done before an app can be started. */
export interface Build {
  command: string[];
  assumptions: Assumption[];
  tools: Record<string, string>;
}

/** Scripts that build, best first. */
const BUILD_SCRIPTS = ['build', 'compile', 'build:ts', 'build:server', 'tsc', 'transpile', 'heroku-postbuild'];

/**
 * How the app is built: by grade.yaml, by a script of package.json, or by TypeScript's compiler where a file is
 * wanted that only a build makes. Undefined where there is nothing to build.
 *
 * @param needed the file that the start command runs and that is not in the repository, relative to the app's folder
 */
export function findBuild(app: AppView, needed: string | undefined): Build | undefined {
  const own = app.submission.manifest.build;
  if (own !== undefined) return { command: commandWords(own), assumptions: [], tools: {} };
  for (const name of BUILD_SCRIPTS) {
    if (name !== 'build' && needed === undefined) break;
    const line = script(app.manifest, name);
    if (line === undefined) continue;
    const found = prepared(line, app);
    // Pages are built by tools that the app does not need; a broken page says nothing of the API.
    if (found === undefined || (found.onlyPages && needed === undefined)) continue;
    const assumptions =
      name === 'build'
        ? []
        : [
            {
              what: `The app is built by its "${name}" script`,
              because: `${app.placeOf(name)}: the start command runs ${needed}`,
            },
          ];
    return { command: found.command, assumptions: [...assumptions, ...found.assumptions], tools: found.tools };
  }
  return needed === undefined ? undefined : compiled(app, needed);
}

function prepared(line: string, app: AppView): (Build & { onlyPages: boolean }) | undefined {
  const simple = simplify(line, app);
  if (simple === undefined) return { command: commandWords(line), assumptions: [], tools: {}, onlyPages: false };
  if ('missing' in simple) return undefined;
  const { steps, notes, tools } = simple;
  const assumptions = [...notes]
    .filter(([, because]) => !because.includes(FROM_GRADER))
    .map(([tool, because]) => ({ what: `The build does without "${tool}"`, because }));
  for (const tool of Object.keys(tools))
    assumptions.push({ what: `${tool} comes from the grader`, because: 'package.json does not declare it' });
  return { command: commandWords(formatSteps(steps)), assumptions, tools, onlyPages: steps.every(isBeside) };
}

/** TypeScript's own compiler, where package.json has no build script. */
function compiled(app: AppView, needed: string): Build | undefined {
  const settings = readTypeScript(app);
  const source = sourceOf(app, needed);
  if (settings === undefined || source === undefined || !/\.[cm]?ts$/.test(source)) return undefined;
  const options = ['-p', settings.file];
  const outDir = settings.outDir === undefined ? undefined : posix.normalize(settings.outDir);
  if (settings.noEmit) options.push('--noEmit', 'false');
  if (outDir === undefined || !posix.normalize(needed).startsWith(`${outDir}/`)) {
    const into = posix.normalize(needed).split('/')[0] ?? 'dist';
    const from =
      source.split('/').length === posix.normalize(needed).split('/').length ? source.split('/')[0] : undefined;
    if (into !== posix.normalize(needed))
      options.push('--outDir', into, ...(from === undefined || from === source ? [] : ['--rootDir', from]));
  }
  const declared = app.declares('typescript');
  return {
    command: ['tsc', ...options],
    assumptions: [
      {
        what: `The app is built by "tsc ${options.join(' ')}"`,
        because: `the start command runs ${needed}, which is made from ${source}, and package.json has no build script${declared ? '' : ' and no TypeScript: the compiler comes from the grader'}`,
      },
    ],
    tools: declared ? {} : { typescript: '^5.0.0' },
  };
}
