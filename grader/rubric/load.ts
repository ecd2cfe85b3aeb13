import { SERVICE_KINDS } from '../target/target.ts';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closest, distance } from 'fastest-levenshtein';
import type { Check, CheckInput } from '../checks/check.ts';
import { UsageError } from '../platform/errors.ts';
import {
  describeIssues,
  parseYaml,
  readYaml,
  showPath,
  type YamlDocument,
  type YamlProblem,
  yamlError,
} from '../platform/yaml.ts';
import { type Criterion, type Rubric, type RubricDocument, rubricSchema } from './schema.ts';

/** Finds a check by its id. */
export type CheckRegistry = ReadonlyMap<string, Check<never>>;

/** The package's own folder: holds `rubrics/` and `fixtures/`, in a checkout and when installed. */
export const packageDir = fileURLToPath(new URL('../..', import.meta.url));

/** What a check needs from the run, given its parameters. */
export function inputsOf(check: Check<never>, params: unknown): readonly CheckInput[] {
  const { inputs } = check as unknown as Check<unknown>;
  return typeof inputs === 'function' ? inputs(params) : inputs;
}

/**
 * Loads a rubric and makes sure that every reference in it is good.
 *
 * @param name an id (`day-13`), a folder that holds a rubric.yaml, or a rubric.yaml
 * @throws {UsageError} when there is no such rubric (with the nearest names), or it is broken (file, line and column of each problem)
 */
export async function loadRubric(
  name: string,
  checks: CheckRegistry,
  rubricsDir = join(packageDir, 'rubrics'),
): Promise<Rubric> {
  const file = await findRubric(name, rubricsDir);
  const text = await readFile(file, 'utf8');
  const { data, document } = parseYaml(text, file, rubricSchema);
  const problems = checkReferences(data, document, checks);
  if (problems.length > 0) throw yamlError(file, problems);
  const dir = dirname(file);
  const reference = join(dirname(dirname(dir)), 'fixtures', basename(dir), 'reference');
  return { ...data, dir, referenceDir: (await isFolder(reference)) ? reference : undefined };
}

/** Ids and titles of the rubrics in a folder, in natural order. Broken ones have the error as their title. */
export async function listRubrics(
  rubricsDir = join(packageDir, 'rubrics'),
): Promise<{ id: string; title: string; points: number }[]> {
  const ids = await rubricIds(rubricsDir);
  return Promise.all(
    ids.map(async (id) => {
      const file = join(rubricsDir, id, 'rubric.yaml');
      const value = readYaml(await readFile(file, 'utf8'), file).value as
        { title?: unknown; points?: unknown } | undefined;
      return { id, title: String(value?.title ?? ''), points: typeof value?.points === 'number' ? value.points : 100 };
    }),
  );
}

async function findRubric(name: string, rubricsDir: string): Promise<string> {
  const looksLikePath = name.includes('/') || name.endsWith('.yaml') || name.endsWith('.yml');
  const candidates = looksLikePath
    ? [resolve(name), join(resolve(name), 'rubric.yaml')]
    : [join(rubricsDir, name, 'rubric.yaml')];
  for (const candidate of candidates) {
    const info = await stat(candidate).catch(() => undefined);
    if (info?.isFile()) return candidate;
  }
  if (looksLikePath)
    throw new UsageError(`there is no rubric at ${name}`, {
      mend: 'Name a rubric.yaml, or the folder that holds one.',
    });
  const ids = await rubricIds(rubricsDir);
  const near = nearest(name, ids);
  throw new UsageError(`there is no rubric "${name}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`, {
    mend: '`grade list` shows all of them.',
  });
}

async function rubricIds(rubricsDir: string): Promise<string[]> {
  const entries = await readdir(rubricsDir, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) =>
        (await stat(join(rubricsDir, name, 'rubric.yaml')).catch(() => undefined)) ? [name] : [],
      ),
  );
  return found.flat().toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The names most like the one given, nearest first; none when nothing is near. `day13` and `13` find `day-13`. */
export function nearest(name: string, names: readonly string[]): string[] {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const digits = /\d+/.exec(name)?.[0]?.padStart(2, '0');
  const score = (candidate: string) =>
    digits && plain(candidate) === `day${digits}` ? 0 : distance(plain(name), plain(candidate));
  return names
    .filter((candidate) => score(candidate) <= Math.max(2, name.length / 2))
    .toSorted((a, b) => score(a) - score(b))
    .slice(0, 3);
}

