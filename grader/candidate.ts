import { performance } from 'node:perf_hooks';
import type { Subject } from './engine/subject.ts';
import { LearnerError } from './platform/errors.ts';
import { settleLive } from './rehearse.ts';
import type { Assumption, BindingFacts } from './report/schema.ts';
import { LIMITS, type PreparationOptions, prepare, type Prepared, whatIsKnown, withVariables } from './preparation.ts';
import { contractOf } from './rubric/contract.ts';
import type { Rubric } from './rubric/schema.ts';
import type { StartedServices, Tenants } from './services/start.ts';
import { type BootedApp, boot } from './submission/boot.ts';
import { causeIn } from './submission/causes.ts';
import { checkout } from './submission/checkout.ts';
import { detectBuild } from './submission/start/detect.ts';
import { type AppEnvironment, appEnvironment } from './submission/environment.ts';
import { fixedHosts, openFixedAddresses } from './submission/fixed-addresses.ts';
import { findHabits, type Habit } from './submission/variables/habits.ts';
import { detectPrograms } from './submission/start/programs.ts';
import type { Sandbox, StartPlan, Submission } from './submission/submission.ts';
import { type Bound, bindByFiles } from './submission/bind.ts';
import { type Binding, literalBinding } from './target/binding.ts';
import { ContractClient } from './target/client.ts';
import type { LogView, ServiceKind, Target } from './target/target.ts';
import { assumptionsOf, bindingFacts } from './target/describe.ts';
import { fill } from './target/template.ts';
import { Values } from './target/values.ts';

/** Lines of the log in which the reason for silence is looked for. */
const SUSPECT_LINES = 60;

const NO_LOGS: LogView = { mark: () => 0, since: () => [], tail: () => [] };

/** A submission (the learner's, or the reference) with its packages, databases and app. */
export interface Candidate extends Subject, AsyncDisposable {
  submission: Submission;
  assumptions: Assumption[];
  /** How the contract was mapped onto it; undefined when the rubric has none, or no app. */
  binding: BindingFacts | undefined;
  installMs: number;
  bootMs: number;
  /** Where the app is reached; undefined when there is none. */
  origin: string | undefined;
}

export interface CandidateOptions extends PreparationOptions {
  folder: string;
  /** Resolves when the servers answer; the copy and the packages do not wait for them. */
  services: Promise<StartedServices>;
  /** Services that a check takes away for a while. Default: none. */
  interruptible?: readonly ServiceKind[];
  /** What random values in the rubric's `env` follow from. */
  seed: string;
  /** The PATH on which git is found. */
  searchPath: string;
}

/**
 * Brings a submission up: copy, packages and databases side by side, then the app. What the learner did
 * wrong on the way becomes `bootFailure`, so that everything that needs no app can still be looked at.
 *
 * @throws {UsageError} for a folder or grade.yaml that is wrong
 * @throws {InfrastructureError} when the grader's own parts fail
 */
export async function bringUp(options: CandidateOptions): Promise<Candidate> {
  const { rubric, phase, signal } = options;
  await using stack = new AsyncDisposableStack();
  const submission = stack.use(
    await phase('Copying the submission', 'checkout', () =>
      checkout(options.folder, { rubric: rubric.rubric, path: options.searchPath, signal }),
    ),
  );
  const state = new CandidateState(submission, stack);
  try {
    await state.bringUp(options);
  } catch (error) {
    if (!(error instanceof LearnerError)) throw error;
    state.bootFailure = error;
  }
  const owned = stack.move();
  state.dispose = () => owned.disposeAsync();
  return state;
}

class CandidateState implements Candidate {
  readonly submission: Submission;
  readonly assumptions: Assumption[];
  target: Target;
  bootFailure: LearnerError | undefined;
  binding: BindingFacts | undefined;
  installMs = 0;
  bootMs = 0;
  dispose: () => Promise<void> = async () => {};
  readonly #stack: AsyncDisposableStack;
  #tenants: Tenants | undefined;
  #app: BootedApp | undefined;
  #start: (() => Promise<void>) | undefined;
  /** Addresses of the rubric's services that stand in the source, and their host names. */
  #addresses: Habit[] = [];
  #hosts: string[] = [];
  /** What started the app before. */
  #command: string[] | undefined;

  constructor(submission: Submission, stack: AsyncDisposableStack) {
    this.submission = submission;
    this.assumptions = [...submission.assumptions];
    this.#stack = stack;
    this.target = {
      http: new ContractClient('http://127.0.0.1:1', literalBinding({})),
      services: {},
      outage: () => Promise.reject(new Error('there are no services yet')),
      programs: {},
      env: {},
      files: submission.files,
      logs: NO_LOGS,
      workspace: () => Promise.reject(this.bootFailure ?? new Error('the sandbox is not open')),
    };
  }

  get origin(): string | undefined {
    return this.#app?.origin;
  }

