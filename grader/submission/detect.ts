import { relative } from 'node:path';
import { LearnerError } from '../platform/errors.ts';
import type { Assumption } from '../report/schema.ts';
import { commandWords, withoutWatcher } from './command-line.ts';
import { readInside, resolveInside } from './files.ts';
import { readPackage, type PackageJson } from './package-json.ts';
import type { StartPlan, Submission } from './submission.ts';

/** Files that usually start an app, best first, when package.json names none. */
const USUAL_FILES = ['server', 'app', 'index', 'main'].flatMap((name) =>
  ['', 'src/'].flatMap((folder) => ['js', 'mjs', 'cjs', 'ts'].map((extension) => `${folder}${name}.${extension}`)),
);

/** One way to find out how an app is started; undefined where it does not apply. */
type Strategy = (app: AppView) => Promise<{ command: string[]; assumptions: Assumption[] } | undefined>;

interface AppView {
  submission: Submission;
  /** The package.json in the app's folder. */
  manifest: PackageJson | undefined;
  /** Whether the app's folder has this file. */
  has(path: string): Promise<boolean>;
}

/** Tried in order; the first answer counts. */
const STRATEGIES: readonly Strategy[] = [fromManifest, fromStartScript, fromMain, fromDevScript, fromUsualFile];

/**
 * Finds out how a submission is built and started.
 *
 * @throws {LearnerError} when nothing tells how, or package.json is broken
 */
export async function detect(submission: Submission): Promise<StartPlan> {
  const app = await view(submission);
  const { build, assumptions } = await detectBuild(submission);
  for (const strategy of STRATEGIES) {
    const found = await strategy(app);
    if (found === undefined) continue;
    return {
      packageManager: submission.packageDir === undefined ? 'none' : 'npm',
      build,
      produces: undefined,
      migrate: [],
      start: found.command,
      instead: [],
      port: submission.manifest.port,
      env: submission.manifest.env ?? {},
      tools: {},
      assumptions: [...assumptions, ...found.assumptions],
    };
  }
  const folder = relative(submission.root, submission.appDir) || submission.name;
  throw new LearnerError(
    app.manifest === undefined
      ? `There is no package.json in ${folder}, and no file that usually starts an app.`
      : `Nothing tells how to start the app in ${folder}.`,
    {
      mend: 'Add a start script to package.json, such as "start": "node server.js", or name the command in grade.yaml (start: node server.js).',
    },
  );
}

/** The build command: grade.yaml's, or `scripts.build`; also for submissions without an app. */
export async function detectBuild(
  submission: Submission,
): Promise<{ build: string[] | undefined; assumptions: Assumption[] }> {
  if (submission.manifest.build !== undefined)
    return { build: commandWords(submission.manifest.build), assumptions: [] };
  const manifest = await readPackage(submission.root, submission.appDir);
  const build = script(manifest, 'build');
  return { build: build === undefined ? undefined : commandWords(build), assumptions: [] };
}

async function view(submission: Submission): Promise<AppView> {
  const within = relative(submission.root, submission.appDir);
  return {
    submission,
    manifest: await readPackage(submission.root, submission.appDir),
    has: async (path) =>
      (await readInside(submission.root, `${within === '' ? '' : `${within}/`}${path}`, 1)) !== undefined,
  };
}

async function fromManifest({ submission }: AppView): ReturnType<Strategy> {
  const { start } = submission.manifest;
  return start === undefined ? undefined : { command: commandWords(start), assumptions: [] };
}

async function fromStartScript({ manifest }: AppView): ReturnType<Strategy> {
  const start = script(manifest, 'start');
  return start === undefined ? undefined : unwatched(start);
}

async function fromMain({ manifest, submission, has }: AppView): ReturnType<Strategy> {
  const main = manifest?.main;
  // "npm init" writes "main": "index.js" whether or not there is such a file.
  if (main === undefined || (await resolveInside(submission.appDir, main)) === undefined || !(await has(main)))
    return undefined;
  return {
    command: ['node', main],
    assumptions: [
      {
        what: `The app is started by "node ${main}"`,
        because: 'package.json has no start script; "main" names this file',
      },
    ],
  };
}

async function fromDevScript({ manifest }: AppView): ReturnType<Strategy> {
  const dev = script(manifest, 'dev');
  if (dev === undefined) return undefined;
  const { command, assumptions } = unwatched(dev);
  return {
    command,
    assumptions: [
      { what: 'The app is started by its "dev" script', because: 'package.json has no start script' },
      ...assumptions,
    ],
  };
}

async function fromUsualFile({ has }: AppView): ReturnType<Strategy> {
  for (const file of USUAL_FILES) {
    if (!(await has(file))) continue;
    return {
      command: ['node', file],
      assumptions: [
        {
          what: `The app is started by "node ${file}"`,
          because: 'package.json has no start script; this file has a usual name',
        },
      ],
    };
  }
  return undefined;
}

/** A script with the scripts that npm runs around it: `prestart` goes first. */
function script(manifest: PackageJson | undefined, name: string): string | undefined {
  const own = (key: string) =>
    manifest?.scripts && Object.hasOwn(manifest.scripts, key) ? manifest.scripts[key]?.trim() || undefined : undefined;
  const line = own(name);
  const before = own(`pre${name}`);
  return line !== undefined && before !== undefined ? `${before} && ${line}` : line;
}

function unwatched(text: string): { command: string[]; assumptions: Assumption[] } {
  const { line, assumption } = withoutWatcher(text);
  return { command: commandWords(line), assumptions: assumption ? [assumption] : [] };
}
