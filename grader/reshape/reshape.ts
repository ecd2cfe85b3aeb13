import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { parseSource, type SyntaxNode } from '../platform/syntax.ts';
import type { Rubric } from '../rubric/schema.ts';
import { listFiles } from '../submission/files.ts';
import { toCommonJs } from './commonjs.ts';
import { forgetModuleType, moveInto, usePackageManager } from './place.ts';
import { addPrefix } from './prefix.ts';
import { renameFields } from './names.ts';
import type { Shape } from './shape.ts';
import { changesWire, SCHEME_MODULE, startsApp, wireModule, wrapApp } from './wire.ts';

const TEST = /(^|\/)tests?\//;

/**
 * Gives a copy of a solution (an Express app in ES modules that `createApp` makes) another shape, in place. What it
 * means stays the same.
 *
 * @throws {Error} for a solution that is not written as ours are
 */
export async function reshape(root: string, rubric: Pick<Rubric, 'rubric' | 'contract'>, shape: Shape): Promise<void> {
  const files = (await listFiles(root)).filter((path) => path.endsWith('.js'));
  const operations = Object.values(rubric.contract);
  const starts = [...new Set(operations.map(({ request }) => request.split('/')[1] ?? ''))];
  if (shape.prefix !== '' && operations.length > 0) {
    await change(root, files, (text, program, path) =>
      addPrefix(text, program, { prefix: shape.prefix, starts, isTest: TEST.test(path) }),
    );
  }
  if (shape.names !== 'contract') await renameEverywhere(root);
  if (changesWire(shape) && operations.length > 0) files.push(...(await speakAnother(root, files, starts, shape)));
  if (shape.modules === 'commonjs') {
    await change(root, files, (text, program) => toCommonJs(text, program));
    await forgetModuleType(root);
  }
  await usePackageManager(root, shape.packages);
  await moveInto(root, rubric.rubric, shape.folder);
}

async function speakAnother(
  root: string,
  files: readonly string[],
  starts: readonly string[],
  shape: Shape,
): Promise<string[]> {
  let place: string | undefined;
  await change(root, files, (text, program, path) => {
    if (TEST.test(path) || !startsApp(program)) return text;
    place = posix.join(dirname(path), 'dialect.js');
    return wrapApp(text, program, './dialect.js') ?? text;
  });
  if (place === undefined) throw new Error('no file of the solution starts an app that createApp makes');
  const scheme = posix.join(dirname(place), 'scheme.js');
  await writeFile(join(root, place), wireModule(shape, starts));
  await writeFile(join(root, scheme), SCHEME_MODULE);
  return [place, scheme];
}

/** Fields have their names in SQL, too. */
async function renameEverywhere(root: string): Promise<void> {
  for (const path of (await listFiles(root)).filter((name) => /\.(js|sql)$/.test(name))) {
    const text = await readFile(join(root, path), 'utf8');
    const changed = renameFields(text);
    if (changed !== text) await writeFile(join(root, path), changed);
  }
}

/** Rewrites files; one that does not parse stays as it is. */
async function change(
  root: string,
  files: readonly string[],
  rewrite: (text: string, program: SyntaxNode, path: string) => string,
): Promise<void> {
  for (const path of files) {
    const text = await readFile(join(root, path), 'utf8');
    const parsed = parseSource(path, text);
    if (!('program' in parsed)) continue;
    const changed = rewrite(text, parsed.program, path);
    if (changed !== text) await writeFile(join(root, path), changed);
  }
}
