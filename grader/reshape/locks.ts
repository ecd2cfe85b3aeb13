import { stringify } from 'yaml';
import { z } from 'zod';

const entrySchema = z.looseObject({
  /** Set for a package that is installed under another name. */
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
});
type Entry = z.infer<typeof entrySchema>;
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) });

/** A package that another one asks for, as npm's lock resolves it. */
interface Edge {
  name: string;
  range: string;
  entry: Entry;
}

/** What an npm lock says, written as a lock of yarn 1. */
export function writeYarnLock(npmLock: string): string {
  const { packages } = lockSchema.parse(JSON.parse(npmLock));
  const blocks = new Map<string, { ranges: Set<string>; entry: Entry }>();
  for (const [path, from] of Object.entries(packages)) {
    for (const { name, range, entry } of edges(packages, path, from)) {
      const key = `${name}@${entry.version}`;
      const block = blocks.get(key) ?? { ranges: new Set(), entry };
      block.ranges.add(`${name}@${range}`);
      blocks.set(key, block);
    }
  }
  const texts = [...blocks.values()].map(({ ranges, entry }) => {
    const head = [...ranges].toSorted().map((range) => JSON.stringify(range));
    const sections = Object.entries({
      dependencies: entry.dependencies,
      optionalDependencies: entry.optionalDependencies,
    })
      .filter(([, list]) => Object.keys(list).length > 0)
      .map(([title, list]) =>
        [
          `  ${title}:`,
          ...Object.entries(list).map(([name, range]) => `    ${JSON.stringify(name)} ${JSON.stringify(range)}`),
        ].join('\n'),
      );
    return [
      `${head.join(', ')}:`,
      `  version ${JSON.stringify(entry.version)}`,
      ...(entry.resolved === undefined ? [] : [`  resolved ${JSON.stringify(entry.resolved)}`]),
      ...(entry.integrity === undefined ? [] : [`  integrity ${entry.integrity}`]),
      ...sections,
    ].join('\n');
  });
  return `# yarn lockfile v1\n\n\n${texts.toSorted().join('\n\n')}\n`;
}

/** What an npm lock says, written as a lock of pnpm (version 9 of its format). */
export function writePnpmLock(npmLock: string): string {
  const { packages } = lockSchema.parse(JSON.parse(npmLock));
  const listed: Record<string, unknown> = {};
  const snapshots: Record<string, unknown> = {};
  const versions = (found: readonly Edge[]) =>
    Object.fromEntries(
      found.map(({ name, entry }) => [
        name,
        entry.name === undefined ? entry.version : `${entry.name}@${entry.version}`,
      ]),
    );
  for (const [path, from] of Object.entries(packages)) {
    if (path === '') continue;
    const key = `${from.name ?? nameIn(path)}@${from.version}`;
    const { peers, optional, normal } = split(packages, path, from);
    listed[key] = {
      resolution: { integrity: from.integrity },
      ...(from['engines'] === undefined ? {} : { engines: from['engines'] }),
      ...(from['os'] === undefined ? {} : { os: from['os'] }),
      ...(from['cpu'] === undefined ? {} : { cpu: from['cpu'] }),
      ...(from['libc'] === undefined ? {} : { libc: from['libc'] }),
      ...(from['bin'] === undefined ? {} : { hasBin: true }),
    };
    const all = versions([...normal, ...peers]);
    snapshots[key] = {
      ...(Object.keys(all).length === 0 ? {} : { dependencies: all }),
      ...(optional.length === 0 ? {} : { optionalDependencies: versions(optional) }),
      ...(from['optional'] === true ? { optional: true } : {}),
    };
  }
  const root = packages[''];
  const importer = (section: 'dependencies' | 'devDependencies') => {
    const list = root?.[section] ?? {};
    return Object.fromEntries(
      Object.entries(list).map(([name, specifier]) => [
        name,
        { specifier, version: packages[`node_modules/${name}`]?.version },
      ]),
    );
  };
  return stringify({
    lockfileVersion: '9.0',
    settings: { autoInstallPeers: true, excludeLinksFromLockfile: false },
    importers: { '.': { dependencies: importer('dependencies'), devDependencies: importer('devDependencies') } },
    packages: listed,
    snapshots,
  });
}

type Packages = Readonly<Record<string, Entry>>;

function edges(packages: Packages, path: string, from: Entry): Edge[] {
  const { normal, optional } = split(packages, path, from);
  return [...normal, ...optional];
}

function split(packages: Packages, path: string, from: Entry): { normal: Edge[]; optional: Edge[]; peers: Edge[] } {
  const found = (list: Readonly<Record<string, string>>) =>
    Object.entries(list).flatMap(([name, range]): Edge[] => {
      const entry = resolved(packages, path, name);
      return entry === undefined ? [] : [{ name, range, entry }];
    });
  const normal = Object.fromEntries(
    Object.entries({ ...from.dependencies, ...(path === '' ? from.devDependencies : {}) }).filter(
      ([name]) => !Object.hasOwn(from.optionalDependencies, name),
    ),
  );
  return { normal: found(normal), optional: found(from.optionalDependencies), peers: found(from.peerDependencies) };
}

/** As Node looks for a package: in the folder's own node_modules, then in those above. */
function resolved(packages: Packages, path: string, name: string): Entry | undefined {
  for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    const entry = packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (entry !== undefined || folder === '') return entry;
    if (!folder.includes('/node_modules/')) return packages[`node_modules/${name}`];
  }
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
