import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseYaml } from '../platform/yaml.ts';
import { packageDir } from './load.ts';
import type { Rubric } from './schema.ts';

/** Phrases of the curriculum's exercises and milestones, by rubric id. */
export type Curriculum = Readonly<Record<string, readonly string[]>>;

export interface CoverageRow {
  phrase: string;
  /** Ids of the criteria that stand for it. */
  criteria: string[];
  /** Why it is not graded, where the rubric says so. */
  notGraded: string | undefined;
}

/** @throws {UsageError} when the file is broken */
export async function loadCurriculum(file = join(packageDir, 'rubrics', 'curriculum.yaml')): Promise<Curriculum> {
  return parseYaml(await readFile(file, 'utf8'), file, z.record(z.string(), z.array(z.string()))).data;
}

/** What stands for each phrase of one rubric's row; `unknown` lists phrases that the curriculum does not have. */
export function coverageOf(rubric: Rubric, curriculum: Curriculum): { rows: CoverageRow[]; unknown: string[] } {
  const phrases = curriculum[rubric.rubric] ?? [];
  const rows = phrases.map((phrase) => ({
    phrase,
    criteria: rubric.criteria.filter(({ covers }) => covers.includes(phrase)).map(({ id }) => id),
    notGraded: rubric.notGraded.find(({ covers }) => covers === phrase)?.because,
  }));
  const named = [...rubric.criteria.flatMap(({ covers }) => covers), ...rubric.notGraded.map(({ covers }) => covers)];
  return { rows, unknown: [...new Set(named)].filter((phrase) => !phrases.includes(phrase)) };
}
