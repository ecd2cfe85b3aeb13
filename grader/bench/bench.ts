import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { checks } from '../checks/index.ts';
import { KnownError } from '../platform/errors.ts';
import { runCommand } from '../platform/process.ts';
import { loadRubric, packageDir } from '../rubric/load.ts';
import { runBaseline } from './baseline.ts';
import { measureDetection } from './detection.ts';
import { compare, inSeconds, type Comparison, type Run } from './comparison.ts';
import { runGrading } from './grading.ts';
import { loadSeconds, totalSeconds } from './load-seconds.ts';
import { comparisonTable, partsTable } from './table.ts';

/** The bounds that the grader sets itself: half of what people wait today, and a second for its own doings. */
const BOUNDS = { ratio: 0.5, ownMs: 1000 };
const RUBRIC = 'day-13';
const BASELINE = 'shell script';

/** A way of grading that takes part. */
interface Contestant {
  name: string;
  run: (trace?: string) => Promise<Run>;
}

interface Options {
  rounds: number;
  docker: boolean;
  trace?: string;
}

const program = new Command('bench')
  .description(
    `Times a warm grading of the reference of ${RUBRIC} against a shell script that does the same, in one run on one machine.`,
  )
  .option('--rounds <n>', 'how often each takes its turn', count, 3)
  .option('--no-docker', 'only what runs without a Docker engine; there is no baseline then')
  .option('--trace <folder>', 'write each grading’s last trace there, in Chrome’s format');

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.once('SIGTERM', () => interrupt.abort(new Error('interrupted')));
try {
  process.exitCode = await bench(program.parse().opts<Options>(), interrupt.signal);
} catch (error) {
  process.exitCode = interrupt.signal.aborted ? 130 : 3;
  console.error(error instanceof KnownError || interrupt.signal.aborted ? `bench: ${(error as Error).message}` : error);
}

/** @returns the exit code: 1 when a bound was missed */
async function bench({ rounds, docker, trace }: Options, signal: AbortSignal): Promise<number> {
  // First, while this process has parsed nothing yet.
  const isSlow = await benchDetection();
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const rubric = await loadRubric(RUBRIC, checks);
  const load = loadSeconds(rubric, checks);
  const submission = rubric.referenceDir ?? join(packageDir, 'fixtures', RUBRIC, 'reference');
  const grading = (name: string, ...args: string[]): Contestant => ({
    name,
    run: (file) => runGrading({ rubric, submission, args, trace: file, env, signal }),
  });
  const contestants = [
    ...(docker && (await engineAnswers(env))
      ? [
          { name: BASELINE, run: () => runBaseline({ submission, load, env, signal }) },
          grading('grade, containers', '--runtime', 'docker', '--services', 'testcontainers'),
        ]
      : []),
    grading('grade, no containers', '--runtime', 'local', '--services', 'embedded'),
  ];
  if (contestants.length === 1) console.log('No Docker engine is used, so there is no baseline to compare with.');
  console.log(
    `${RUBRIC}, ${totalSeconds(load).toFixed(1)} s under load in each, more where the machine is noisy (the script's time is then reckoned with the same); a warm-up, then ${rounds} rounds.`,
  );

  const runs = new Map(contestants.map(({ name }): [string, Run[]] => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    // Forth and back, so that a drift of the machine favours nobody.
    for (const { name, run } of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const result = await run(
        trace === undefined ? undefined : join(resolve(trace), `${name.replaceAll(/\W+/g, '-')}.json`),
      );
      // The first round warms: images, npm's cache, the grader's packages, the disk's cache.
      if (round > 0) runs.get(name)?.push(result);
      console.log(
        `${round === 0 ? 'warm-up' : `round ${round}`}: ${name} ${inSeconds(result.totalMs)}, ${inSeconds(result.loadMs)} of it load${result.ownMs === undefined ? '' : `, ${inSeconds(result.ownMs)} the grader's own`}`,
      );
    }
  }
  return judge(runs) === 0 && !isSlow ? 0 : 1;
}

/** @returns whether it takes longer than it may */
async function benchDetection(): Promise<boolean> {
  const { budgetMs, files, readMs, variablesMs, routesMs } = await measureDetection();
  const sum = variablesMs + routesMs;
  const [total, variables, routes, read] = [sum, variablesMs, routesMs, readMs].map((time) => `${Math.round(time)} ms`);
  console.log(
    `Detection in a repository of ${files} files: ${total} of processor time (variables ${variables}, routes ${routes}; reading them ${read}), of ${budgetMs} ms allowed.`,
  );
  return sum > budgetMs;
}

function judge(runs: ReadonlyMap<string, Run[]>): number {
  const baseline = runs.get(BASELINE);
  const rows = new Map(
    [...runs].map(([name, own]): [string, Comparison] => [
      name,
      compare(own, name === BASELINE ? undefined : baseline, BOUNDS),
    ]),
  );
  console.log(`\n${comparisonTable(rows)}\n${partsTable(rows)}`);
  const missed = [...rows].flatMap(([name, row]) => row.missed.map((what) => `${name}: ${what}`));
  for (const line of missed) console.log(`Missed — ${line}.`);
  if (missed.length === 0)
    console.log(
      `Kept: at most ${BOUNDS.ratio} of the baseline's time, and at most ${inSeconds(BOUNDS.ownMs)} of the grader's own.`,
    );
  return missed.length === 0 ? 0 : 1;
}

async function engineAnswers(env: Record<string, string>): Promise<boolean> {
  const { exitCode } = await runCommand(['docker', 'info'], { env, timeoutMs: 10_000 });
  return exitCode === 0;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError('It is a whole number from 1 to 100.');
  return value;
}
