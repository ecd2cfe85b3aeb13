import type { Facts } from './causes.ts';
import type { PackageJson } from './package-json.ts';
import { readPackage } from './package-json.ts';
import type { Submission } from './submission.ts';
import { findVariables } from './variables/detect.ts';
import { findFixedPorts } from './variables/fixed-ports.ts';
import { findHabits } from './variables/habits.ts';
import { missingVariables } from './variables/missing.ts';

/** What a submission's source says that helps to tell why it does not start. Nothing of it is run. @param env what the app is given */
export async function readFacts(submission: Submission, env: Readonly<Record<string, string>>): Promise<Facts> {
  const { sources, files, root, appDir } = submission;
  const appFolder = files.appFolder ?? '';
  return {
    sources,
    appFolder,
    // A broken one was told before.
    manifest: await readPackage(root, appDir).catch((): PackageJson | undefined => undefined),
    missing: missingVariables(findVariables(sources, appFolder), (name) => Object.hasOwn(env, name)),
    addresses: findHabits(sources, appFolder),
    ports: findFixedPorts(sources, appFolder),
  };
}
