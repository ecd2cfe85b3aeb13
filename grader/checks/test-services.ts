/* oxlint-disable no-restricted-imports, node/no-process-env -- for tests only: it puts real parts together */
import envPaths from 'env-paths';
import { Trace } from '../platform/trace.ts';
import { embedded } from '../services/providers/embedded.ts';
import type { ServiceKind } from '../services/service.ts';
import { startServices, type Tenants } from '../services/start.ts';

/**
 * Real databases for tests of checks: a fresh one of each kind, as processes of this machine. Ends with
 * its scope. `handles` is what checks get, `env` what apps do.
 */
export function testServices(...kinds: ServiceKind[]): Promise<Tenants> {
  return open(kinds, []);
}

/** The same, all of which can be taken away from the app (`outage`). */
export function interruptibleServices(...kinds: ServiceKind[]): Promise<Tenants> {
  return open(kinds, kinds);
}

async function open(kinds: readonly ServiceKind[], interruptible: readonly ServiceKind[]): Promise<Tenants> {
  await using stack = new AsyncDisposableStack();
  const started = stack.use(
    await startServices(kinds, embedded, {
      network: undefined,
      urls: {},
      images: {},
      cacheDir: envPaths('grade', { suffix: '' }).cache,
      environment: process.env,
      trace: new Trace(),
      notice: () => {},
      progress: () => {},
      signal: AbortSignal.timeout(120_000),
    }),
  );
  const tenants = stack.use(await started.tenants('test', { interruptible }));
  const owned = stack.move();
  return { ...tenants, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
