import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checks } from '../../checks/index.ts';
import { UsageError } from '../../platform/errors.ts';
import { loadRubric } from '../../rubric/load.ts';
import { manifestTemplate } from '../../rubric/manifest-template.ts';
import { version } from '../../version.ts';
import { workflow } from './workflow.ts';

export interface InitRequest {
  rubric: string | undefined;
  path: string;
  github?: boolean;
  force?: boolean;
}

/**
 * Writes the file that was asked for.
 *
 * @returns what to tell the user
 * @throws {UsageError} when it is there already, or the folder is not
 */
export async function initialise(request: InitRequest, cwd: string): Promise<string> {
  // With --github there may be no rubric: then the first argument is the folder.
  const folder = resolve(cwd, request.github && request.rubric !== undefined ? request.rubric : request.path);
  const state = await stat(folder).catch(() => undefined);
  if (!state?.isDirectory())
    throw new UsageError(`there is no folder ${folder}`, { mend: 'Name the folder of your repository.' });
  if (request.github) {
    const file = join(folder, '.github/workflows/grade.yml');
    await write(file, workflow(version), request);
    return `Wrote ${file}. Commit and push it: from then on each push is graded, and the commit shows the result.\n`;
  }
  const rubric = await loadRubric(request.rubric ?? '', checks);
  const file = join(folder, 'grade.yaml');
  await write(file, manifestTemplate(rubric), request);
  return `Wrote ${file}. Everything in it is optional; take out the # where the default is wrong.\n`;
}

async function write(file: string, text: string, { force }: InitRequest): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`${file} is there already`, { mend: 'Edit it, or replace it with --force.' });
  }
}
