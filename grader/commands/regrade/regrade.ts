import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checks } from '../../checks/index.ts';
import { messageOf, UsageError } from '../../platform/errors.ts';
import { type Report, reportSchema } from '../../report/schema.ts';
import { fanOut } from '../../reporters/fan-out.ts';
import { reporters } from '../../reporters/index.ts';
import { abilities } from '../../reporters/reporter.ts';
import { loadRubric } from '../../rubric/load.ts';
import type { Rubric } from '../../rubric/schema.ts';
import { loadCourse } from '../../rubric/overlay.ts';
import { score } from '../../scoring/score.ts';
import { exitCodeOf } from '../grade/once.ts';
import type { Session } from '../session.ts';

/** Options of `grade regrade`: files, and the rubric by its name. */
export interface RegradeOptions {
  rubric?: string;
  course?: string;
  json?: string;
  html?: string;
}

/**
 * Reads a report, scores its evidence by a rubric, shows the outcome.
 *
 * @returns the exit code
 * @throws {UsageError} when the report can't be read, or is of another rubric
 */
export async function regrade(file: string, options: RegradeOptions, session: Session): Promise<number> {
  const at = (path: string) => resolve(session.cwd, path);
  const old = await readReport(at(file));
  const weigh = await loadCourse(options.course && at(options.course));
  const rubric = weigh(await loadRubric(options.rubric ?? old.rubric.id, checks));
  if (rubric.rubric !== old.rubric.id) {
    throw new UsageError(`${file} is a report of ${old.rubric.id}: it holds no evidence for ${rubric.rubric}`, {
      mend: `Name a rubric of ${old.rubric.id}, such as an edited copy of it, or grade by ${rubric.rubric}.`,
    });
  }
  const report = rescore(old, rubric);
  await using events = fanOut(
    {
      terminal: (await reporters.terminal())({
        stream: session.stdout,
        ...abilities(session.stdout, session.env),
        live: false,
        htmlFile: options.html,
      }),
      ...(options.json === undefined
        ? {}
        : { json: (await reporters.json())({ stream: session.stdout, file: at(options.json) }) }),
      ...(options.html === undefined
        ? {}
        : { html: (await reporters.html())({ stream: session.stdout, file: at(options.html) }) }),
    },
    (line) => session.stderr.write(`${line}\n`),
  );
  events.report?.(report);
  if (report.score.earned !== old.score.earned) {
    session.stdout.write(
      `\nScored again: ${old.score.earned} of ${old.score.max} before, ${report.score.earned} of ${report.score.max} now.\n`,
    );
  }
  return exitCodeOf(report);
}

/** The same evidence by another rubric. Pure. */
export function rescore(report: Report, rubric: Rubric): Report {
  const scored = score(
    rubric,
    report.criteria.map(({ evidence }) => evidence),
  );
  return { ...report, rubric: { id: rubric.rubric, title: rubric.title, version: rubric.version }, ...scored };
}

/** A report that was saved. @throws {UsageError} for a file that is none of this version */
export async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`can't read ${file}: ${messageOf(error)}`, {
      mend: 'Name a report that `grade … --json FILE` wrote.',
      cause: error,
    });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${messageOf(error)}`, {
      mend: 'Name a report that `grade … --json FILE` wrote.',
      cause: error,
    });
  }
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(
    `${file} is not a report of this version: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'invalid'}`,
    {
      mend: 'Grade again to get a current one.',
    },
  );
}
