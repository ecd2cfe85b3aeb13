import { LearnerError } from '../../platform/errors.ts';
import { readPackage } from '../package-json.ts';
import { chooseManager } from '../packages/manager.ts';
import { findRoutes } from '../routes/find.ts';
import { detect, detectBuild } from '../start/detect.ts';
import { detectPrograms } from '../start/programs.ts';
import type { Submission } from '../submission.ts';
import { findVariables } from '../variables/detect.ts';
import { findFixedPorts } from '../variables/fixed-ports.ts';
import { findHabits } from '../variables/habits.ts';
import { detectedFacts } from './detected.ts';
import type { Gap, Survey, SurveyedRubric } from './findings.ts';
import { gaps } from './gaps.ts';
import { findOperations } from './operations.ts';

/** Reads a submission. Nothing of it is run. @param rubric what it should have; undefined when that is not known */
export async function survey(submission: Submission, rubric?: SurveyedRubric): Promise<Survey> {
  const { sources, files, manifest: settings } = submission;
  const folder = files.appFolder ?? '';
  const missing: Gap[] = [];
  const tolerate = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof LearnerError)) throw error;
      missing.push({ what: error.message, mend: error.mend ?? '' });
      return undefined;
    }
  };
  const manifest = await tolerate(readPackage(submission.root, submission.appDir));
  const broken = missing.length > 0;
  const needsApp = rubric?.app ?? true;
  // What is wrong with package.json is said once.
  const plan = needsApp && !broken ? await tolerate(detect(submission)) : undefined;
  const build = needsApp || broken ? undefined : await detectBuild(submission);
  const manager = broken ? undefined : await tolerate(chooseManager(submission));
  const programs = broken ? undefined : await tolerate(detectPrograms(submission, rubric?.programs ?? {}));
  const variables = findVariables(sources, folder);
  const addresses = findHabits(sources, folder);
  const ports = findFixedPorts(sources, folder);
  const routes = findRoutes(sources, folder);
  const operations = findOperations(rubric?.contract ?? {}, routes, settings.routes ?? {});
  const found: Survey = {
    name: submission.name,
    folder,
    plan,
    detected: [],
    assumed: [
      ...submission.assumptions,
      ...(manager?.assumptions ?? []),
      ...(plan?.assumptions ?? build?.assumptions ?? []),
      ...(programs?.assumptions ?? []),
    ],
    missing,
    variables,
    addresses,
    ports,
    routes,
    operations,
    programs: programs?.programs ?? {},
  };
  found.detected = detectedFacts(found, submission, { manifest, manager, build: build?.build });
  missing.push(...gaps(found, rubric, settings.env ?? {}));
  return found;
}
