import { posix } from 'node:path';
import type { Assumption } from '../../report/schema.ts';
import type { AppView } from './app-view.ts';
import type { Candidate } from './candidates.ts';
import { commandWords } from './command-line.ts';
import { type Entry, entryOf } from './entry.ts';
import { isBeside } from './parallel.ts';
import { script } from './scripts.ts';
import { formatSteps, type Step, wordOf } from './shell-line.ts';
import { FROM_GRADER } from './tools.ts';
import { simplify } from './simplify.ts';
import { sourceOf } from './typescript.ts';

/** A way to start the app that may work. */
export interface Considered {
  line: string;
  command: string[];
  place: string;
  assumptions: Assumption[];
  tools: Record<string, string>;
  /** `source`: what the entry is made from, or itself. */
  entry: (Entry & { source: string | undefined }) | undefined;
  /** The file that it runs, when only a build makes it. */
  needsBuild: string | undefined;
  /** Whether it builds by itself. */
  builds: boolean;
}

/** What ends at once and starts nothing. */
const IDLE = /^(echo|exit|true|false|:|printf|sleep)$/;
const BUILDS = /^(tsc|babel|swc|tsup|esbuild|webpack|rollup|nest|ncc|unbuild)$/;

/** A way that can't work. */
export interface Refused {
  refused: Assumption;
  /** The command all the same, where running it shows what is wrong better than any word of ours. */
  anyway?: Considered;
}

/** Makes a candidate's command fit to be run, or says why it can't be. */
export function consider(candidate: Candidate, app: AppView): Considered | Refused {
  const { place, assumption } = candidate;
  const refuse = (because: string) => ({
    refused: { what: `"${candidate.line}" (${place}) does not start the app`, because },
  });
  const simple = simplify(candidate.line, app);
  if (simple === undefined) return { ...plain(candidate), assumptions: assumption ? [assumption] : [] };
  if ('missing' in simple) return refuse(`package.json has no script "${simple.missing}"`);

  const { steps, notes, tools } = simple;
  if (steps.every(({ words }) => words.length === 0 || IDLE.test(words[0]?.value ?? '')))
    return refuse('it starts nothing');
  if (steps.every(isBeside)) return refuse('it serves pages, not an API');
  if (steps.every(({ words }) => /^(jest|mocha|vitest|tsc|eslint|prettier)$/.test(words[0]?.value ?? '')))
    return refuse('it starts nothing that listens');

  const entry = entryOf(steps, app);
  const found = entry === undefined ? undefined : locate(entry, steps, app);
  if (found !== undefined && 'missing' in found)
    return { ...refuse(found.missing), anyway: { ...plain({ ...candidate, line: formatSteps(steps) }), tools } };
  const line = formatSteps(steps);
  const assumptions: Assumption[] = assumption ? [assumption] : [];
  const why = [
    ...[...notes].filter(([, reason]) => !reason.includes(FROM_GRADER)).map(([tool, reason]) => `${tool}: ${reason}`),
    ...(found?.notes ?? []),
  ];
  if (why.length > 0)
    assumptions.push({
      what: `The app is started by "${line}"`,
      because: [`"${candidate.line}" (${place})`, ...why].join('; '),
    });
  for (const tool of Object.keys(tools))
    assumptions.push({ what: `${tool} comes from the grader`, because: 'package.json does not declare it' });
  return {
    line,
    command: commandWords(line),
    place,
    assumptions,
    tools,
    entry: entry && { ...entry, file: found?.file, source: found?.source },
    needsBuild: found?.needsBuild,
    builds:
      steps.some(({ words }, index) => index < steps.length - 1 && BUILDS.test(words[0]?.value ?? '')) ||
      steps.at(-1)?.words[0]?.value === 'nest',
  };
}

function plain({ line, place }: Candidate): Considered {
  return {
    line,
    command: commandWords(line),
    place,
    assumptions: [],
    tools: {},
    entry: undefined,
    needsBuild: undefined,
    builds: false,
  };
}

interface Located {
  file: string | undefined;
  source: string | undefined;
  needsBuild: string | undefined;
  notes: string[];
}

/** The file that an entry means: itself, what a build makes it from, or one of its name elsewhere, which then is put into the command. */
function locate(entry: Entry, steps: readonly Step[], app: AppView): Located | { missing: string } {
  const written = posix.normalize(entry.written);
  if (entry.file !== undefined) {
    // Committed output of a build stands for its source.
    const source = sourceOf(app, entry.file);
    return { file: entry.file, source: source ?? entry.file, needsBuild: undefined, notes: [] };
  }
  const source =
    sourceOf(app, /\.[cm]?js$/.test(written) ? written : `${written}.js`) ??
    sourceOf(app, posix.join(written, 'index.js'));
  if (source !== undefined && !written.startsWith('src/'))
    return { file: undefined, source, needsBuild: productName(written, source), notes: [] };
  if (/^(dist|build|lib|out)\//.test(written) && script(app.manifest, 'build') !== undefined)
    return { file: undefined, source: undefined, needsBuild: written, notes: [] };
  const moved = elsewhere(written, app);
  const step = steps[entry.step];
  if (
    moved !== undefined &&
    step !== undefined &&
    entry.word >= 0 &&
    !steps.some(({ words }) => words[0]?.value === 'cd')
  ) {
    step.words = step.words.with(entry.word, wordOf(moved));
    return { file: moved, source: moved, needsBuild: undefined, notes: [`there is no ${written}, but ${moved}`] };
  }
  return { missing: `there is no ${written}` };
}

/** What a build makes of a source, for a command that leaves out the extension or names a folder. */
function productName(written: string, source: string): string {
  if (/\.[cm]?js$/.test(written)) return written;
  const inFolder = /(^|\/)index\.[cm]?[jt]sx?$/.test(source) && posix.basename(written) !== 'index';
  return inFolder ? `${written}/index.js` : `${written}.js`;
}

/** The one file of the same name in another folder of the app. */
function elsewhere(written: string, app: AppView): string | undefined {
  const stem = posix.basename(written).replace(/\.[cm]?js$/, '');
  const within = app.folder === '' ? '' : `${app.folder}/`;
  const same = app.sources
    .code(app.folder)
    .map((path) => path.slice(within.length))
    .filter((file) => /\.[cm]?js$/.test(file) && posix.basename(file).replace(/\.[cm]?js$/, '') === stem);
  return same.length === 1 ? same[0] : undefined;
}
