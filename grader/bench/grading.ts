import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checks } from '../checks/index.ts';
import { InfrastructureError } from '../platform/errors.ts';
import { runCommand } from '../platform/process.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { ownMs } from '../platform/trace.ts';
import { type Report, reportSchema } from '../report/schema.ts';
import { packageDir } from '../rubric/load.ts';
import type { Rubric } from '../rubric/schema.ts';
import type { Run } from './comparison.ts';
import { loadSeconds, totalSeconds } from './load-seconds.ts';

export interface GradingOptions {
  rubric: Rubric;
  /** The submission's folder, absolute. */
  submission: string;
  /** Arguments of the command line, such as `--runtime local`. */
  args: readonly string[];
  /** Where Chrome's trace of the run goes. */
  trace?: string | undefined;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

const TIMEOUT_MS = 5 * 60_000;

/**
 * Grades by the command line, as a learner does, and times the process from its start to its end: what the
 * grader added has the start of Node, loading modules and writing reports in it.
 *
 * @throws {InfrastructureError} unless everything was graded and earned full marks: a run that fails early is quick
 */
export async function runGrading({ rubric, submission, args, trace, env, signal }: GradingOptions): Promise<Run> {
  await using dir = await tempDir('bench');
  const json = join(dir.path, 'report.json');
  const traceFile = trace ?? join(dir.path, 'trace.json');
  const files = ['--json', json, '--html', join(dir.path, 'report.html'), '--trace', traceFile];
  const command = [process.execPath, join(packageDir, 'grader/bin.js'), rubric.dir, submission, ...args, ...files];
  const { exitCode, durationMs, stdout, stderr } = await runCommand(command, { env, timeoutMs: TIMEOUT_MS, signal });
  const text = await readFile(json, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new InfrastructureError(
      `the grading ended with exit code ${exitCode} and without a report:\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`,
    );
  const report = reportSchema.parse(JSON.parse(text));
  const lost = report.criteria.filter(({ verdict }) => verdict.fraction !== 1);
  if (lost.length > 0) {
    const reasons = lost.map(({ id, verdict }) => `  ${id}: ${verdict.reason || verdict.fault}`);
    throw new InfrastructureError(
      `the reference did not earn full marks, so its time says nothing:\n${reasons.join('\n')}`,
    );
  }
  const spans = await readSpans(traceFile);
  return {
    totalMs: durationMs,
    loadMs: 1000 * totalSeconds(loadSeconds(rubric, checks, report)),
    ownMs: ownMs(spans, durationMs),
    parts: partsOf(spans, durationMs),
  };
}

type TimedSpan = Pick<Report['spans'][number], 'name' | 'category' | 'startMs' | 'durationMs'>;

const traceSchema = z.object({
  traceEvents: z.array(z.object({ name: z.string(), cat: z.string(), ts: z.number(), dur: z.number() })),
});

/** The spans of a run from its trace, which goes on where the report ends: until all is stopped. Times run from the process's start. */
async function readSpans(file: string): Promise<TimedSpan[]> {
  const { traceEvents } = traceSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  return traceEvents.map(({ name, cat, ts, dur }) => ({
    name,
    category: cat,
    startMs: ts / 1000,
    durationMs: dur / 1000,
  }));
}

/** Time by what it was spent on, without what ran side by side with something that started earlier. */
function partsOf(spans: readonly TimedSpan[], totalMs: number): Map<string, number> {
  const parts = new Map<string, number>();
  let end = 0;
  for (const { name, category, startMs, durationMs } of spans) {
    const until = startMs + durationMs;
    if (until <= end || category === 'checkout' || category === 'teardown') continue;
    const part = category === 'check' ? name : category;
    parts.set(part, (parts.get(part) ?? 0) + until - Math.max(startMs, end));
    end = until;
  }
  parts.set('own', ownMs(spans, totalMs));
  return parts;
}
