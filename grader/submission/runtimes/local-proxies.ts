import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { InfrastructureError } from '../../platform/errors.ts';
import { type AuthProxyOptions, createAuthProxy } from '../../services/auth-proxy/auth-proxy.ts';
import type { ServiceKind } from '../../target/target.ts';
import type { SandboxProxies } from '../submission.ts';

/** How often a run looks whether another run has given up a port. */
const INTERVAL_MS = 250;
const PATIENCE_MS = 600_000;

/**
 * Listens at ports of this machine's localhost for as long as its scope lasts. Runs that want the same port take turns.
 *
 * @throws {InfrastructureError} when another run does not give up a port
 */
export async function localProxies(
  list: readonly AuthProxyOptions[],
  signal: AbortSignal,
): Promise<SandboxProxies & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const proxies: { kind: ServiceKind; proxy: ReturnType<typeof createAuthProxy> }[] = [];
  const taken: number[] = [];
  // In one order everywhere, so that no two runs wait for each other.
  for (const options of list.toSorted((one, other) => one.port - other.port)) {
    signal.throwIfAborted();
    stack.defer(await turn(options.port, signal));
    signal.throwIfAborted();
    const proxy = createAuthProxy(options);
    stack.defer(() => proxy.close());
    try {
      await proxy.listen();
      proxies.push({ kind: options.kind, proxy });
    } catch (error) {
      if (!['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      taken.push(options.port);
    }
  }
  const of = (kind: ServiceKind) => proxies.filter((one) => one.kind === kind);
  const owned = stack.move();
  return {
    taken,
    interrupt: async (kind) => void (await Promise.all(of(kind).map(({ proxy }) => proxy.close()))),
    restore: async (kind) => void (await Promise.all(of(kind).map(({ proxy }) => proxy.listen()))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits for other runs that hold the port. Resolves with what gives it to the next. */
async function turn(port: number, signal: AbortSignal): Promise<() => Promise<void>> {
  for (let waited = 0; ; waited += INTERVAL_MS) {
    try {
      return await lock(join(tmpdir(), `grade-localhost-${port}`), { realpath: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (waited >= PATIENCE_MS)
        throw new InfrastructureError(`another run of grade holds port ${port} of this machine`, {
          mend: 'Grade again when it is over, or with --runtime docker.',
        });
    }
    await delay(INTERVAL_MS, undefined, { signal });
  }
}
