import type { Recorder } from '../recorder.ts';
import type { SourceTree } from './source-tree.ts';

const SOURCES = ['**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}'];
const LISTS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
/** Longer lines are not written by hand. */
const MAX_LINE_CHARS = 2000;

/** Notes whether one of the packages is listed in package.json, and imported by the source. */
export async function checkPackages(record: Recorder, source: SourceTree, packages: readonly string[]): Promise<void> {
  const names = packages.length === 1 ? (packages[0] ?? '') : `one of ${packages.join(', ')}`;
  const listed = await listedPackages(source);
  const wanted = packages.filter((name) => listed.has(name));
  record.assert(`package.json lists ${names}`, wanted.length > 0, {
    expected: `${names} among the dependencies`,
    received: listed.size === 0 ? 'no dependencies' : [...listed].slice(0, 30).join(', '),
  });
  const place = await findImport(source, wanted.length > 0 ? wanted : packages);
  record.assert(`the source imports ${names}`, place !== undefined, {
    expected: `import … from '${packages[0]}', or require('${packages[0]}')`,
    received: place ?? 'no file imports it',
  });
}

/** Names that package.json lists, in the app's folder or in the root of the submission. */
async function listedPackages(source: SourceTree): Promise<Set<string>> {
  const names = new Set<string>();
  for (const path of new Set([...source.matching(['package.json']), ...source.matchingAnywhere(['package.json'])])) {
    const manifest = parse(await source.read(path));
    for (const list of LISTS) {
      const dependencies = Object.hasOwn(manifest, list) ? manifest[list] : undefined;
      if (dependencies !== null && typeof dependencies === 'object')
        for (const name of Object.keys(dependencies)) names.add(name);
    }
  }
  return names;
}

/** The first place that imports one of the packages, as `file:line`. */
async function findImport(source: SourceTree, packages: readonly string[]): Promise<string | undefined> {
  const specifiers = packages.flatMap((name) => ["'", '"', '`'].map((quote) => ({ open: `${quote}${name}`, quote })));
  for (const path of source.matching(SOURCES)) {
    const text = await source.read(path);
    for (const [i, line] of text.split('\n').entries()) {
      if (line.length <= MAX_LINE_CHARS && imports(line, specifiers)) return `${path}:${i + 1}`;
    }
  }
  return undefined;
}

/** Comment lines don't count; a specifier is the package itself or a path in it. */
function imports(line: string, specifiers: readonly { open: string; quote: string }[]): boolean {
  const code = line.trimStart();
  if (code.startsWith('//') || code.startsWith('*') || code.startsWith('/*')) return false;
  return specifiers.some(({ open, quote }) => {
    const start = code.indexOf(open);
    if (start < 0) return false;
    const after = code.charAt(start + open.length);
    const before = code.slice(0, start).trimEnd();
    return (after === quote || after === '/') && /(\bfrom|\bimport|\b(require|import)\s*\()$/.test(before);
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
