import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Observation } from '../report/schema.ts';
import { Accounts, type AccountsContract } from '../target/accounts.ts';
import { type Binding, literalBinding } from '../target/binding.ts';
import { ContractClient } from '../target/client.ts';
import type { LogView, ServiceHandles, SubmissionFiles, Target, Workspace } from '../target/target.ts';
import { Values } from '../target/values.ts';
import type { Check, CheckContext } from './check.ts';
import { Recorder } from './recorder.ts';

/** What a test gives a check to look at; all of it optional. */
export interface TestbedOptions {
  /** A request listener (see `test-app.ts`), put behind a port of its own; or the origin of a server that runs. */
  app?: RequestListener | string;
  /** As in a rubric: `{ createTodo: { request: 'POST /todos' } }`. */
  contract?: Record<string, { request: string }>;
  binding?: Binding;
  accounts?: AccountsContract;
  services?: ServiceHandles;
  outage?: Target['outage'];
  /** The submission's files by path. */
  files?: Record<string, string>;
  workspace?: () => Promise<Workspace>;
  programs?: Record<string, readonly string[]>;
  env?: Record<string, string>;
  logs?: LogView;
  rubricDir?: string;
  reference?: Target;
  /** Default: another seed each run, as in life. */
  seed?: string;
}

/** A target around a test's own server, and a way to run checks against it. Ends with its scope. */
export interface Testbed extends AsyncDisposable {
  readonly origin: string;
  readonly target: Target;
  /** Everything that one run of a check may use, fresh each time. */
  context(signal?: AbortSignal): CheckContext;
  /**
   * Parses `params` as the rubric loader does, runs the check, and gives what it took down.
   * Throws what the check throws: a LearnerError when the app is dead.
   */
  run<Params>(check: Check<Params>, params: unknown, signal?: AbortSignal): Promise<Observation>;
}

/** Sets up a target for tests of checks: real HTTP, real databases when handles are given, nothing mocked. */
export async function testbed(options: TestbedOptions = {}): Promise<Testbed> {
  const server = typeof options.app === 'function' ? await listen(options.app) : undefined;
  const origin = server
    ? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    : String(options.app ?? 'http://127.0.0.1:9');
  const client = new ContractClient(origin, options.binding ?? literalBinding(options.contract ?? {}));
  const target: Target = {
    http: client,
    services: options.services ?? {},
    outage: options.outage ?? (() => Promise.reject(new Error('this testbed has no services to take away'))),
    workspace: options.workspace ?? (() => Promise.reject(new Error('this testbed has no workspace'))),
    files: filesOf(options.files ?? {}),
    programs: options.programs ?? {},
    env: options.env ?? {},
    logs: options.logs ?? { mark: () => 0, since: () => [], tail: () => [] },
  };

  const context = (signal = AbortSignal.timeout(60_000)): CheckContext => {
    const record = new Recorder();
    const http = client.observedBy((exchange) => record.exchange(exchange));
    const values = new Values(options.seed ?? crypto.randomUUID(), 'testbed');
    return {
      target: { ...target, http },
      reference: options.reference,
      accounts: new Accounts(http, options.accounts, values),
      values,
      record,
      signal,
      rubricDir: options.rubricDir ?? '/nonexistent',
    };
  };

  return {
    origin,
    target,
    context,
    async run(check, params, signal) {
      const run = context(signal);
      await check.run(run, check.params.parse(params));
      return run.record.observation();
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      if (!server) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Titles of the assertions that did not hold. */
export function failures(observation: Observation): string[] {
  return observation.assertions.filter(({ ok }) => !ok).map(({ title }) => title);
}

async function listen(app: RequestListener): Promise<Server> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function filesOf(files: Record<string, string>): SubmissionFiles {
  return {
    list: async () => Object.keys(files).toSorted(),
    read: async (path, maxBytes = 1_000_000) =>
      Object.hasOwn(files, path) ? files[path]?.slice(0, maxBytes) : undefined,
  };
}
