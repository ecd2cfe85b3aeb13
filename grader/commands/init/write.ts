import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checks } from '../../checks/index.ts';
import { UsageError } from '../../platform/errors.ts';
import { printable } from '../../platform/printable.ts';
import { loadRubric } from '../../rubric/load.ts';
import { version } from '../../version.ts';
import { lookFor } from '../doctor/look-at.ts';
import type { Session } from '../session.ts';
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
export async function initialise(request: InitRequest, session: Session): Promise<string> {
  // With --github there may be no rubric: then the first argument is the folder.
  const folder = resolve(session.cwd, request.github && request.rubric !== undefined ? request.rubric : request.path);
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
  const found = await lookFor(folder, rubric, session);
  await write(file, found.manifest, request);
  const missing = found.missing.map(({ what, at }) => `  ${what}${at === undefined ? '' : ` (${at})`}\n`);
  return [
    `Wrote ${file}. What it says was read from your files; take out the # where the default is wrong.\n`,
    ...(missing.length === 0 ? [] : [`Still missing:\n`, ...missing.map(printable)]),
  ].join('');
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
