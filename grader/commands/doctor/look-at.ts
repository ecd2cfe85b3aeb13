import { resolve } from 'node:path';
import { checks } from '../../checks/index.ts';
import { loadRubric } from '../../rubric/load.ts';
import type { Rubric } from '../../rubric/schema.ts';
import { checkout } from '../../submission/checkout.ts';
import type { Survey } from '../../submission/survey/findings.ts';
import { settledManifest } from '../../submission/survey/settled-manifest.ts';
import { survey } from '../../submission/survey/survey.ts';
import type { Session } from '../session.ts';

/** A survey, with the grade.yaml that settles it. */
export interface Look extends Survey {
  /** The rubric's id; undefined when none was named. */
  rubric: string | undefined;
  /** The text of a grade.yaml. */
  manifest: string;
}

/**
 * Reads the submission in a folder.
 *
 * @param name of a rubric, or undefined
 * @throws {UsageError} for a folder, a grade.yaml or a rubric that is wrong
 */
export async function lookAt(path: string, name: string | undefined, session: Session): Promise<Look> {
  const rubric = name === undefined ? undefined : await loadRubric(name, checks);
  return lookFor(resolve(session.cwd, path), rubric, session);
}

/** As `lookAt`, for a rubric that was loaded. @param folder absolute */
export async function lookFor(folder: string, rubric: Rubric | undefined, session: Session): Promise<Look> {
  await using submission = await checkout(folder, {
    rubric: rubric?.rubric ?? '',
    path: session.env['PATH'] ?? '',
    signal: session.signal,
  });
  const found = await survey(submission, rubric);
  return { ...found, rubric: rubric?.rubric, manifest: settledManifest(found, rubric) };
}
