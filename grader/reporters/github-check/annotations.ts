import { posix } from 'node:path';
import { printable, printableLine } from '../../platform/printable.ts';
import type { CriterionResult, Report } from '../../report/schema.ts';
import { cut } from '../markdown/nodes.ts';
import { type Outcome, outcomeOf, points } from '../outcome.ts';
import type { Annotation } from './check-runs.ts';

/** GitHub takes 50 a request; the rest follows with later updates. */
export const ANNOTATIONS_A_REQUEST = 50;
/** More notes than anyone reads; they would take twenty requests. */
const MOST_ANNOTATIONS = 1000;
/** GitHub takes 255 characters of a title and 64 KB of a message. */
const MOST_TITLE = 255;
const MOST_MESSAGE = 4000;

const LEVELS: Partial<Record<Outcome, Annotation['annotation_level']>> = { none: 'failure', partial: 'warning' };

export interface AnnotationOptions {
  /** The folder that was graded, from the repository's root, with forward slashes. Default: the root itself. */
  root?: string | undefined;
  /** Tells whether a path, from the repository's root, is a file of the commit. Default: any may be. */
  isFile?: ((path: string) => boolean) | undefined;
}

/**
 * Notes on the lines that cost points, in the order of the criteria. What lies outside the repository, or has
 * a name that can't be shown as it is, gets none: the report's text still names it.
 */
export function annotationsOf(report: Report, { root = '', isFile = () => true }: AnnotationOptions): Annotation[] {
  const seen = new Set<string>();
  return report.criteria
    .flatMap((result) => annotate(result, root))
    .filter((annotation) => isFile(annotation.path))
    .filter((annotation) => {
      const key = annotationKey(annotation);
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MOST_ANNOTATIONS);
}

/** The annotations of `wanted` that are not in `there`, each as often as it is missing. */
export function missingAnnotations(wanted: readonly Annotation[], there: readonly Annotation[]): Annotation[] {
  const counts = new Map<string, number>();
  for (const key of there.map(annotationKey)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return wanted.filter((annotation) => {
    const key = annotationKey(annotation);
    const count = counts.get(key) ?? 0;
    counts.set(key, count - 1);
    return count <= 0;
  });
}

function annotate(result: CriterionResult, root: string): Annotation[] {
  const level = LEVELS[outcomeOf(result)];
  if (level === undefined) return [];
  const title = `${result.title} (${points(result.verdict.earned ?? 0)} / ${points(result.points)})`;
  return result.evidence.observation.positions.flatMap(({ file, line, column, message }) => {
    const path = repositoryPath(root, file);
    if (path === undefined) return [];
    return {
      path,
      start_line: line,
      end_line: line,
      ...(column === undefined ? {} : { start_column: column, end_column: column }),
      annotation_level: level,
      title: cut(printableLine(title), MOST_TITLE - 1),
      message: cut(`${printable(message)}\n\n${printable(result.hint)}`.trim(), MOST_MESSAGE) || title,
    };
  });
}

/** A file's path from the repository's root; undefined when it leads out of it or holds what GitHub would not show. */
function repositoryPath(root: string, file: string): string | undefined {
  const path = posix.normalize(posix.join(root, file));
  const leadsOut = posix.isAbsolute(file) || path === '.' || path === '..' || path.startsWith('../');
  return leadsOut || path.endsWith('/') || printableLine(path) !== path ? undefined : path;
}

function annotationKey({ path, start_line, start_column, annotation_level, title, message }: Annotation): string {
  return JSON.stringify([path, start_line, start_column ?? null, annotation_level, title ?? null, message]);
}
