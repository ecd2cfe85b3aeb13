import { contractOf } from './rubric/contract.ts';
import { trustOf } from './preparation.ts';
import type { Rubric } from './rubric/schema.ts';
import type { StartedServices, Tenants } from './services/start.ts';
import type { Bound } from './submission/bind.ts';
import { type BootOptions, boot } from './submission/boot.ts';
import { described } from './submission/routes/openapi.ts';
import type {
  Installed,
  Limits,
  RunNetwork,
  Runtime,
  Sandbox,
  StartPlan,
  Submission,
} from './submission/submission.ts';
import { type Binding, literalBinding } from './target/binding.ts';
import { ContractClient } from './target/client.ts';
import { rehearse } from './target/rehearsal.ts';
import { Values } from './target/values.ts';

export interface StageOptions {
  rubric: Rubric;
  submission: Submission;
  installed: Installed;
  plan: StartPlan;
  runtime: Runtime;
  limits: Limits;
  network: RunNetwork | undefined;
  services: Promise<StartedServices>;
  /** Names that stand for the sandbox's own localhost. */
  hosts: readonly string[];
  /** Lets an app in that sandbox find its databases, and gives its variables. */
  environment: (sandbox: Sandbox, tenants: Tenants) => Promise<Pick<BootOptions, 'env' | 'listen'>>;
  boot: Pick<BootOptions, 'paths' | 'facts'>;
  seed: string;
  signal: AbortSignal;
}

/**
 * Settles the doubts about a submission by trying it: on an app, a copy of the files and databases that nothing else
 * uses. What was made, counted and used up there is gone with them before it returns, so that servers may have the same
 * names for the app that is graded.
 *
 * @throws {LearnerError} when the app does not come up
 */
export async function settleLive({ binding, places, signs }: Bound, options: StageOptions): Promise<Binding> {
  const { rubric, seed, signal } = options;
  const contract = contractOf(rubric);
  await using stage = await openStage(options);
  await using http = new ContractClient(stage.origin, literalBinding(contract));
  return await rehearse(http, {
    contract,
    accounts: rubric.accounts,
    places,
    binding,
    signs,
    readDescription: (document) => described('openapi.json', JSON.stringify(document)),
    values: new Values(seed, 'rehearsal'),
    signal,
  });
}

async function openStage(options: StageOptions): Promise<{ origin: string } & AsyncDisposable> {
  const { rubric, submission, installed, plan, runtime, limits, network, hosts, services, signal } = options;
  await using stack = new AsyncDisposableStack();
  const place = network === undefined ? {} : { network: network.name, forward: network.forward };
  const tenants = stack.use(await (await services).tenants(rubric.rubric, place));
  const trust = await trustOf(rubric);
  const opened = { submission, installed, limits, network: network?.name, hosts, trust, signal };
  const sandbox = stack.use(await runtime.open(opened));
  const environment = await options.environment(sandbox, tenants);
  const { origin } = stack.use(await boot(sandbox, plan, { ...options.boot, ...environment, signal }));
  const owned = stack.move();
  return { origin, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
