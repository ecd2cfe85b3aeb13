/* oxlint-disable no-restricted-imports -- for tests only: it puts real parts together */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tempDir } from '../platform/temp-dir.ts';
import { localWorkspace } from '../submission/runtimes/local-workspace.ts';
import type { Workspace } from '../target/target.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');

/**
 * The local runtime's workspace with these files in it, for tests of checks that run programs.
 *
 * @param options.packages whether the grader's own packages (Jest, Express) are installed there
 */
export function testWorkspace(
  files: Readonly<Record<string, string>>,
  { packages = false }: { packages?: boolean } = {},
): () => Promise<Workspace> {
  return () =>
    localWorkspace({
      limits: { memoryMb: 512, cpus: 1, processes: 64, diskMb: 100, outputBytes: 256 * 1024 },
      signal: new AbortController().signal,
      environment: (root: string, env: Readonly<Record<string, string>>) => ({
        ...env,
        PATH: [dirname(process.execPath), join(root, 'node_modules/.bin'), '/usr/bin', '/bin'].join(':'),
      }),
      async copy() {
        const dir = await tempDir('test-workspace');
        for (const [path, content] of Object.entries(files)) {
          await mkdir(dirname(join(dir.path, path)), { recursive: true });
          await writeFile(join(dir.path, path), content);
        }
        if (packages) await symlink(MODULES, join(dir.path, 'node_modules'));
        return { dir, root: dir.path, appDir: dir.path };
      },
    } as unknown as Parameters<typeof localWorkspace>[0]);
}
