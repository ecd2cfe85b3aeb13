import { posix } from 'node:path';
import type { AppView } from './app-view.ts';
import type { Step } from './shell-line.ts';
import { afterOptions } from './command-options.ts';

/** The file that a command runs. Paths are relative to the app's folder. */
export interface Entry {
  /** As the command has it, from the app's folder. */
  written: string;
  /** The file that is meant; undefined when it is not there. */
  file: string | undefined;
  /** Where the command names it: a word of a step. */
  step: number;
  word: number;
  runner: string;
}

const RUNNERS = /^(node|nodejs|tsx|ts-node|ts-node-esm|ts-node-script|babel-node|bun|deno)$/;
const SCRIPTS = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'];

/** What the last of these steps runs; undefined when no step runs a file of the app. */
export function entryOf(steps: readonly Step[], app: AppView): Entry | undefined {
  let folder = '';
  let found: Entry | undefined;
  for (const [index, { words }] of steps.entries()) {
    const [first, ...rest] = words;
    const runner = first?.value ?? '';
    if (runner === 'cd' && rest[0] !== undefined) folder = posix.join(folder, rest[0].value);
    else if (runner === 'nest' && rest[0]?.value === 'start')
      found = { written: 'src/main.ts', file: resolveFile(app, 'src/main.ts'), step: index, word: -1, runner };
    if (!RUNNERS.test(runner) || rest.some(({ value }) => /^(-e|--eval|-p|--print|--test|-c|--check)$/.test(value)))
      continue;
    const file = afterOptions(rest)?.[0];
    if (file === undefined) continue;
    const written = posix.join(folder, file.value);
    found = { written, file: resolveFile(app, written), step: index, word: words.indexOf(file), runner };
  }
  return found;
}

/** A file as Node finds it by a path that may lack its extension, or name a folder. */
export function resolveFile(app: AppView, path: string): string | undefined {
  const clean = posix.normalize(path).replace(/\/$/, '');
  if (clean === '.') {
    const main = app.manifest?.main;
    return (main === undefined || main === '.' ? undefined : resolveFile(app, main)) ?? resolveFile(app, 'index');
  }
  return [
    clean,
    ...SCRIPTS.map((extension) => `${clean}.${extension}`),
    ...SCRIPTS.map((extension) => `${clean}/index.${extension}`),
  ].find((candidate) => app.has(candidate));
}
