import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../submission.ts';
import { cacheEntry, platformKey } from './cache.ts';
import { fetchWithNpm } from './fetch-npm.ts';
import { findModules } from './modules.ts';
import type { InstallOptions } from './options.ts';
import type { Wanted } from './wanted.ts';

/**
 * Makes packages of the registry ready that belong to no submission; their install scripts do not run.
 *
 * @param packages version ranges by name
 * @returns the folder that holds their `node_modules`
 */
export async function installTools(
  packages: Readonly<Record<string, string>>,
  platform: Platform,
  options: InstallOptions,
): Promise<{ entry: string; cached: boolean }> {
  const manifest = { name: 'tools', version: '0.0.0', private: true, dependencies: packages };
  const key = ['tools', manifest, options.npm.version, ...platformKey(platform)];
  return cacheEntry(options.cacheDir, key, options.signal, async (staging) => {
    await writeFile(join(staging, 'package.json'), JSON.stringify(manifest));
    const wanted: Wanted = { ...EMPTY, manifests: {} };
    await fetchWithNpm(staging, wanted, platform, options);
    return { assumptions: [], modules: await findModules(staging) };
  });
}

const EMPTY: Wanted = {
  manager: 'npm',
  release: undefined,
  base: '',
  folder: '',
  manifests: {},
  pnpmWorkspace: undefined,
  lock: undefined,
  linked: false,
  legacyPeers: false,
  assumptions: [],
};
