import { posix } from 'node:path';
import { LearnerError } from '../../platform/errors.ts';
import type { SubmissionFiles } from '../../target/target.ts';
import { openSource } from '../source/source-tree.ts';
import { parseSource, type SyntaxNode } from '../../platform/syntax.ts';

/** A file of the learner's own program. */
export interface OwnFile {
  /** From the root of the submission, as the report names it. */
  path: string;
  /** From the app's folder, as its workspace and its scripts name it. */
  inApp: string;
  text: string;
  /** undefined when the text is neither JavaScript nor TypeScript. */
  program: SyntaxNode | undefined;
  /** Why there is no program. */
  problem: { line: number; message: string } | undefined;
}

/** Most files and characters that are looked at: many times a day's project. */
const MAX_FILES = 500;
const MAX_CHARS = 4_000_000;
const SOURCE = /(?<!\.d)\.[cm]?[jt]sx?$/;
/** What is not the program: tests and their helpers, settings of tools, what tools have made. */
const NOT_PROGRAM = [
  '**/*.{test,spec}.*',
  '**/{test,tests,__tests__,__mocks__,e2e,spec,fixtures}/**',
  '**/*.config.*',
  '**/.*',
  '**/.*/**',
  '{coverage,dist,build,public,docs}/**',
];

/**
 * The learner's own source files, as they were handed in. Without any below the globs (another layout than
 * the usual one), all JavaScript and TypeScript of the app that is no test.
 *
 * @param except globs of files that don't count
 * @throws {LearnerError} when there is none
 */
export async function ownSource(
  files: SubmissionFiles,
  globs: readonly string[],
  except: readonly string[],
): Promise<{ files: OwnFile[]; assumed: boolean }> {
  const tree = await openSource(files);
  const folder = files.appFolder ?? '';
  const inApp = (path: string) => (folder === '' ? path : path.slice(folder.length + 1));
  const excluded = [...NOT_PROGRAM, ...except];
  const find = (wanted: readonly string[]) =>
    tree
      .matching(wanted)
      .filter((path) => SOURCE.test(path) && !excluded.some((glob) => posix.matchesGlob(inApp(path), glob)))
      .slice(0, MAX_FILES);
  const usual = find(globs);
  const paths = usual.length > 0 ? usual : find(['**']);
  if (paths.length === 0) {
    throw new LearnerError(`There is no source file (${globs.join(', ')}) that tests could run.`, {
      mend: 'Keep the program in files of its own, apart from its tests.',
    });
  }
  const found: OwnFile[] = [];
  let chars = 0;
  for (const path of paths) {
    const text = await tree.read(path);
    chars += text.length;
    if (chars > MAX_CHARS) break;
    const parsed = parseSource(path, text);
    found.push({
      path,
      inApp: inApp(path),
      text,
      program: 'program' in parsed ? parsed.program : undefined,
      problem: 'problem' in parsed ? parsed.problem : undefined,
    });
  }
  return { files: found, assumed: usual.length === 0 };
}
