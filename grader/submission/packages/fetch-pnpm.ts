import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Assumption } from '../../report/schema.ts';
import type { Platform } from '../submission.ts';
import type { InstallOptions } from './options.ts';
import { managerError, prepareManager } from './managers.ts';
import type { Wanted } from './wanted.ts';

/** Installs with pnpm into a flat node_modules, as npm would. Nothing of the packages is run. */
export async function fetchWithPnpm(
  staging: string,
  wanted: Wanted,
  platform: Platform,
  options: InstallOptions,
): Promise<Assumption[]> {
  const folder = join(staging, wanted.folder);
  const pnpm = await prepareManager('pnpm', rangeFor(wanted), 'pnpm/bin/pnpm.cjs', options);
  const lock = wanted.lock?.text;
  const settings = lockSettings(lock);
  if (lock !== undefined) await writeFile(join(folder, 'pnpm-lock.yaml'), lock);
  if (wanted.pnpmWorkspace !== undefined) await writeFile(join(folder, 'pnpm-workspace.yaml'), wanted.pnpmWorkspace);
  const lines = {
    registry: pnpm.registry,
    'node-linker': 'hoisted',
    'ignore-scripts': true,
    // A link into the store would let an install script change what others get.
    'package-import-method': 'copy',
    'store-dir': join(pnpm.storeDir, 'pnpm'),
    'cache-dir': join(pnpm.storeDir, 'pnpm-cache'),
    'state-dir': join(pnpm.storeDir, 'pnpm-state'),
    'manage-package-manager-versions': false,
    'engine-strict': false,
    'strict-peer-dependencies': false,
    'auto-install-peers': settings.autoInstallPeers,
    'exclude-links-from-lockfile': settings.excludeLinksFromLockfile,
    'update-notifier': false,
    'side-effects-cache': false,
    'link-workspace-packages': true,
  };
  await writeFile(
    join(folder, '.npmrc'),
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { pnpm?: object };
  const supportedArchitectures = {
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc === undefined ? {} : { libc: [platform.libc] }),
  };
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ ...manifest, pnpm: { ...manifest.pnpm, supportedArchitectures } }),
  );
  const run = (...more: string[]) => pnpm.run(folder, ['install', '--reporter=append-only', ...more]);
  const first = await run(lock === undefined ? '--no-frozen-lockfile' : '--frozen-lockfile');
  const assumptions: Assumption[] = [];
  if (first.exitCode !== 0) {
    if (lock === undefined || !/LOCKFILE|frozen-lockfile/.test(`${first.stdout}${first.stderr}`))
      throw managerError('pnpm', first);
    const second = await run('--no-frozen-lockfile');
    if (second.exitCode !== 0) throw managerError('pnpm', second);
    assumptions.push({
      what: 'The packages were installed by "pnpm install --no-frozen-lockfile"',
      because: 'pnpm-lock.yaml does not fit package.json',
    });
  }
  await rm(join(folder, '.npmrc'));
  return assumptions;
}

/** The release that reads this lock: each knows its own format, and the one before at best. */
function rangeFor({ lock, release }: Wanted): string {
  const format = /^lockfileVersion: '?(\d+)/m.exec(lock?.text ?? '')?.[1];
  const major = format === undefined ? Number(release?.split('.')[0] ?? 10) : (LOCK_FORMATS[format] ?? 10);
  return `^${Math.min(10, Math.max(7, major))}.0.0`;
}

const LOCK_FORMATS: Readonly<Record<string, number>> = { '5': 7, '6': 8, '9': 10 };

/** A lock is refused where these differ from those that it was made with. */
function lockSettings(lock: string | undefined): { autoInstallPeers: boolean; excludeLinksFromLockfile: boolean } {
  try {
    const head = parse((lock ?? '').split(/^importers:|^dependencies:|^packages:/m)[0] ?? '') as {
      settings?: Record<string, unknown>;
    } | null;
    return {
      autoInstallPeers: head?.settings?.['autoInstallPeers'] !== false,
      excludeLinksFromLockfile: head?.settings?.['excludeLinksFromLockfile'] === true,
    };
  } catch {
    return { autoInstallPeers: true, excludeLinksFromLockfile: false };
  }
}
