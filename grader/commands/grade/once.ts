import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { checks } from '../../checks/index.ts';
import { grade } from '../../grade.ts';
import { createLogger } from '../../platform/log.ts';
import { Trace } from '../../platform/trace.ts';
import { chromeTrace } from '../../report/chrome-trace.ts';
import type { Report } from '../../report/schema.ts';
import { fanOut } from '../../reporters/fan-out.ts';
import { documents, type ReporterName, reporters } from '../../reporters/index.ts';
import { logReporter } from '../../reporters/log.ts';
import { abilities, type Reporter, type ReporterOptions } from '../../reporters/reporter.ts';
import { loadRubric } from '../../rubric/load.ts';
import { loadCourse } from '../../rubric/overlay.ts';
import { readSettings } from '../../settings.ts';
import type { Session } from '../session.ts';

/** One grading as the command line asked for it. */
export interface GradeRequest extends Partial<Record<(typeof documents)[number], string>> {
  rubric: string;
  /** Absolute. */
  path: string;
  only?: string[];
  course?: string;
  json?: string | true;
  html?: string;
  runtime: 'auto' | 'docker' | 'local';
  services: 'auto' | 'testcontainers' | 'embedded' | 'external';
  seed?: string;
  trace?: string;
  keep?: boolean;
}

/** Grades once, shows it, writes the reports. @returns the exit code */
export async function gradeOnce(request: GradeRequest, session: Session): Promise<number> {
  const settings = readSettings(session.env);
  const weigh = await loadCourse(request.course && resolve(session.cwd, request.course));
  const rubric = weigh(await loadRubric(request.rubric, checks));
  // From the start of the process, so that loading modules shows as well.
  const trace = new Trace(0);
  const report = await (async () => {
    await using events = fanOut(
      { ...(await makeReporters(request, rubric.rubric, session)), log: logReporter(createLogger(settings.logLevel)) },
      (line) => session.stderr.write(`${line}\n`),
    );
    return await grade({
      rubric,
      path: request.path,
      only: request.only,
      runtime: request.runtime,
      services: request.services,
      seed: request.seed,
      settings,
      events,
      trace,
      signal: session.signal,
      keep: request.keep ? (where) => waitForInterrupt(where, session) : undefined,
    });
  })();
  if (request.trace !== undefined) await writeFile(resolve(session.cwd, request.trace), chromeTrace(trace.spans()));
  return exitCodeOf(report);
}

/** 3 when something was not graded, else 0 or 1 by the pass mark. */
export function exitCodeOf({ score }: Report): number {
  if (score.notGraded > 0) return 3;
  return score.passed ? 0 : 1;
}

async function makeReporters(
  request: GradeRequest,
  rubricId: string,
  session: Session,
): Promise<Record<string, Reporter>> {
  const at = (file: string) => resolve(session.cwd, file);
  const html = at(request.html ?? `grade-report/${rubricId}.html`);
  const jsonToStdout = request.json === true || request.json === '-';
  // With JSON on stdout, what is for people goes to stderr.
  const screen = jsonToStdout ? session.stderr : session.stdout;
  const wanted: [string, ReporterName, Partial<ReporterOptions>][] = [
    [
      'terminal',
      'terminal',
      { ...abilities(screen, session.env), stream: screen, htmlFile: relative(session.cwd, html) || html },
    ],
    ['html', 'html', { file: html }],
    [
      'json',
      'json',
      {
        file: at(
          typeof request.json === 'string' && request.json !== '-' ? request.json : `grade-report/${rubricId}.json`,
        ),
      },
    ],
  ];
  if (jsonToStdout) wanted.push(['json to stdout', 'json', {}]);
  for (const name of documents) {
    const file = request[name];
    if (file !== undefined) wanted.push([name, name, { file: at(file) }]);
  }
  const made = await Promise.all(
    wanted.map(
      async ([label, name, options]) =>
        [label, (await reporters[name]())({ stream: session.stdout, ...options })] as const,
    ),
  );
  return Object.fromEntries(made);
}

function waitForInterrupt(where: string[], session: Session): Promise<void> {
  session.stderr.write(`\nStill running, until you press Ctrl-C:\n${where.map((line) => `  ${line}\n`).join('')}`);
  // A pending promise alone does not keep the process; this timer does.
  const stay = setInterval(() => undefined, 60_000);
  return new Promise((done) => {
    const stop = () => {
      clearInterval(stay);
      done();
    };
    if (session.signal.aborted) stop();
    else session.signal.addEventListener('abort', stop, { once: true });
  });
}
