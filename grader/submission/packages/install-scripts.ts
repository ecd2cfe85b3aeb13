import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import { causeIn } from '../causes.ts';
import { DEFAULT_TIMEOUT_MS, type InstallOptions } from './options.ts';

/** Runs install scripts (native builds, as a rule), where any package has one. */
export async function runInstallScripts(staging: string, options: InstallOptions): Promise<void> {
  const names = await packagesWithScripts(staging);
  if (names.length === 0) return;
  const result = await options.runtime.runInstallScripts(staging, {
    limits: options.limits,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    signal: options.signal,
  });
  if (result.exitCode === 0) return;
  const lines = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(/^npm (error|ERR!|warn) ?/, '').slice(0, 500));
  const which = /path .*node_modules[\\/](.+)$/m.exec(lines.join('\n'))?.[1]?.trim() ?? names.slice(0, 3).join(', ');
  const offline = lines.find((line) =>
    /ENOTFOUND|EAI_AGAIN|ENETUNREACH|getaddrinfo|Could not resolve|network is unreachable/i.test(line),
  );
  const tools = lines.find((line) =>
    /find Python|not found: make|make: not found|g\+\+: not found|C\+\+ compiler/i.test(line),
  );
  if (offline !== undefined || tools !== undefined) {
    throw new InfrastructureError(
      `The package ${which} could not be built: ${offline === undefined ? 'the image has no compiler' : 'its install script wants to download something, which install scripts may not'}.`,
      {
        mend: 'Use an image with python3, make and g++ (node:24-bookworm rather than its slim variant), or a release of the package that brings its binaries along.',
      },
    );
  }
  const cause = causeIn(lines)?.cause;
  throw new LearnerError(
    `The install script of ${which} failed${result.timedOut ? ': it did not end in time' : cause === undefined ? '' : `: ${cause}`}.`,
    {
      fault: result.timedOut ? 'timeout' : 'learner',
      logs: lines.slice(-40),
      mend: 'Use a release of the package that installs on a fresh machine.',
    },
  );
}

/** Packages with a script that runs when they are installed, by their names. */
async function packagesWithScripts(folder: string): Promise<string[]> {
  const names: string[] = [];
  const look = async (modules: string): Promise<void> => {
    for (const entry of await readdir(modules, { withFileTypes: true }).catch(() => [])) {
      const path = join(modules, entry.name);
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
      if (entry.name.startsWith('@')) {
        await look(path);
        continue;
      }
      if (await hasInstallScript(path)) names.push(path.replace(/^.*node_modules[\\/]/, ''));
      await look(join(path, 'node_modules'));
    }
  };
  await look(join(folder, 'node_modules'));
  return names;
}

async function hasInstallScript(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  if (!/"(pre|post)?install"|"gypfile"/.test(text)) return (await readdir(folder)).includes('binding.gyp');
  const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
  return (
    ['preinstall', 'install', 'postinstall'].some((name) => Object.hasOwn(scripts, name)) ||
    (await readdir(folder)).includes('binding.gyp')
  );
}
