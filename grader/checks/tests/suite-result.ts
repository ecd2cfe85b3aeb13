import { z } from 'zod';
import { stripVTControlCharacters } from 'node:util';
import type { CommandRun } from '../../report/schema.ts';
import type { Tally } from './suite-summary.ts';

/** One text that V8 ran for a file of the project, and which parts of it never ran. */
export const scriptSchema = z.object({
  kind: z.literal('script'),
  /** From the app's folder. */
  path: z.string().max(1000),
  source: z.string().max(1_000_000),
  /** A source map, as JSON. */
  map: z.string().max(1_000_000).optional(),
  /** Pairs of offsets into `source`, rising. */
  unrun: z.array(z.tuple([z.int().min(0), z.int().min(0)])).max(200_000),
});
export type Script = z.infer<typeof scriptSchema>;

const testSchema = z.object({
  name: z.string().max(200),
  status: z.string().max(20),
  durationMs: z.number(),
  /** Calls of `expect` that held. */
  assertions: z.number(),
  message: z.string().max(600).optional(),
  /** The lines of the first failure's stack. */
  stack: z.string().max(20_100).optional(),
});
const jestSchema = z.object({
  kind: z.literal('jest'),
  /** The test files, from the app's folder. */
  files: z.array(z.string().max(1000)).max(2000),
  tests: z.array(testSchema).max(2000),
  /** Tests beyond those. */
  more: z.int().min(0),
  /** Files that could not be run, or hold no test. */
  broken: z.array(z.object({ file: z.string().max(300), message: z.string().max(600).optional() })).max(2000),
});
const strangeSchema = z.object({ kind: z.literal('strange'), files: z.int() });

const lineSchema = z.discriminatedUnion('kind', [scriptSchema, jestSchema, strangeSchema]);

/** What a run of the suite left behind, as the collector printed it. */
export interface Collected {
  scripts: Script[];
  /** One a run of Jest that came to the end of its tests. */
  reports: z.infer<typeof jestSchema>[];
  /** Files and lines that are no records. */
  strange: number;
}

/** Parses what the collector printed, line by line; what is cut or made up is counted, no more. Never throws. */
export function parseCollected(output: string): Collected {
  const collected: Collected = { scripts: [], reports: [], strange: 0 };
  for (const text of output.split('\n')) {
    if (text === '') continue;
    const line = lineSchema.safeParse(json(text));
    if (!line.success) collected.strange++;
    else if (line.data.kind === 'script') collected.scripts.push(line.data);
    else if (line.data.kind === 'jest') collected.reports.push(line.data);
    else collected.strange += line.data.files;
  }
  return collected;
}

/** One run of the learner's suite. */
export interface SuiteResult {
  /** What was run, with what it printed cut to a readable length. */
  run: CommandRun;
  /** What the runner says of its tests; undefined when it says nothing. */
  tally: Tally | undefined;
  /** It came to its end, tests ran, and all of them passed. */
  passed: boolean;
  /** Tests and files that failed, where the runner is Jest. @property stack its lines, as V8 writes them */
  failures: { name: string; message: string; stack: string }[];
  /** Calls of `expect` that held; undefined where the runner does not count them. */
  assertions: number | undefined;
  /** The test files that were run, from the app's folder; empty where that is not known. */
  testFiles: readonly string[];
  /** The longest that one test took; undefined where that is not known. */
  slowestMs: number | undefined;
  scripts: readonly Script[];
  strange: number;
}

/** Puts together what Jest's reports say; nothing is known without one. */
export function readReports(
  reports: Collected['reports'],
): Pick<SuiteResult, 'tally' | 'failures' | 'assertions' | 'testFiles' | 'slowestMs'> {
  if (reports.length === 0)
    return { tally: undefined, failures: [], assertions: undefined, testFiles: [], slowestMs: undefined };
  const tests = reports.flatMap((report) => report.tests);
  const broken = reports.flatMap((report) => report.broken);
  const count = (...statuses: string[]) => tests.filter(({ status }) => statuses.includes(status)).length;
  const failed = tests.filter(({ status }) => status === 'failed');
  const passed = count('passed') + reports.reduce((sum, { more }) => sum + more, 0);
  return {
    tally: { passed, failed: failed.length + broken.length, skipped: tests.length - count('passed', 'failed') },
    failures: [
      ...failed.map(({ name, message, stack = '' }) => ({ name, message: plain(message), stack })),
      ...broken.map(({ file, message }) => ({ name: file.replace(/^.*\//, ''), message: plain(message), stack: '' })),
    ],
    assertions: tests.reduce((sum, test) => sum + test.assertions, 0),
    testFiles: reports.flatMap((report) => report.files),
    slowestMs: Math.max(0, ...tests.map(({ durationMs }) => durationMs)),
  };
}

/** Without colours, frames and empty lines. */
function plain(message = ''): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .join('\n');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
