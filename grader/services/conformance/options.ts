import { homedir } from 'node:os';
import { join } from 'node:path';
import { Trace } from '../../platform/trace.ts';
import type { ProviderOptions } from '../service.ts';

/**
 * Options for tests: images and the cache as the environment says, so that tests share what was fetched.
 *
 * @param environment the test's own
 */
export function testOptions(
  environment: Readonly<Record<string, string | undefined>>,
  options: Partial<ProviderOptions> = {},
): ProviderOptions {
  const { GRADE_IMAGE_MONGO: mongo, GRADE_IMAGE_POSTGRES: postgres, GRADE_IMAGE_REDIS: redis } = environment;
  return {
    network: undefined,
    urls: {},
    images: { ...(mongo ? { mongo } : {}), ...(postgres ? { postgres } : {}), ...(redis ? { redis } : {}) },
    cacheDir: environment['GRADE_CACHE_DIR'] ?? join(homedir(), '.cache', 'grade'),
    environment,
    trace: new Trace(),
    notice: () => {},
    progress: () => {},
    signal: new AbortController().signal,
    ...options,
  };
}

/** Why Docker tests can't run; `false` where they can, or must. */
export async function withoutDocker(
  environment: Readonly<Record<string, string | undefined>>,
  provider: { available(): Promise<{ ok: true } | { ok: false; reason: string }> },
): Promise<string | false> {
  const available = await provider.available();
  return available.ok || environment['GRADE_REQUIRE_DOCKER'] === '1' ? false : available.reason;
}
