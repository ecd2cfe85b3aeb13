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
/** Most ways that are looked at. */
const MAX_WAYS = 8;

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
  if (start !== undefined) return { chosen: asWritten(start, app), others: [], refused: [] };
  const usable: Considered[] = [];
  const refused: Assumption[] = [];
  let anyway: Considered | undefined;
  for (const candidate of candidates(app)) {
    const considered = consider(candidate, app);
    if ('refused' in considered) {
      anyway ??= considered.anyway;
      // Of ways that come after one that works, nobody needs to hear.
      if (usable.length === 0) refused.push(considered.refused);
    } else if (!usable.some((one) => isSame(one, considered))) usable.push(considered);
    if (usable.length >= MAX_WAYS) break;
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
  const [chosen, ...rest] = ordered;
  // Another way is worth a try where it may listen and needs nothing that is not there.
  const others = rest.filter(
    (one) =>
      (!certain || listening.includes(one)) &&
      Object.keys(one.tools).length === 0 &&
      one.needsBuild === chosen?.needsBuild,
  );
  if (first !== undefined && chosen !== undefined && first !== chosen) {
    const place = chosen.entry?.source === undefined ? undefined : listensFrom(app, chosen.entry.source).place;
    refused.push({
      what: `The app is started by "${chosen.line}", not by "${first.line}"`,
      because: `${first.entry?.source ?? first.line} never listens on a port${place === undefined ? '' : `; ${place} does`}`,
    });
  }
  return { chosen, others, refused };
}

/** grade.yaml's command stays as it is; what is known of it helps to build it and to find its migrations. */
function asWritten(line: string, app: AppView): Considered {
  const considered = consider({ line, place: 'grade.yaml', assumption: undefined }, app);
  const known = 'refused' in considered ? considered.anyway : considered;
  return {
    entry: undefined,
    needsBuild: undefined,
    builds: false,
    tools: {},
    ...known,
    line,
    command: commandWords(line),
    place: 'grade.yaml',
    assumptions: [],
  };
}

/** Whether two ways are one: the same words, or the same file by the same program. */
function isSame(a: Considered, b: Considered): boolean {
  if (a.command.join(' ') === b.command.join(' ')) return true;
  const plain = (one: Considered) => one.command.length === 2 && one.entry !== undefined;
  return (
    plain(a) &&
    plain(b) &&
    a.entry?.file === b.entry?.file &&
    a.entry?.runner === b.entry?.runner &&
    a.entry?.file !== undefined
  );
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
