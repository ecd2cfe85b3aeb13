import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tools } from './tools.ts';

/**
 * Fetches packages of the machine's own Debian (or Ubuntu) with all that they need and the machine lacks,
 * and unpacks them into `dir`; needs no root and installs nothing.
 */
export async function unpackDebianPackages(packages: readonly string[], dir: string, tools: Tools): Promise<void> {
  const download = join(dir, '.download');
  await mkdir(download, { recursive: true });
  try {
    let options = ['-o', 'APT::Sandbox::User='];
    let names: string[];
    try {
      names = await missing(packages, options, tools);
    } catch {
      // No package lists, or old ones: take private ones, which any user may.
      options = [...options, ...(await privateLists(download, tools))];
      names = await missing(packages, options, tools);
    }
    if (names.length > 0) await tools.run(['apt-get', ...options, 'download', ...names], { cwd: download });
    for (const file of (await readdir(download)).filter((name) => name.endsWith('.deb'))) {
      await tools.run(['dpkg-deb', '-x', join(download, file), dir]);
    }
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}

/** LD_LIBRARY_PATH for programs that were unpacked into `dir`. */
export async function libraryPath(dir: string): Promise<string> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    folders.push(join(dir, base));
    for (const name of await readdir(join(dir, base)).catch(() => [])) {
      if (name.includes('-linux-')) folders.push(join(dir, base, name));
    }
  }
  return folders.join(':');
}

async function missing(packages: readonly string[], options: readonly string[], tools: Tools): Promise<string[]> {
  const plan = await tools.run([
    'apt-get',
    ...options,
    'install',
    '--simulate',
    '--no-install-recommends',
    '--no-upgrade',
    ...packages,
  ]);
  return Array.from(plan.matchAll(/^Inst (\S+)/gm), ([, name]) => name ?? '');
}

async function privateLists(download: string, tools: Tools): Promise<string[]> {
  const state = join(download, 'apt');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true });
  const options = ['-o', `Dir::State::Lists=${state}/lists`, '-o', `Dir::Cache=${state}/cache`];
  await tools.run(['apt-get', '-o', 'APT::Sandbox::User=', ...options, 'update']);
  return options;
}
