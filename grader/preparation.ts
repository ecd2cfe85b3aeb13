import type { SpanCategory, Trace } from './platform/trace.ts';
import type { Rubric } from './rubric/schema.ts';
import { serverCertificate } from './services/certificate.ts';
import type { BootOptions } from './submission/boot.ts';
import { readFacts } from './submission/facts.ts';
import { install } from './submission/packages/install.ts';
import { findRoutes } from './submission/routes/find.ts';
import { detect, detectBuild } from './submission/start/detect.ts';
import type { Npm } from './submission/packages/npm.ts';
import type {
  Installed,
  Limits,
  RunNetwork,
  Runtime,
  Sandbox,
  StartPlan,
  Submission,
} from './submission/submission.ts';
import type { RunOptions, Workspace } from './target/target.ts';

/** What a candidate may take of the machine. */
export const LIMITS: Limits = { memoryMb: 512, cpus: 1, processes: 256, diskMb: 512, outputBytes: 8 * 1024 * 1024 };

export interface PreparationOptions {
  rubric: Rubric;
  runtime: Runtime;
  network: RunNetwork | undefined;
  npm: Npm;
  /** Where installed packages are kept from run to run. */
  modulesCacheDir: string;
  trace: Trace;
  phase: <T>(title: string, category: SpanCategory, work: () => Promise<T>) => Promise<T>;
  signal: AbortSignal;
}

/** A submission that waits for its databases. */
export interface Prepared {
  installed: Installed;
  sandbox: Sandbox;
  /** undefined when the rubric needs no app. */
  plan: StartPlan | undefined;
}

/**
 * Packages, and a sandbox with them in it, as ready as it can be before the databases are.
 *
 * @param options `hosts`: names that stand in the source, and mean the services of the run
 * @param stack what the sandbox ends with
 */
export async function prepare(
  submission: Submission,
  options: PreparationOptions & { hosts: readonly string[] },
  stack: AsyncDisposableStack,
): Promise<Prepared> {
  const { rubric, runtime, npm, modulesCacheDir: cacheDir, network, hosts, phase, trace, signal } = options;
  const plan = rubric.app ? await detect(submission) : undefined;
  const { tools } = plan ?? (await detectBuild(submission));
  const installed = await phase('Installing packages', 'install', () =>
    install({ submission, runtime, npm, cacheDir, limits: LIMITS, tools, signal }),
  );
  const sandbox = stack.use(
    await runtime.open({
      submission,
      installed,
      limits: LIMITS,
      network: network?.name,
      hosts,
      trust: await trustOf(rubric),
      signal,
    }),
  );
  // A build changes the tree that the app is started in.
  if (plan && plan.build === undefined) await trace.span('Preparing the sandbox', 'boot', () => sandbox.prepare());
  return { installed, sandbox, plan };
}

/** The certificate that servers of a run show to those who ask for TLS. */
export async function trustOf({ services }: Rubric): Promise<string | undefined> {
  return services.includes('postgres') ? (await serverCertificate()).cert : undefined;
}

/** What booting may use of a submission's source and of its rubric: which server of its tree is the app, and why it does not start. */
export function whatIsKnown(submission: Submission, rubric: Rubric): Pick<BootOptions, 'paths' | 'facts'> {
  return { paths: pathsOf(rubric, submission), facts: (env) => readFacts(submission, env) };
}

/** What the app should answer by GET: the contract's paths, and those that its source shows. */
function pathsOf(rubric: Rubric, { sources, files }: Submission): string[] {
  const asked = Object.values(rubric.contract).map(({ request }) => request);
  const shown = findRoutes(sources, files.appFolder ?? '').map(({ method, path }) => `${method} ${path}`);
  return [...asked, ...shown].flatMap((request) => (request.startsWith('GET ') ? [request.slice(4)] : []));
}

/** A workspace whose programs find the app's variables, so that they reach the same databases. */
export function withVariables(workspace: Workspace, variables: Readonly<Record<string, string>>): Workspace {
  const all = (options: RunOptions = {}): RunOptions => ({ ...options, env: { ...variables, ...options.env } });
  return {
    ...workspace,
    run: (command, options) => workspace.run(command, all(options)),
    start: (command, options) => workspace.start(command, all(options)),
  };
}