  async bringUp(options: CandidateOptions): Promise<void> {
    const { rubric, phase } = options;
    const { sources, files } = this.submission;
    const habits = findHabits(sources, files.appFolder ?? '');
    this.#addresses = habits.filter(({ service }) => rubric.services.includes(service));
    this.#hosts = options.network === undefined ? [] : fixedHosts(this.#addresses);
    const contract = contractOf(rubric);
    const bound = bindByFiles(this.submission, contract);
    // Packages and databases are made ready side by side; a failure of one must not leave the other unwatched.
    const preparing = prepare(this.submission, { ...options, hosts: this.#hosts }, this.#stack).then((prepared) => {
      this.installMs = prepared.installed.durationMs;
      return prepared;
    });
    const binding = this.#bind(bound, preparing, options);
    const opening = binding.catch(() => {}).then(() => this.#openTenants(options));
    const [prepared, tenants] = await Promise.allSettled([preparing, opening]);
    if (tenants.status === 'rejected') throw tenants.reason;
    if (prepared.status === 'rejected') throw prepared.reason;
    const { installed, sandbox, plan } = prepared.value;
    const reached = await openFixedAddresses(sandbox, tenants.value, this.#addresses, this.#hosts);
    this.target = { ...this.target, outage: (kind) => reached.tenants.outage(kind) };
    const { programs, assumptions } = await detectPrograms(this.submission, rubric.programs);
    const environment = await this.#environment(reached.tenants.env, rubric, options.seed);
    this.assumptions.push(...installed.assumptions, ...reached.assumptions, ...assumptions, ...environment.assumptions);
    const { env } = environment;
    this.target = {
      ...this.target,
      programs,
      env,
      workspace: async () => withVariables(await sandbox.workspace(), env),
    };
    if (plan) {
      this.assumptions.push(...plan.assumptions);
      const settled = await binding;
      if (Object.keys(contract).length > 0) {
        this.binding = bindingFacts(contract, settled, bound.doubts);
        this.assumptions.push(...assumptionsOf(contract, settled, bound.places, bound.doubts));
      }
      await phase('Starting the app', 'boot', () => this.#boot(sandbox, plan, environment, settled, options));
    } else {
      const { build, assumptions: because } = await detectBuild(this.submission);
      this.assumptions.push(...because);
      if (build !== undefined) await phase('Building', 'boot', () => sandbox.build(build, environment.env));
    }
  }

  /** The contract's way onto this app: what its files say, and where they leave doubts, what trying it shows. */
  async #bind(bound: Bound, preparing: Promise<Prepared>, options: CandidateOptions): Promise<Binding> {
    const prepared = bound.doubts.length === 0 ? undefined : await preparing.catch(() => undefined);
    if (!prepared?.plan) return bound.binding;
    const { installed, plan } = prepared;
    const { rubric, seed } = options;
    return options.phase('Learning how the app speaks', 'boot', () =>
      settleLive(bound, {
        ...options,
        submission: this.submission,
        installed,
        plan,
        limits: LIMITS,
        hosts: this.#hosts,
        environment: async (sandbox, tenants) => {
          const reached = await openFixedAddresses(sandbox, tenants, this.#addresses, this.#hosts);
          return this.#environment(reached.tenants.env, rubric, seed);
        },
        boot: whatIsKnown(this.submission, rubric),
      }),
    );
  }

  #environment(services: Readonly<Record<string, string>>, rubric: Rubric, seed: string) {
    const promised = fill(rubric.env, {}, new Values(seed, 'env'));
    return appEnvironment({ submission: this.submission, services, promised });
  }

  async #openTenants({ services, network, rubric, interruptible = [] }: CandidateOptions): Promise<Tenants> {
    const started = await services;
    const place = network === undefined ? {} : { network: network.name, forward: network.forward };
    const tenants = this.#stack.use(await started.tenants(rubric.rubric, { ...place, interruptible }));
    this.#tenants = tenants;
    this.target = { ...this.target, services: tenants.handles };
    return tenants;
  }

  async #boot(
    sandbox: Sandbox,
    plan: StartPlan,
    { env, listen }: AppEnvironment,
    binding: Binding,
    options: CandidateOptions,
  ): Promise<void> {
    const started = performance.now();
    const up = async (build: boolean) => {
      const app = await boot(sandbox, build ? plan : again(plan, this.#command), {
        env,
        listen,
        signal: options.signal,
        build,
        ...whatIsKnown(this.submission, options.rubric),
      });
      this.#command = app.command;
      this.#app = app;
      const http = new ContractClient(app.origin, binding);
      this.target = { ...this.target, http, env: app.env, logs: app.process.logs };
      return app;
    };
    // The app itself ends with its sandbox.
    this.#stack.defer(() => this.target.http.close());
    const app = await up(true);
    this.assumptions.push(...app.assumptions);
    this.bootMs = performance.now() - started;
    this.#start = async () => {
      await this.target.http.close();
      await this.#app?.[Symbol.asyncDispose]();
      this.#app = undefined;
      await up(false);
    };
  }

  crash(): ReturnType<Subject['crash']> {
    const ended = this.#app?.ended();
    return ended && { reason: ended.reason, outOfMemory: ended.fault === 'out-of-memory', logs: ended.logs };
  }

  suspicion(): ReturnType<Subject['suspicion']> {
    const cause = causeIn(this.#app?.process.logs.tail(SUSPECT_LINES) ?? []);
    return cause && /^(service-|unknown-host)/.test(cause.kind) ? cause.cause : undefined;
  }

  async ended(signal: AbortSignal): Promise<void> {
    await this.#app?.gone(signal);
  }

  async restart(): Promise<void> {
    try {
      await this.#start?.();
    } catch (error) {
      if (!(error instanceof LearnerError)) throw error;
      this.bootFailure = error;
    }
  }

  async assertServicesHealthy(): Promise<void> {
    await this.#tenants?.healthy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** The plan for a restart: by the command that worked. */
function again(plan: StartPlan, command: string[] | undefined): StartPlan {
  return command === undefined ? plan : { ...plan, start: command, instead: [] };
}
