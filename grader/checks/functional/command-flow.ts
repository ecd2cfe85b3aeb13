import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { RE2JS } from 're2js';
import type { CommandRun } from '../../report/schema.ts';
import { ContractClient } from '../../target/client.ts';
import { asText, at, TemplateError } from '../../target/template.ts';
import type { RunOptions, Workspace } from '../../target/target.ts';
import type { CheckContext } from '../check.ts';
import { Flow } from '../flow.ts';
import { compare } from '../flow-expectation.ts';
import { inOrder } from '../in-order.ts';
import { preview } from '../matcher-words.ts';
import { savable } from '../savable.ts';
import { judgeRun, type RunFacet, runFacets, runTitle } from './command-judge.ts';
import type { CommandStep, Run } from './command-schema.ts';

type FileStep = NonNullable<CommandStep['file']>;
type ServeStep = NonNullable<CommandStep['serve']>;

/** Steps of commands in one workspace; what they expect becomes assertions. */
export class CommandFlow {
  readonly #context: CheckContext;
  readonly #workspace: Workspace;
  /** Fills templates; holds the names. */
  readonly #names: Flow;

  constructor(context: CheckContext, workspace: Workspace) {
    this.#context = context;
    this.#workspace = workspace;
    this.#names = new Flow(context);
  }

  let(drawn: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#names.let(drawn);
  }

  /** Runs steps in order, up to the first one that fails. @returns whether every step held */
  run(steps: readonly CommandStep[]): Promise<boolean> {
    return inOrder(
      steps,
      (step) => this.#runStep(step),
      (step, reason) => this.#untried(step, reason),
    );
  }