/** Everything that a schema can't say: points, ids, needs, checks with their parameters, operations. */
function checkReferences(rubric: RubricDocument, document: YamlDocument, checks: CheckRegistry): YamlProblem[] {
  const problems: YamlProblem[] = [];
  const report = (path: PropertyKey[], message: string) =>
    problems.push({ ...document.locate(path), path: showPath(path), message });
  const ids = rubric.criteria.map(({ id }) => id);

  const sum = rubric.criteria.reduce((total, { points }) => total + points, 0);
  if (Math.abs(sum - rubric.points) > 1e-9)
    report(['criteria'], `the criteria add up to ${sum} points, not to ${rubric.points}`);
  if (rubric.passMark > rubric.points)
    report(['passMark'], `the pass mark ${rubric.passMark} is above the ${rubric.points} points there are`);

  for (const [index, criterion] of rubric.criteria.entries()) {
    const path = ['criteria', index];
    if (ids.indexOf(criterion.id) !== index) report([...path, 'id'], `the id "${criterion.id}" stands twice`);
    for (const [position, need] of criterion.needs.entries()) {
      if (!ids.includes(need))
        report([...path, 'needs', position], `no criterion is called "${need}"${suggestion(need, ids)}`);
    }
    const check = checks.get(criterion.check);
    if (!check) {
      report(
        [...path, 'check'],
        `there is no check "${criterion.check}"${suggestion(criterion.check, [...checks.keys()])}`,
      );
      continue;
    }
    problems.push(
      ...checkParameters(rubric, criterion, check as unknown as Check<unknown>, [...path, 'with'], document),
    );
  }
  const circle = findCircle(rubric.criteria);
  if (circle)
    report(
      ['criteria', ids.indexOf(circle[0] ?? ''), 'needs'],
      `the needs go round in a circle: ${circle.join(' → ')}`,
    );
  for (const [step, { operation }] of Object.entries(rubric.accounts ?? {}).filter(
    (entry): entry is [string, { operation: string; body: Record<string, unknown> }] => typeof entry[1] === 'object',
  )) {
    if (!Object.hasOwn(rubric.contract, operation))
      report(['accounts', step, 'operation'], `the contract has no operation "${operation}"`);
  }
  return problems;
}

function checkParameters(
  rubric: RubricDocument,
  criterion: Criterion,
  check: Check<unknown>,
  path: PropertyKey[],
  document: YamlDocument,
): YamlProblem[] {
  const parsed = check.params.safeParse(criterion.with);
  if (!parsed.success) return describeIssues(parsed.error.issues, document, path);
  const problems: YamlProblem[] = [];
  const at = document.locate(path);
  const known = Object.keys(rubric.contract);
  for (const operation of check.operations?.(parsed.data) ?? []) {
    if (!known.includes(operation)) {
      problems.push({
        ...at,
        path: showPath(path),
        message: `the contract has no operation "${operation}"${suggestion(operation, known)}`,
      });
    }
  }
  const programs = Object.keys(rubric.programs);
  for (const program of check.programs?.(parsed.data) ?? []) {
    if (!programs.includes(program)) {
      problems.push({
        ...at,
        path: showPath(path),
        message: `the rubric has no program "${program}"${suggestion(program, programs)}`,
      });
    }
  }
  for (const input of inputsOf(check as unknown as Check<never>, parsed.data)) {
    if ((input === 'app' || input === 'reference') && !rubric.app) {
      problems.push({
        ...at,
        path: showPath(path),
        message: `the check ${check.id} needs an app, and the rubric says app: false`,
      });
    }
    if (SERVICE_KINDS.some((kind) => kind === input && !rubric.services.includes(kind))) {
      problems.push({
        ...at,
        path: showPath(path),
        message: `the check ${check.id} needs ${input}; add it to services`,
      });
    }
  }
  return problems;
}

/** The ids along one circle of needs, the first one again at the end; undefined when there is none. */
function findCircle(criteria: readonly Criterion[]): string[] | undefined {
  const needs = new Map(criteria.map((criterion) => [criterion.id, criterion.needs]));
  const walk = (id: string, trail: string[]): string[] | undefined => {
    if (trail.includes(id)) return [...trail.slice(trail.indexOf(id)), id];
    for (const need of needs.get(id) ?? []) {
      const circle = walk(need, [...trail, id]);
      if (circle) return circle;
    }
    return undefined;
  };
  for (const { id } of criteria) {
    const circle = walk(id, []);
    if (circle) return circle;
  }
  return undefined;
}

function suggestion(name: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const near = closest(name, names);
  return distance(name, near) <= Math.max(2, name.length / 3) ? `; did you mean "${near}"?` : '';
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
