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
export async function testServices(...kinds: ServiceKind[]): Promise<Tenants> {
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
  const tenants = stack.use(await started.tenants('test'));
  const owned = stack.move();
  return { ...tenants, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
