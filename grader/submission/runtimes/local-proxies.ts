import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';
import { type AuthProxyOptions, createAuthProxy } from '../../services/auth-proxy/auth-proxy.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { SandboxProxies } from '../submission.ts';

/** How often a run looks whether another run has given up a port. */
const INTERVAL_MS = 250;

/**
 * Listens at ports of this machine's localhost for as long as its scope lasts. Runs that want the same port take turns.
 *
 * @throws {InfrastructureError} when something else listens at one of them: it is not ours to show to an app
 */
export async function localProxies(
  list: readonly AuthProxyOptions[],
  signal: AbortSignal,
): Promise<SandboxProxies & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const proxies: { kind: ServiceKind; proxy: ReturnType<typeof createAuthProxy>; listen: () => Promise<void> }[] = [];
  // In one order everywhere, so that no two runs wait for each other.
  for (const options of list.toSorted((one, other) => one.port - other.port)) {
    signal.throwIfAborted();
    stack.defer(await turn(options.port, signal));
    signal.throwIfAborted();
    const proxy = createAuthProxy(options);
    stack.defer(() => proxy.close());
    const listen = () => proxy.listen().catch((cause: unknown) => Promise.reject(taken(options.port, cause)));
    await listen();
    proxies.push({ kind: options.kind, proxy, listen });
  }
  const of = (kind: ServiceKind) => proxies.filter((one) => one.kind === kind);
  const owned = stack.move();
  return {
    interrupt: async (kind) => void (await Promise.all(of(kind).map(({ proxy }) => proxy.close()))),
    restore: async (kind) => void (await Promise.all(of(kind).map(({ listen }) => listen()))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits for other runs that hold the port. Resolves with what gives it to the next. */
async function turn(port: number, signal: AbortSignal): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lock(join(tmpdir(), `grade-localhost-${port}`), { realpath: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    }
    await delay(INTERVAL_MS, undefined, { signal });
  }
}

function taken(port: number, cause: unknown): InfrastructureError {
  const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
  return new InfrastructureError(
    `the app looks for its database at localhost:${port}, ${
      inUse ? 'where something else of this machine listens' : `where nothing can listen: ${messageOf(cause)}`
    }`,
    {
      mend: `Stop what uses port ${port}, grade with --runtime docker, or have the app take the address from its environment.`,
      cause,
    },
  );
}
