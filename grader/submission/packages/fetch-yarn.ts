import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Assumption } from '../../report/schema.ts';
import type { Platform } from '../submission.ts';
import type { InstallOptions } from './options.ts';
import { REGISTRY_MARK } from './lock.ts';
import { managerError, prepareManager } from './managers.ts';
import type { Wanted } from './wanted.ts';

const UNFIT = {
  what: 'The packages were installed by "yarn install"',
  because: 'yarn.lock does not fit package.json, so that it was not followed to the letter',
};

/** Installs with yarn 1. Nothing of the packages is run. */
export async function fetchWithYarn(
  staging: string,
  wanted: Wanted,
  platform: Platform,
  options: InstallOptions,
): Promise<Assumption[]> {
  const folder = join(staging, wanted.folder);
  const yarn = await prepareManager('yarn', '^1.22.0', 'yarn/bin/yarn.js', options);
  const lockFile = join(folder, 'yarn.lock');
  if (wanted.lock !== undefined) await writeFile(lockFile, wanted.lock.text.replaceAll(REGISTRY_MARK, yarn.registry));
  const run = (...more: string[]) =>
    yarn.run(folder, [
      'install',
      '--ignore-scripts',
      '--non-interactive',
      '--no-progress',
      '--ignore-engines',
      '--production=false',
      '--no-default-rc',
      '--no-node-version-check',
      ...(platform.os === process.platform && platform.cpu === process.arch ? [] : ['--ignore-platform']),
      '--registry',
      yarn.registry,
      '--cache-folder',
      join(yarn.storeDir, 'yarn'),
      ...more,
    ]);
  const first = await run(...(wanted.lock === undefined ? [] : ['--frozen-lockfile']));
  if (first.exitCode === 0) return [];
  if (wanted.lock === undefined || !/frozen-lockfile|needs to be updated/.test(`${first.stdout}${first.stderr}`))
    throw managerError('yarn', first);
  const second = await run();
  if (second.exitCode !== 0) throw managerError('yarn', second);
  return [UNFIT];
}

/** Installs with yarn 2 or later, into a node_modules folder. Nothing of the packages is run. */
export async function fetchWithYarnBerry(
  staging: string,
  wanted: Wanted,
  platform: Platform,
  options: InstallOptions,
): Promise<Assumption[]> {
  const folder = join(staging, wanted.folder);
  const yarn = await prepareManager('@yarnpkg/cli-dist', '^4.0.0', '@yarnpkg/cli-dist/bin/yarn.js', options);
  const lockFile = join(folder, 'yarn.lock');
  const before = wanted.lock?.text ?? '';
  await writeFile(lockFile, before);
  await writeFile(
    join(folder, '.yarnrc.yml'),
    stringify({
      nodeLinker: 'node-modules',
      enableScripts: false,
      enableTelemetry: false,
      enableGlobalCache: true,
      enableImmutableInstalls: false,
      enableInlineBuilds: true,
      enableProgressBars: false,
      globalFolder: join(yarn.storeDir, 'yarn-berry'),
      npmRegistryServer: yarn.registry.replace(/\/$/, ''),
      unsafeHttpWhitelist: [new URL(yarn.registry).hostname],
      // A lock of an older release names no checksum that a newer one knows.
      checksumBehavior: 'update',
      supportedArchitectures: {
        os: [platform.os],
        cpu: [platform.cpu],
        ...(platform.libc === undefined ? {} : { libc: [platform.libc] }),
      },
    }),
  );
  const result = await yarn.run(folder, ['install', '--mode=skip-build']);
  if (result.exitCode !== 0) throw managerError('yarn', result);
  const after = await readFile(lockFile, 'utf8');
  await rm(join(folder, '.yarnrc.yml'));
  return wanted.lock === undefined || sameKeys(before, after) ? [] : [UNFIT];
}

/** Whether two locks are of the same packages; formats differ between releases. */
function sameKeys(before: string, after: string): boolean {
  const versions = (text: string) =>
    new Set(
      [...text.matchAll(/^ {2}resolution: "?([^"\n]+)/gm)].map(([, one = '']) => one.replace(/@workspace:.*/, '')),
    );
  const [old, now] = [versions(before), versions(after)];
  return [...now].every((one) => old.has(one) || /@?submission|@?own-package/.test(one));
}
