import type { CommandRun } from '../../report/schema.ts';
import { inWords as durationInWords } from '../duration.ts';
import { compare, type Judgement } from '../flow-expectation.ts';
import { inWords, preview } from '../matcher-words.ts';
import type { Run } from './command-schema.ts';

/** One side of a run that is looked at; each is an assertion. */
export type RunFacet = 'exit' | 'stdout' | 'stderr' | 'noStack' | 'time';
type RunExpectation = NonNullable<Run['expect']>;

/** Longer lines are no stack frames. */
const MAX_FRAME_CHARS = 600;

/** The facets that a run is looked at. */
export function runFacets({ expect = {}, killAfter }: Pick<Run, 'expect' | 'killAfter'>): RunFacet[] {
  const exit = exitOf(expect, killAfter);
  const others = (['stdout', 'stderr', 'noStack', 'time'] as const).filter((facet) => expect[facet] !== undefined);
  return exit === 'any' ? others : ['exit', ...others];
}

/** What should be true of a run, in a learner's words. */
export function runTitle(step: Run, facet: RunFacet, times: number | undefined): string {
  const facets = runFacets(step);
  if (step.title !== undefined) return facets[0] === facet ? step.title : `${step.title}: ${SHORT[facet]}`;
  const words = [step.run, ...(step.args ?? []).map((arg) => shellWord(String(arg)))].join(' ');
  const command = words.length > 80 ? `${words.slice(0, 80)}…` : words;
  const { expect = {}, killAfter } = step;
  return `${command}${times === undefined ? '' : `, ${times} at once,`} ${verb(facet, expect, killAfter)}`;
}

/** Looks at one facet of a run. `expect` has its templates filled. */
export function judgeRun(
  facet: RunFacet,
  expect: RunExpectation,
  killAfter: number | undefined,
  run: CommandRun,
): Judgement {
  switch (facet) {
    case 'exit': {
      const wanted = exitOf(expect, killAfter);
      const ok = !run.timedOut && (wanted === 'nonzero' ? run.exitCode !== 0 : run.exitCode === wanted);
      return {
        ok,
        expected: wanted === 'nonzero' ? 'an exit code other than 0' : `exit code ${wanted}`,
        received: ending(run),
      };
    }
    case 'stdout':
    case 'stderr':
      return compare(expect[facet], withoutLastNewline(run[facet]), facet);
    case 'noStack': {
      const frame = stackFrame(`${run.stdout}\n${run.stderr}`);
      return {
        ok: frame === undefined,
        expected: 'a message without a stack trace',
        received: frame === undefined ? 'no stack trace' : `a stack trace: ${preview(frame)}`,
      };
    }
    case 'time': {
      const limit = expect.time ?? Infinity;
      return {
        ok: !run.timedOut && run.durationMs <= limit,
        expected: `at most ${durationInWords(limit)}`,
        received: durationInWords(run.durationMs),
      };
    }
  }
}

function exitOf(expect: RunExpectation, killAfter: number | undefined): NonNullable<RunExpectation['exit']> {
  return expect.exit ?? (killAfter === undefined ? 0 : 'any');
}

function ending(run: CommandRun): string {
  const said =
    run.exitCode === 0 || run.stderr.trim() === '' ? '' : `, saying ${preview(run.stderr.trim().slice(-300))}`;
  if (run.timedOut) return `no end: it was stopped after ${durationInWords(run.durationMs)}${said}`;
  return run.exitCode === null ? `an end by ${run.signal ?? 'a signal'}${said}` : `exit code ${run.exitCode}${said}`;
}

/** The first line of output that looks like a frame of a JavaScript stack. */
function stackFrame(output: string): string | undefined {
  return output
    .split('\n')
    .find(
      (line) =>
        line.length <= MAX_FRAME_CHARS &&
        /^\s+at /.test(line) &&
        (/:\d+:\d+\)?\s*$/.test(line) || /\((<anonymous>|native)\)\s*$/.test(line)),
    )
    ?.trim();
}

function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

const SHORT: Record<RunFacet, string> = {
  exit: 'the exit code',
  stdout: 'what it prints',
  stderr: 'what it prints on stderr',
  noStack: 'no stack trace',
  time: 'the time it takes',
};

function verb(facet: RunFacet, expect: RunExpectation, killAfter: number | undefined): string {
  switch (facet) {
    case 'exit': {
      const wanted = exitOf(expect, killAfter);
      return wanted === 'nonzero' ? 'ends with an exit code other than 0' : `ends with exit code ${wanted}`;
    }
    case 'stdout':
      return typeof expect.stdout === 'string' ? `prints ${inWords(expect.stdout)}` : 'prints the right text';
    case 'stderr':
      return 'prints the right text on stderr';
    case 'noStack':
      return 'prints no stack trace';
    case 'time':
      return `ends within ${durationInWords(expect.time ?? 0)}`;
  }
}

/** Templates are told as an ellipsis: their values differ from run to run, titles don't. */
function shellWord(argument: string): string {
  const text = argument.replaceAll(/\{\{[^{}]*\}\}/g, '…').replaceAll('\n', '⏎');
  return text === '' || /[\s"'$]/.test(text) ? JSON.stringify(text) : text;
}
