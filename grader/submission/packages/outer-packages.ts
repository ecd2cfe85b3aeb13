import { posix } from 'node:path';
import type { Assumption } from '../../report/schema.ts';
import { readPackage } from '../package-json.ts';
import type { Submission } from '../submission.ts';
import { foreign } from './foreign.ts';

/**
 * Packages that the app loads and that only a package.json in a folder above declares: Node finds them there on the
 * learner's machine.
 */
export async function outerPackages({
  root,
  packageDir,
  files,
  sources,
}: Submission): Promise<{ packages: Record<string, string>; assumptions: Assumption[] }> {
  const folder = packageDir === undefined ? '' : posix.relative(root, packageDir);
  const packages: Record<string, string> = {};
  const assumptions: Assumption[] = [];
  const own = packageDir === undefined ? undefined : await readPackage(root, packageDir);
  for (let above = folder; above !== '';) {
    above = above.includes('/') ? posix.dirname(above) : '';
    if (!sources.has(posix.join(above, 'package.json'))) continue;
    // One that is broken declares nothing, and is not the app's.
    const outer = await readPackage(root, posix.join(root, above)).catch(() => undefined);
    for (const [name, range] of Object.entries({ ...outer?.devDependencies, ...outer?.dependencies })) {
      const declared = own?.dependencies?.[name] ?? own?.devDependencies?.[name] ?? packages[name];
      if (declared !== undefined || foreign(range) !== undefined || !/^[\w.^~<>=|* -]*$/.test(range)) continue;
      const user = loads(sources.code(files.appFolder), name, (path) => sources.text(path));
      if (user === undefined) continue;
      packages[name] = range;
      assumptions.push({
        what: `The package ${name} was installed for the app`,
        because: `${user} loads it, and ${posix.join(above, 'package.json')} declares it`,
      });
    }
  }
  return { packages, assumptions };
}

/** The first file that loads a package. */
function loads(paths: readonly string[], name: string, text: (path: string) => string | undefined): string | undefined {
  const wanted = [`'${name}'`, `"${name}"`, `'${name}/`, `"${name}/`];
  return paths.find((path) => wanted.some((one) => text(path)?.includes(one)));
}
