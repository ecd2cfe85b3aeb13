import { createReadStream, createWriteStream } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { PassThrough, Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-fs';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import type { TempDir } from '../../platform/temp-dir.ts';
import type { SandboxOptions } from '../submission.ts';
import type { Container } from './container.ts';
import { APP_ROOT, PACKAGES, TOOLS } from './container-specification.ts';
import { PLACE_SCRIPT, type Placement, placements, programFolders } from './modules.ts';

/** Where things lie in a container. */
export interface Places {
  appDir: string;
  /** How packages are put beside the code. */
  modules: Placement[];
  /** Folders with programs of packages. */
  programs: string[];
}

export function places({ submission, installed }: SandboxOptions): Places {
  const inside = (path: string) => posix.join(APP_ROOT, relative(submission.root, path).split(sep).join('/'));
  return {
    appDir: inside(submission.appDir),
    modules: placements(installed, APP_ROOT, PACKAGES),
    programs: [
      ...programFolders(installed, APP_ROOT, submission.files.appFolder ?? ''),
      ...(installed.toolsDir === undefined ? [] : [`${TOOLS}/.bin`]),
    ],
  };
}

/** Where a certificate lies that Node is told to trust. */
export const TRUSTED = '/tmp/.grade-certificate.pem';

/** The submission as an archive. Files belong to nobody in particular: the user that unpacks them owns them. */
export function packTree(root: string): Readable {
  const archive = pack(root, {
    map: (header) => ({
      ...header,
      mode: (header.mode ?? 0) | (header.type === 'directory' ? 0o700 : 0o600),
      uid: 0,
      gid: 0,
      uname: '',
      gname: '',
    }),
  });
  const stream = new PassThrough();
  archive.on('error', (error) => stream.destroy(error));
  return archive.pipe(stream);
}

/** Unpacks an archive of a tree into a container, as the container's user. */
export async function unpackInto(
  container: Container,
  archive: Readable,
  { modules }: Places,
  trust = '',
): Promise<void> {
  const trusting = `[ -z "$1" ] || printf %s "$1" > ${TRUSTED} || exit\nshift`;
  const script = `tar -x -f - -C "$0" --no-same-owner --no-same-permissions || exit\n${trusting}\n${PLACE_SCRIPT}`;
  const { exitCode, stderr } = await container.output(
    ['sh', '-c', script, APP_ROOT, trust, ...modules.flatMap(({ kind, at, to }) => [kind, at, to])],
    { stdin: archive },
  );
  if (exitCode === 0) return;
  if (/No space left/.test(stderr))
    throw new LearnerError('The submission does not fit into the disk space that it has.', {
      mend: 'Keep build output, media and data out of the repository.',
    });
  throw new InfrastructureError(
    `The submission could not be copied into the container: ${stderr.trim().slice(0, 300) || `exit code ${exitCode}`}`,
    { mend: 'Check that the image has sh and tar.' },
  );
}

/** Saves a container's tree, such as the result of a build, without its packages; the archive is only ever unpacked in a container. */
export async function saveTree(container: Container, dir: TempDir, maxBytes: number): Promise<() => Readable> {
  const file = join(dir.path, 'built.tar');
  const into = new PassThrough();
  const saved = pipeline(into, limited(maxBytes), createWriteStream(file, { mode: 0o600 }));
  const { exited } = await container.exec(['tar', '-c', '-f', '-', '-C', APP_ROOT, '--exclude=node_modules', '.'], {
    into,
  });
  const exitCode = await Promise.race([exited, saved.then(() => 0)]);
  into.end();
  await saved;
  if (exitCode !== 0)
    throw new InfrastructureError(`The result of the build could not be read: tar ended with exit code ${exitCode}.`);
  return () => createReadStream(file);
}

function limited(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(
        bytes > maxBytes
          ? new LearnerError('The result of the build is larger than the disk space that it has.')
          : null,
        chunk,
      );
    },
  });
}
