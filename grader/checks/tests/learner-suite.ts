import type { CommandRun } from '../../report/schema.ts';
import type { Workspace } from '../../target/target.ts';
import type { CheckContext } from '../check.ts';
import { freePort } from '../../platform/free-port.ts';
import { collectorScript } from './sandbox-collector.ts';
import { probeFile } from './sandbox-probe.ts';
import { suiteCommand, type SuiteCommand } from './suite-command.ts';
import { type Collected, parseCollected, readReports, type SuiteResult } from './suite-result.ts';
import { summaryOf } from './suite-summary.ts';

const COLLECT_TIMEOUT_MS = 60_000;
/** Most characters of what the suite printed that the report shows. */
const MAX_SHOWN = 4000;

/**
 * Jest runs in one process, so that the probe sees it all and databases are used by one test file at a time; it
 * neither measures coverage itself (two can't, in one process) nor judges it, waits for changes, or writes snapshots.
 */
const JEST_OPTIONS = [
  '--runInBand',
  '--ci',
  '--bail=0',
  '--coverage=false',
  '--watch=false',
  '--watchAll=false',
  '--reporters=default',
  '--json',
];

export interface SuiteOptions {
  timeoutMs: number;
  /** Count what runs. */
  probe?: boolean;
  /** Options for Jest, where it is the runner. */
  jest?: readonly string[];
  /** Run these test files only, where Jest is the runner; from the app's folder. */
  only?: readonly string[] | undefined;
}

/**
 * A learner's own tests in a workspace. They run in the sandbox with the variables that the app was given, thus
 * with the same databases: what tests write and delete there, the running app sees, and the other way round.
 * PORT is a free one, and NODE_ENV is left to the test runner.
 */
export class LearnerSuite {
  readonly command: SuiteCommand;
  readonly #context: CheckContext;
  readonly #workspace: Workspace;
  readonly #env: Record<string, string>;
  readonly #probe: { folder: string; token: string };

  private constructor(context: CheckContext, workspace: Workspace, command: SuiteCommand, port: number) {
    const { NODE_ENV: _, ...env } = context.target.env;
    this.#context = context;
    this.#workspace = workspace;
    this.command = command;
    this.#env = { ...env, PORT: String(port), NO_COLOR: '1', FORCE_COLOR: '0' };
    this.#probe = { folder: `.grade-${context.values.token(16)}`, token: context.values.token(24) };
  }

  /** @throws {LearnerError} when nothing tells how the tests are run */
  static async open(context: CheckContext, workspace: Workspace): Promise<LearnerSuite> {
    const command = suiteCommand(await workspace.readFile('package.json'));
    for (const note of command.notes) context.record.note(note);
    return new LearnerSuite(context, workspace, command, await freePort());
  }

  /** Whether it runs Jest, which takes options and writes a report. */
  get isJest(): boolean {
    return this.command.steps.some(({ jest }) => jest);
  }

  /** Runs all of it to its end, or until the time is up. */
  async run({ timeoutMs, probe = false, jest = [], only }: SuiteOptions): Promise<SuiteResult> {
    const { folder } = this.#probe;
    const { signal } = this.#context;
    if (probe) {
      await this.#workspace.removeFile(folder);
      await this.#workspace.writeFile(`${folder}/probe.cjs`, probeFile(this.#probe));
    }
    const options = only === undefined ? jest : [...jest, '--runTestsByPath', ...only.map(quoted)];
    const command = ['sh', '-c', this.#script(probe, options)];
    const ended = await this.#workspace.run(command, { env: this.#env, signal, timeoutMs });
    const { scripts, reports, strange } = probe || this.isJest ? await this.#collect() : parseCollected('');
    const told = this.isJest
      ? readReports(reports)
      : { ...readReports([]), tally: summaryOf(`${ended.stdout}\n${ended.stderr}`) };
    const { tally } = told;
    const passed = tally !== undefined && tally.passed > 0 && tally.failed === 0;
    return {
      ...told,
      run: this.#shown(ended, options),
      passed: passed && ended.exitCode === 0 && !ended.timedOut,
      scripts,
      strange,
    };
  }

  /** Reads what the suite has left behind, when nothing of it runs any more. */
  async #collect(): Promise<Collected> {
    const collected = await this.#workspace.run(['node', '-e', collectorScript(this.#probe)], {
      env: this.#env,
      signal: this.#context.signal,
      timeoutMs: COLLECT_TIMEOUT_MS,
    });
    const parsed = parseCollected(collected.stdout);
    return collected.exitCode === 0 ? parsed : { ...parsed, strange: parsed.strange + 1 };
  }

  /** The absolute path of the probe is known to the shell alone. */
  #script(probe: boolean, jest: readonly string[]): string {
    const steps = this.command.steps.map((step, i) =>
      // Jest prints its report as JSON, whether or not it writes it to a file.
      step.jest ? `{ ${this.#line(i, jest)}\n} > /dev/null` : `{ ${step.line}\n}`,
    );
    const { folder } = this.#probe;
    return [
      // What an earlier run has left there is none of this one's.
      probe ? `export NODE_OPTIONS="--require \\"$PWD/${folder}/probe.cjs\\""` : `rm -rf ${folder} && mkdir ${folder}`,
      steps.join(' && '),
    ].join('\n');
  }

  #line(index: number, jest: readonly string[]): string {
    const report = `--outputFile=${this.#probe.folder}/jest-${index}.json`;
    return [this.command.steps[index]?.line, ...JEST_OPTIONS, report, ...jest].join(' ');
  }

  /** As a learner would type it. */
  #shown(run: CommandRun, jest: readonly string[]): CommandRun {
    const typed = this.command.steps.map(({ line, jest: isJest }) =>
      [line.replaceAll('$NODE_OPTIONS ', ''), ...(isJest ? ['--runInBand', '--ci', ...jest] : [])].join(' '),
    );
    return {
      ...run,
      command: ['sh', '-c', typed.join(' && ')],
      stdout: lastPart(run.stdout),
      stderr: lastPart(run.stderr),
    };
  }
}

/** One word of a shell's command line. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function lastPart(text: string): string {
  return text.length > MAX_SHOWN ? `…${text.slice(-MAX_SHOWN)}` : text;
}