  async #runStep(step: CommandStep): Promise<boolean> {
    this.#context.signal.throwIfAborted();
    try {
      return await this.#dispatch(step);
    } catch (error) {
      // Names are checked when the rubric is loaded: what is missing now is a part of what a program printed.
      if (!(error instanceof TemplateError)) throw error;
      return this.#untried(step, `not tried: ${error.message}`);
    }
  }

  async #dispatch(step: CommandStep): Promise<boolean> {
    if (step.run !== undefined)
      return this.#runTogether(
        step,
        Array.from({ length: step.times ?? 1 }, () => ({ ...step, run: step.run ?? '' })),
      );
    if (Array.isArray(step.together)) return this.#runTogether(step, step.together);
    if (step.file !== undefined) return this.#file(step.file);
    if (step.serve !== undefined) return this.#serve(step.serve);
    if (step.let !== undefined) await this.let(step.let);
    if (step.remove !== undefined) await this.#workspace.removeFile(await this.#names.fill(step.remove));
    if (step.write !== undefined) {
      const { file, content, json } = await this.#names.fill(step.write);
      await this.#workspace.writeFile(file, content ?? JSON.stringify(json));
    }
    for (let round = 0; round < (step.repeat ?? 0); round++) {
      if (!(await this.run(step.steps ?? []))) return false;
    }
    return true;
  }

  async #runTogether(step: CommandStep, runs: readonly Run[]): Promise<boolean> {
    const filled: Run[] = [];
    for (const [index, run] of runs.entries()) filled.push(await this.#fillRun(run, index));
    const settled = await Promise.allSettled(
      filled.map((run) => this.#workspace.run(this.#command(run), this.#options(run))),
    );
    const ended = settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      this.#context.record.command(result.value);
      return result.value;
    });
    if (Array.isArray(step.together))
      return runs.map((run, i) => this.#judge(run, filled.slice(i, i + 1), ended.slice(i, i + 1))).every(Boolean);
    const [first] = runs;
    return first === undefined || this.#judge(first, filled, ended, step.times);
  }

  /** Matchers are filled apart from the rest: what a template stands for there is data. */
  async #fillRun(run: Run, index: number): Promise<Run> {
    const { expect, save, title, ...sent } = run;
    const names = new Flow(this.#context, { ...this.#names.variables, index });
    const { stdout, stderr, ...rest } = expect ?? {};
    return {
      ...(await names.fill(sent)),
      expect: {
        ...rest,
        ...(stdout === undefined ? {} : { stdout: await names.fillMatcher(stdout) }),
        ...(stderr === undefined ? {} : { stderr: await names.fillMatcher(stderr) }),
      },
      save,
      title,
    };
  }

  #command({ run, args = [], fileSizeLimit }: Run): string[] {
    const command = [...(this.#context.target.programs[run] ?? []), ...args.map(asText)];
    // POSIX counts `ulimit -f` in units of 512 bytes.
    return fileSizeLimit === undefined
      ? command
      : ['sh', '-c', `ulimit -f ${fileSizeLimit / 512} && exec "$@"`, 'sh', ...command];
  }

  #options({ stdin, env, timeout, killAfter }: Run): RunOptions {
    return {
      signal: this.#context.signal,
      ...(stdin === undefined ? {} : { stdin }),
      ...(env === undefined ? {} : { env }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
      ...(killAfter === undefined ? {} : { killAfterMs: killAfter }),
    };
  }

  /** @param run as the rubric has it, for the titles; @param filled the same once for each that ended, with templates filled */
  #judge(run: Run, filled: readonly Run[], ended: readonly CommandRun[], times?: number): boolean {
    const { record } = this.#context;
    const results = runFacets(run).map((facet: RunFacet) => {
      const judgements = ended.map((one, i) => ({
        command: one,
        ...judgeRun(facet, filled[i]?.expect ?? {}, run.killAfter, one),
      }));
      const failed = judgements.filter(({ ok }) => !ok);
      const shown = failed[0] ?? judgements[0];
      const received =
        failed.length > 0 && ended.length > 1
          ? `${shown?.received}\n(${failed.length} of ${ended.length} runs are not as they should be; this is the first)`
          : shown?.received;
      return record.assert(runTitle(run, facet, times), failed.length === 0, {
        expected: shown?.expected,
        received,
        command: shown?.command,
      });
    });
    if (!results.every(Boolean)) return false;
    return Object.entries(run.save ?? {}).every(([name, source]) => {
      const found = ended.map((one) => saved(one, source));
      const missing = ended[found.indexOf(undefined)];
      this.#names.variables[name] = times === undefined ? found[0] : found;
      const place = typeof source === 'string' ? source : `/${source.matches}/ in ${source.from}`;
      return (
        missing === undefined ||
        record.assert(`${run.run} prints the ${name} (${place})`, false, {
          expected: place,
          received: preview(missing.stdout),
          command: missing,
        })
      );
    });
  }

  async #file(step: FileStep): Promise<boolean> {
    const path = await this.#names.fill(step.path);
    const text = await this.#workspace.readFile(path);
    const received = text === undefined ? 'there is no such file' : preview(text);
    const results: boolean[] = [];
    for (const facet of fileFacets(step)) {
      const title = fileTitle(step, facet);
      if (facet === 'exists')
        results.push(this.#context.record.assert(title, text !== undefined, { expected: 'a file', received }));
      else if (facet === 'absent')
        results.push(this.#context.record.assert(title, text === undefined, { expected: 'no file', received }));
      else {
        const matcher = await this.#names.fillMatcher(facet === 'json' ? { $json: step.json } : step.text);
        const judgement = compare(matcher, text, path);
        results.push(
          this.#context.record.assert(title, judgement.ok, {
            ...judgement,
            ...(text === undefined ? { received } : {}),
          }),
        );
      }
    }
    return results.every(Boolean);
  }

  async #serve(step: ServeStep): Promise<boolean> {
    const args = (await this.#names.fill(step.args ?? [])).map(asText);
    const env = { PORT: String(await freePort()), ...(await this.#names.fill(step.env ?? {})) };
    await using server = await this.#workspace.start([...(this.#context.target.programs[step.run] ?? []), ...args], {
      env,
      signal: this.#context.signal,
    });
    const client = new ContractClient(await server.origin(step.startup), this.#context.target.http.binding, {
      onExchange: (exchange) => this.#context.record.exchange(exchange),
    });
    try {
      return await new Flow(this.#context, this.#names.variables, client).run(step.steps);
    } finally {
      await client.close();
    }
  }

  #untried(step: CommandStep, reason: string): false {
    const note = (title: string) => this.#context.record.assert(title, false, { received: reason });
    const runs: Run[] =
      step.run !== undefined ? [{ ...step, run: step.run }] : Array.isArray(step.together) ? step.together : [];
    for (const run of runs) for (const facet of runFacets(run)) note(runTitle(run, facet, step.times));
    if (step.file) for (const facet of fileFacets(step.file)) note(fileTitle(step.file, facet));
    for (const request of step.serve?.steps ?? []) new Flow(this.#context).untried(request, reason);
    for (const inner of step.steps ?? []) this.#untried(inner, reason);
    return false;
  }
}

type FileFacet = 'exists' | 'absent' | 'json' | 'text';

function fileFacets(step: FileStep): FileFacet[] {
  if (step.absent) return ['absent'];
  const contents = (['json', 'text'] as const).filter((facet) => step[facet] !== undefined);
  return contents.length === 0 ? ['exists'] : contents;
}

function fileTitle({ path, title }: FileStep, facet: FileFacet): string {
  if (title !== undefined) return title;
  const file = path.replaceAll(/\{\{[^{}]*\}\}/g, '…');
  return {
    exists: `${file} is there`,
    absent: `${file} is not there`,
    json: `${file} holds the right JSON`,
    text: `${file} holds the right text`,
  }[facet];
}

/** A part of what a run gave; undefined when it is not there. */
function saved(run: CommandRun, source: NonNullable<Run['save']>[string]): unknown {
  if (typeof source === 'string') {
    const [stream = '', ...rest] = source.split('.');
    if (stream === 'exit') return run.exitCode ?? undefined;
    const text = stream === 'stderr' ? run.stderr : run.stdout;
    return rest[0] === 'json' ? savable(at(parse(text), rest.slice(1).join('.'))) : text.trim();
  }
  const matcher = RE2JS.compile(source.matches).matcher(run[source.from]);
  return matcher.find() ? (matcher.group(matcher.groupCount() > 0 ? 1 : 0) ?? undefined) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
