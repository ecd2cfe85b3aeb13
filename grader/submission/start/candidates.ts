import type { Assumption } from '../../report/schema.ts';
import { type AppView, lineOf } from './app-view.ts';
import { dockerCommand } from './dockerfile.ts';
import { filesThatListen } from './listening.ts';
import { ownScript, script } from './scripts.ts';
import { wordOf } from './shell-line.ts';

/** One way that an app may be started, before its command is looked at. */
export interface Candidate {
  line: string;
  /** Said when it is taken; undefined for what needs no word: the start script, grade.yaml. */
  assumption: Assumption | undefined;
  /** Where it stands: `package.json:7`. */
  place: string;
}

const NO_START = 'package.json has no start script';
/** Scripts that start an app while one writes it, best first. */
const OTHER_SCRIPTS = [
  'dev',
  'serve',
  'server',
  'develop',
  'start:dev',
  'start:prod',
  'start:server',
  'prod',
  'run',
  'watch',
];
/** Files that usually start an app, best first, when nothing names one. */
const USUAL_FILES = ['server', 'app', 'index', 'main'].flatMap((name) =>
  ['', 'src/'].flatMap((folder) =>
    ['js', 'mjs', 'cjs', 'ts', 'mts'].map((extension) => `${folder}${name}.${extension}`),
  ),
);
const MORE_FILES = [
  'bin/www',
  'bin/server.js',
  'src/bin/www',
  'src/bin/server.js',
  'lib/server.js',
  'lib/index.js',
  'server/index.js',
  'server/server.js',
  'api/index.js',
  'app/index.js',
  'app/server.js',
];

/** All ways that the repository shows, best first. grade.yaml is not among them. */
export function* candidates(app: AppView): Generator<Candidate> {
  const start = script(app.manifest, 'start');
  if (start !== undefined) yield { line: start, assumption: undefined, place: app.placeOf('start') };
  const without = start === undefined ? NO_START : 'the start script can’t be used';

  const web = /^web:\s*(.+)$/m.exec(app.text('Procfile') ?? '')?.[1];
  if (web !== undefined)
    yield candidate(web.trim(), `its Procfile`, without, `Procfile:${lineOf(app.text('Procfile'), /^web:/m) ?? 1}`);

  const main = app.manifest?.main;
  // "npm init" writes "main": "index.js" whether or not there is such a file.
  if (main !== undefined && main !== '.' && app.has(main))
    yield {
      line: `${runnerOf(main)} ${wordOf(main).raw}`,
      assumption: {
        what: `The app is started by "${runnerOf(main)} ${main}"`,
        because: `${without}; "main" names this file`,
      },
      place: app.placeOf('main'),
    };

  for (const name of OTHER_SCRIPTS) {
    if (ownScript(app.manifest, name) === undefined) continue;
    yield candidate(script(app.manifest, name) ?? '', `its "${name}" script`, without, app.placeOf(name));
  }

  const docker = dockerCommand(app);
  if (docker !== undefined) yield candidate(docker.line, 'the command of its Dockerfile', without, docker.place);

  for (const file of [...USUAL_FILES, ...MORE_FILES]) {
    if (app.has(file)) yield fileCandidate(file, `${without}; this file has a usual name`);
  }
  const [only, ...others] = filesThatListen(app);
  if (only !== undefined)
    yield fileCandidate(only, `${without}; this file ${others.length === 0 ? 'alone ' : ''}listens on a port`);
}

function candidate(line: string, what: string, without: string, place: string): Candidate {
  return { line, assumption: { what: `The app is started by ${what}`, because: without }, place };
}

function fileCandidate(file: string, because: string): Candidate {
  const command = `${runnerOf(file)} ${file}`;
  return {
    line: `${runnerOf(file)} ${wordOf(file).raw}`,
    assumption: { what: `The app is started by "${command}"`, because },
    place: file,
  };
}

function runnerOf(file: string): string {
  return /\.[cm]?tsx?$/.test(file) ? 'tsx' : 'node';
}
