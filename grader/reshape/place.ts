import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writePnpmLock, writeYarnLock } from './locks.ts';
import type { Shape } from './shape.ts';

/** Moves a submission into the folder that a shape wants it in. @returns the app's folder, absolute */
export async function moveInto(root: string, rubric: string, folder: Shape['folder']): Promise<string> {
  if (folder === 'root') return root;
  const names = await readdir(root);
  const below = {
    'day folder': `${rubric.replace('-', ' ')} - my work`,
    backend: 'backend',
    workspace: 'packages/api',
  };
  const place = join(root, below[folder]);
  await mkdir(place, { recursive: true });
  for (const name of names) await rename(join(root, name), join(place, name));
  if (folder === 'backend') {
    await mkdir(join(root, 'frontend'));
    await writeFile(join(root, 'frontend', 'index.html'), '<!doctype html><title>Todos</title>\n');
  }
  if (folder !== 'workspace') return place;
  await writeJson(join(root, 'package.json'), { name: 'all', private: true, workspaces: ['packages/*'] });
  return place;
}

/** Leaves a submission to another package manager: its own lock, or none. */
export async function usePackageManager(app: string, packages: Shape['packages']): Promise<void> {
  const lock = join(app, 'package-lock.json');
  if (packages === 'npm') return;
  const text = await readFile(lock, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  await rm(lock);
  if (packages === 'yarn') await writeFile(join(app, 'yarn.lock'), writeYarnLock(text));
  if (packages === 'pnpm') await writeFile(join(app, 'pnpm-lock.yaml'), writePnpmLock(text));
}

/** Without `"type": "module"`. */
export async function forgetModuleType(app: string): Promise<void> {
  const path = join(app, 'package.json');
  const { type: _, ...rest } = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, 'utf8')));
  await writeJson(path, rest);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
