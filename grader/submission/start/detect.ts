import { relative } from 'node:path';
import { LearnerError } from '../../platform/errors.ts';
import type { Assumption } from '../../report/schema.ts';
import { chooseManager } from '../packages/manager.ts';
import type { StartAlternative, StartPlan, Submission } from '../submission.ts';
import { type AppView, viewApp } from './app-view.ts';
import { type Build, findBuild } from './build.ts';
import { candidates } from './candidates.ts';
import { commandWords } from './command-line.ts';
import { type Considered, consider } from './consider.ts';
import { listensFrom } from './listening.ts';
import { findMigrations } from './migrations.ts';

/** Most commands that are tried after the first. */
const MAX_ALTERNATIVES = 3;

/**
 * Finds out how a submission is built and started. Nothing of it is run.
 *
 * @throws {LearnerError} when nothing tells how, or package.json is broken
 */
export async function detect(submission: Submission): Promise<StartPlan> {
  const app = await viewApp(submission);
  const { chosen, others, refused } = choose(app);
  if (chosen === undefined) throw nothingStarts(app, refused);
  const build = chosen.builds ? undefined : findBuild(app, chosen.needsBuild);
  const entry = chosen.entry?.file ?? chosen.needsBuild;
  const { migrate, tools } = findMigrations(app, chosen.line, chosen.entry?.source);
  return {
    packageManager: submission.packageDir === undefined ? 'none' : (await chooseManager(submission)).name,
    build: build?.command,
    produces: build === undefined ? undefined : entry,
    migrate,
    start: chosen.command,
    instead: others.slice(0, MAX_ALTERNATIVES).map(alternative),
    port: submission.manifest.port,
    env: submission.manifest.env ?? {},
    tools: { ...build?.tools, ...tools, ...chosen.tools },
    assumptions: [...(build?.assumptions ?? []), ...refused, ...chosen.assumptions],
  };
}

/** The build command: grade.yaml's, or `scripts.build`; also for submissions without an app. */
export async function detectBuild(
  submission: Submission,
): Promise<Pick<Build, 'assumptions' | 'tools'> & { build: string[] | undefined }> {
  const found = findBuild(await viewApp(submission), undefined);
  return { build: found?.command, assumptions: found?.assumptions ?? [], tools: found?.tools ?? {} };
}

interface Choice {
  chosen: Considered | undefined;
  others: Considered[];
  /** Why better ways were not taken. */
  refused: Assumption[];
}

function choose(app: AppView): Choice {
  const { start } = app.submission.manifest;
  if (start !== undefined) return { chosen: asWritten(start), others: [], refused: [] };
  const usable: Considered[] = [];
  const refused: Assumption[] = [];
  let anyway: Considered | undefined;
  for (const candidate of candidates(app)) {
    const considered = consider(candidate, app);
    if ('refused' in considered) {
      anyway ??= considered.anyway;
      // What nobody wrote is no news when it is not there.
      if (candidate.place.startsWith('package.json') || candidate.place.startsWith('Procfile'))
        refused.push(considered.refused);
    } else if (!usable.some(({ command }) => command.join(' ') === considered.command.join(' ')))
      usable.push(considered);
  }
  if (usable.length === 0) return { chosen: anyway, others: [], refused: anyway === undefined ? refused : [] };
  // A file that only exports the app starts nothing; it comes after what listens.
  const answers = usable.map((one) =>
    one.entry?.source === undefined ? 'unknown' : listensFrom(app, one.entry.source).answer,
  );
  const listening = usable.filter((_one, index) => answers[index] !== 'no');
  const certain = usable.some((_one, index) => answers[index] === 'yes');
  const [first] = usable;
  const ordered = certain ? [...listening, ...usable.filter((one) => !listening.includes(one))] : usable;
  const [chosen, ...others] = ordered;
  if (first !== undefined && chosen !== undefined && first !== chosen) {
    const place = chosen.entry?.source === undefined ? undefined : listensFrom(app, chosen.entry.source).place;
    refused.push({
      what: `The app is started by "${chosen.line}", not by "${first.line}"`,
      because: `${first.entry?.source ?? first.line} never listens on a port${place === undefined ? '' : `; ${place} does`}`,
    });
  }
  return { chosen, others, refused };
}

function asWritten(line: string): Considered {
  return {
    line,
    command: commandWords(line),
    place: 'grade.yaml',
    assumptions: [],
    tools: {},
    entry: undefined,
    needsBuild: undefined,
    builds: false,
  };
}

function alternative({ command, place, line }: Considered): StartAlternative {
  return { command, because: `${place}: ${line}` };
}

function nothingStarts(app: AppView, refused: readonly Assumption[]): LearnerError {
  const folder = relative(app.submission.root, app.submission.appDir) || app.submission.name;
  const reason =
    app.manifest === undefined
      ? `There is no package.json in ${folder}, and no file that usually starts an app.`
      : `Nothing tells how to start the app in ${folder}.`;
  return new LearnerError([reason, ...refused.map(({ what, because }) => `${what}: ${because}.`)].join(' '), {
    mend: 'Add a start script to package.json, such as "start": "node server.js", or name the command in grade.yaml (start: node server.js).',
  });
}
