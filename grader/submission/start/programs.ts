import { relative } from 'node:path';
import type { Assumption } from '../../report/schema.ts';
import { commandWords } from './command-line.ts';
import { detect } from './detect.ts';
import { readInside } from '../files.ts';
import { readPackage } from '../package-json.ts';
import type { Submission } from '../submission.ts';

/** A program that a rubric's brief names, as in the rubric. */
export interface ProgramSpec {
  command: readonly string[];
  alternatives: readonly (readonly string[])[];
}

/**
 * How each program is started in this submission: as grade.yaml says, by the rubric's command when its
 * file is there, by package.json's `bin` or `scripts` of that name, by the first alternative whose file
 * is there. What is nowhere keeps the rubric's command, and fails when it is run. A program that is
 * `npm start` is the app, and is started the way that `detect` found.
 *
 * @throws {LearnerError} when package.json is broken, or nothing tells how the app is started
 */
export async function detectPrograms(
  submission: Submission,
  programs: Readonly<Record<string, ProgramSpec>>,
): Promise<{ programs: Record<string, string[]>; assumptions: Assumption[] }> {
  const manifest = await readPackage(submission.root, submission.appDir);
  const within = relative(submission.root, submission.appDir);
  const has = async (file: string) =>
    (await readInside(submission.root, `${within === '' ? '' : `${within}/`}${file}`, 1)) !== undefined;
  const found: Record<string, string[]> = {};
  const assumptions: Assumption[] = [];

  const find = async (name: string, spec: ProgramSpec): Promise<{ command: string[]; because?: string }> => {
    const own = entry(submission.manifest.commands, name);
    if (own !== undefined) return { command: commandWords(own) };
    if (spec.command.join(' ') === 'npm start') return { command: (await detect(submission)).start };
    if (await isThere(spec.command, has)) return { command: [...spec.command] };
    const bin =
      typeof manifest?.bin === 'string'
        ? manifest.name === name
          ? manifest.bin
          : undefined
        : entry(manifest?.bin, name);
    if (bin !== undefined && (await has(bin)))
      return { command: ['node', bin], because: `package.json names it as bin "${name}"` };
    const script = entry(manifest?.scripts, name);
    if (script !== undefined) return { command: commandWords(script), because: `it is a script of package.json` };
    for (const alternative of spec.alternatives) {
      if (await isThere(alternative, has))
        return { command: [...alternative], because: `${fileOf(spec.command)} is not there` };
    }
    return { command: [...spec.command] };
  };

  for (const [name, spec] of Object.entries(programs)) {
    const { command, because } = await find(name, spec);
    found[name] = command;
    if (because !== undefined) assumptions.push({ what: `"${name}" is started by "${command.join(' ')}"`, because });
  }
  return { programs: found, assumptions };
}

async function isThere(command: readonly string[], has: (file: string) => Promise<boolean>): Promise<boolean> {
  const file = fileOf(command);
  return file !== undefined && (await has(file));
}

/** The script that a command such as `node --flag todo.js list` runs. */
function fileOf(command: readonly string[]): string | undefined {
  return command.slice(1).find((word) => !word.startsWith('-')) ?? (command[0]?.includes('/') ? command[0] : undefined);
}

function entry<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
