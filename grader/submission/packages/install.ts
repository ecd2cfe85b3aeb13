import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Assumption } from '../../report/schema.ts';
import type { Installed, ModulesFolder, Platform } from '../submission.ts';
import { cacheEntry, platformKey } from './cache.ts';
import { installTools } from './grader-tools.ts';
import type { InstallOptions } from './options.ts';
import { fetchWithNpm } from './fetch-npm.ts';
import { fetchWithPnpm } from './fetch-pnpm.ts';
import { fetchWithYarn, fetchWithYarnBerry } from './fetch-yarn.ts';
import { runInstallScripts } from './install-scripts.ts';
import { findModules, type KeptModules } from './modules.ts';
import { outerPackages } from './outer-packages.ts';
import { readWanted, type Wanted } from './wanted.ts';

/**
 * Makes packages ready for a submission: from the cache, or by the package manager that it is made for, without
 * running any code, after which the dependencies' install scripts run in the runtime.
 *
 * @throws {LearnerError} when what the submission asks for can't be had
 * @throws {InfrastructureError} when the registry, the disk or a package manager itself fails
 */
export async function install(options: InstallOptions): Promise<Installed> {
  const startedAt = performance.now();
  const { submission, runtime } = options;
  const wanted = await readWanted(submission);
  const outer = await outerPackages(submission);
  const extra = { ...outer.packages, ...options.tools };
  const platform = wanted === undefined && Object.keys(extra).length === 0 ? undefined : await runtime.platform();
  const own = wanted && platform && (await installOwn(wanted, platform, options));
  const tools =
    Object.keys(extra).length === 0 || platform === undefined
      ? undefined
      : await installTools(extra, platform, options);
  return {
    modulesDir: own?.entry,
    modules: (own?.modules ?? []).map((kept): ModulesFolder => inRepository(kept, wanted?.base ?? '')),
    toolsDir: tools?.entry,
    durationMs: performance.now() - startedAt,
    cached: (own?.cached ?? true) && (tools?.cached ?? true),
    assumptions: [...(wanted?.assumptions ?? []), ...(own?.assumptions ?? []), ...outer.assumptions],
  };
}

async function installOwn(wanted: Wanted, platform: Platform, options: InstallOptions) {
  const { assumptions: _said, base: _base, ...content } = wanted;
  const key = [content, options.runtime.name, options.npm.version, ...platformKey(platform)];
  return cacheEntry(options.cacheDir, key, options.signal, async (staging) => {
    for (const [path, text] of Object.entries(wanted.manifests)) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFile(join(staging, path), text);
    }
    const assumptions = await FETCH[wanted.manager](staging, wanted, platform, options);
    await runInstallScripts(join(staging, wanted.folder), options);
    return { assumptions, modules: await findModules(staging) };
  });
}

/** How each package manager downloads and unpacks; nothing of the packages is run. */
const FETCH: Record<
  Wanted['manager'],
  (staging: string, wanted: Wanted, platform: Platform, options: InstallOptions) => Promise<Assumption[]>
> = { npm: fetchWithNpm, yarn: fetchWithYarn, 'yarn-berry': fetchWithYarnBerry, pnpm: fetchWithPnpm };

function inRepository({ path, own }: KeptModules, base: string): ModulesFolder {
  const inside = Object.entries(own).map(([name, target]) => [name, posix.join(base, target)] as const);
  return { from: path, at: posix.join(base, path), own: Object.fromEntries(inside) };
}
