import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { checks } from '../checks/index.ts';
import { exitCodeOf } from '../commands/grade/once.ts';
import type { Session } from '../commands/session.ts';
import { grade } from '../grade.ts';
import { createLogger } from '../platform/log.ts';
import type { Report } from '../report/schema.ts';
import { fanOut } from '../reporters/fan-out.ts';
import { type CheckRunOptions, checkRunReporter, postEnding } from '../reporters/github-check/check-run.ts';
import { fixedToken } from '../reporters/github-check/client.ts';
import { jobSummary } from '../reporters/github-check/job-summary.ts';
import type { Delivery } from '../reporters/github-check/poster.ts';
import { plainLine, withoutCommands } from '../reporters/github-check/workflow-commands.ts';
import { reporters } from '../reporters/index.ts';
import { logReporter } from '../reporters/log.ts';
import { listRubrics, loadRubric } from '../rubric/load.ts';
import { loadCourse } from '../rubric/overlay.ts';
import type { Rubric } from '../rubric/schema.ts';
import { readSettings } from '../settings.ts';
import { changedFiles } from '../submission/clone.ts';
import { touchedRubrics } from '../submission/touched.ts';
import { type ActionInputs, readInputs } from './inputs.ts';

/** How one rubric came out. */
interface Outcome {
  report: Report | undefined;
  delivery: Delivery;
  code: number;
}

/**
 * Grades what a workflow checked out: by the rubrics that it names, else by those that the push touches. Each has a
 * check run of its own; where the token may not write one, the job's summary has the same.
 *
 * @returns the step's exit code: as that of `grade`, the worst of all rubrics
 */
export async function runAction(session: Session): Promise<number> {
  const inputs = readInputs(session.env);
  core.setSecret(inputs.token);
  const root = resolve(inputs.workspace, inputs.path);
  const rubrics =
    inputs.rubrics ??
    (await touched(inputs, session).catch(async (error: unknown) => {
      await postEnding({ kind: 'stopped', error }, postingOf(inputs, undefined, session));
      throw error;
    }));
  const outcomes: Outcome[] = [];
  if (rubrics.length === 0) {
    const reason = `Nothing that this push touches is graded. A folder is graded by the rubric that it is named after, or that its grade.yaml names; the input “rubric” names one as well.`;
    const delivery = await postEnding({ kind: 'nothing', reason }, postingOf(inputs, undefined, session));
    outcomes.push({ report: undefined, delivery, code: 0 });
  }
  for (const rubric of rubrics) outcomes.push(await gradeBy(rubric, root, inputs, session));
  setOutputs(outcomes, inputs);
  return Math.max(...outcomes.map(({ code, delivery }) => (delivery.to === 'nowhere' ? 3 : code)));
}

async function touched(inputs: ActionInputs, session: Session): Promise<string[]> {
  const changed =
    inputs.base === undefined
      ? undefined
      : await changedFiles(inputs.workspace, inputs.base, {
          token: inputs.token,
          path: session.env['PATH'] ?? '',
          signal: session.signal,
        });
  const all = (await listRubrics()).map(({ id }) => id);
  return touchedRubrics(inputs.workspace, changed, all, inputs.repository.repo);
}

async function gradeBy(name: string, path: string, inputs: ActionInputs, session: Session): Promise<Outcome> {
  const settings = readSettings(session.env);
  const posting = postingOf(inputs, name, session);
  const check = checkRunReporter({ ...posting, rubric: name });
  const at = (extension: string) => join(inputs.reportsDir, `${name}.${extension}`);
  const rubric = await weighed(name, inputs).catch(async (error: unknown) => {
    await check.settle(error);
    throw error;
  });
  let report: Report | undefined;
  let failure: unknown;
  {
    // What a submission prints is in what is shown: the runner obeys none of it.
    using guarded = withoutCommands(session.stdout);
    const shown = { stream: guarded, live: false, color: true };
    try {
      await using events = fanOut(
        {
          terminal: (await reporters.terminal())({ ...shown, htmlFile: at('html') }),
          html: (await reporters.html())({ ...shown, file: at('html') }),
          json: (await reporters.json())({ ...shown, file: at('json') }),
          check,
          log: logReporter(createLogger(settings.logLevel)),
        },
        (line) => guarded.write(`${line}\n`),
      );
      report = await grade({
        rubric,
        path,
        runtime: inputs.runtime,
        services: 'auto',
        settings,
        events,
        signal: session.signal,
      });
    } catch (error) {
      failure = error;
    }
  }
  const delivery = await check.settle(failure);
  if (failure !== undefined && delivery.to === 'nowhere') throw failure;
  if (failure !== undefined) session.stdout.write(plainLine(`Not graded: ${describe(failure)}`));
  return { report, delivery, code: report === undefined ? 3 : codeOf(report, inputs.failBelow) };
}

async function weighed(name: string, { workspace, course }: ActionInputs): Promise<Rubric> {
  const weigh = await loadCourse(course && resolve(workspace, course));
  return weigh(await loadRubric(name, checks));
}

function codeOf(report: Report, failBelow: number | undefined): number {
  if (failBelow === undefined || report.score.notGraded > 0) return exitCodeOf(report);
  return (report.score.earned / report.score.max) * 100 >= failBelow ? 0 : 1;
}

function postingOf(inputs: ActionInputs, rubric: string | undefined, session: Session): CheckRunOptions {
  return {
    tokens: fixedToken(inputs.token),
    apiUrl: inputs.apiUrl,
    repository: inputs.repository,
    headSha: inputs.headSha,
    externalId: `${inputs.attempt}:${rubric ?? ''}`,
    // The button would send its event to the App that made the run, which is GitHub's own.
    againButton: false,
    again: `Run the job again: ${inputs.jobUrl}`,
    reportUrl: inputs.jobUrl,
    root: inputs.path === '.' ? '' : inputs.path.replace(/^\.\//, '').replace(/\/$/, ''),
    rubric,
    log: (line) => void session.stdout.write(plainLine(line)),
    fallback: jobSummary({ summaryFile: inputs.summaryFile, stream: session.stdout }),
    signal: session.signal,
  };
}

/** Of several rubrics the sums, and whether all passed. */
function setOutputs(outcomes: readonly Outcome[], { reportsDir }: ActionInputs): void {
  const reports = outcomes.flatMap(({ report }) => report ?? []);
  const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0);
  const urls = outcomes.flatMap(({ delivery }) => (delivery.to === 'check-run' && delivery.url) || []);
  core.setOutput(
    'score',
    sum(({ score }) => score.earned),
  );
  core.setOutput(
    'max',
    sum(({ score }) => score.max),
  );
  core.setOutput(
    'passed',
    outcomes.every(({ code }) => code === 0),
  );
  core.setOutput('report', reports.length === 0 ? '' : reportsDir);
  core.setOutput('check-run-url', urls.join('\n'));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
