import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { messageOf } from '../../platform/errors.ts';
import { runCommand } from '../../platform/process.ts';
import { providers } from '../../services/providers/index.ts';
import { readSettings, type Settings } from '../../settings.ts';
import { findNpm } from '../../submission/packages/npm.ts';
import { dockerRuntime } from '../../submission/runtimes/docker.ts';
import type { Session } from '../session.ts';

/** One thing that grade can use. */
export interface Finding {
  what: string;
  /** `optional`: not there, and another way is. `missing`: grading can't work without. */
  state: 'there' | 'optional' | 'missing';
  detail: string;
  /** How to get it, unless it is there. */
  mend?: string;
}

/** Less than this on the disk of the cache makes gradings fail half-way. */
const DISK_NEEDED_BYTES = 2 * 1024 ** 3;

/** Looks at everything that grading uses; starts nothing. */
export async function examine(session: Session): Promise<Finding[]> {
  const settings = readSettings(session.env);
  return Promise.all([node(), npm(settings), git(settings), docker(settings), embedded(), cache(settings)]);
}

async function node(): Promise<Finding> {
  return { what: 'Node', state: 'there', detail: `${process.versions.node} (${process.execPath})` };
}

async function npm(settings: Settings): Promise<Finding> {
  try {
    const found = await findNpm(settings.environment);
    return { what: 'npm', state: 'there', detail: found.version };
  } catch (error) {
    return {
      what: 'npm',
      state: 'missing',
      detail: messageOf(error),
      mend: 'Install Node.js with npm: it installs the packages of submissions.',
    };
  }
}

async function git(settings: Settings): Promise<Finding> {
  const result = await runCommand(['git', '--version'], {
    env: { PATH: settings.environment['PATH'] ?? '' },
    timeoutMs: 5000,
  });
  if (result.exitCode === 0) return { what: 'git', state: 'there', detail: result.stdout.trim() };
  return {
    what: 'git',
    state: 'optional',
    detail: 'not found',
    mend: 'Install git, so that reports name the commit that was graded.',
  };
}

async function docker(settings: Settings): Promise<Finding> {
  const available = await dockerRuntime({ image: settings.images.node }).available();
  if (available.ok) return { what: 'Docker', state: 'there', detail: available.detail };
  return { what: 'Docker', state: 'optional', detail: available.reason, mend: available.mend };
}

async function embedded(): Promise<Finding> {
  const available = await providers.embedded.available();
  if (available.ok) return { what: 'Embedded servers', state: 'there', detail: available.detail };
  return { what: 'Embedded servers', state: 'optional', detail: available.reason, mend: available.mend };
}

async function cache({ cacheDir }: Settings): Promise<Finding> {
  const what = 'Cache';
  try {
    await mkdir(cacheDir, { recursive: true, mode: 0o700 });
    await access(cacheDir, constants.W_OK);
  } catch (error) {
    return {
      what,
      state: 'missing',
      detail: `${cacheDir} can’t be written: ${messageOf(error)}`,
      mend: 'Set GRADE_CACHE_DIR to a folder that you may write to.',
    };
  }
  const { bavail, bsize } = await statfs(cacheDir);
  const free = bavail * bsize;
  const detail = `${cacheDir}, ${(free / 1024 ** 3).toFixed(1)} GB free`;
  return free < DISK_NEEDED_BYTES
    ? {
        what,
        state: 'missing',
        detail,
        mend: 'Make room: the servers and packages that are kept there need about 2 GB.',
      }
    : { what, state: 'there', detail };
}
