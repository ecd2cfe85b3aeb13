import { posix } from 'node:path';
import type { Cause, Facts, Pattern } from './cause.ts';
import { where, placeIn, placesOf, shortPath } from './place.ts';

const EXTENSIONS = ['.js', '.ts', '.mjs', '.cjs', '/index.js', '/index.ts'];

/** Files and packages that are not there, and the two module systems taken for one another. */
export const MODULE_PATTERNS: readonly Pattern[] = [
  {
    pattern: /@prisma\/client did not initialize yet|Cannot find module '\.prisma\/client/,
    explain: () => ({
      kind: 'missing-build',
      cause: 'the Prisma client was not generated',
      mend: 'Generate it when packages are installed: "postinstall": "prisma generate" among the scripts of package.json, with prisma among the dependencies.',
      places: [],
    }),
  },
  {
    pattern: /Cannot find (?:module|package) '([^']{1,300})'(?: imported from '?([^'\s]{1,300}))?/,
    explain([, name = '', importer], { lines, at, facts }) {
      const importedBy = importer === undefined ? requiredBy(lines, at) : shortPath(importer);
      const places =
        importedBy !== undefined && facts.sources.has(importedBy)
          ? [
              {
                file: importedBy,
                line: lineOf(importedBy, name, facts),
                message: `${shortPath(name)} is asked for here`,
              },
            ]
          : [];
      return isFile(name) ? missingFile(name, importedBy, places, facts) : missingPackage(name, places, facts);
    },
  },
  {
    pattern: /Directory import '([^']{1,300})' is not supported resolving ES modules/,
    explain: ([, name = ''], { facts }) => ({
      kind: 'module-system',
      cause: `it imports the folder "${shortPath(name)}" in an ES module`,
      mend: 'Name the file: ES modules take no folder for its index.js.',
      places: placesOf(posix.basename(name), facts, 'the folder is imported here', 1),
    }),
  },
  {
    pattern: /does not provide an export named '?([^']{1,100})'?/,
    explain: ([, name = ''], { lines, at, facts }) => ({
      kind: 'module-system',
      cause: `a module has no export named "${name}"`,
      mend: 'Check the names in that import and in the file that exports them.',
      places: placeIn(lines, at, facts, 'the import is here'),
    }),
  },
  {
    pattern: /Named export '([^']{1,100})' not found/,
    explain: ([, name = ''], { lines, at, facts }) => ({
      kind: 'module-system',
      cause: `"${name}" can’t be imported by name from a CommonJS package`,
      mend: `Import the package whole (import pkg from …) and take ${name} from it.`,
      places: placeIn(lines, at, facts, 'the import is here'),
    }),
  },
  {
    pattern:
      /Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta' outside a module/,
    explain: (_match, { lines, at, facts }) => {
      const places = placeIn(lines, at, facts, 'import or export in a file that is taken for CommonJS');
      const typescript = places[0]?.file.endsWith('.ts') === true;
      return {
        kind: 'module-system',
        cause: `it uses import or export in a file that Node takes for CommonJS${where(places)}`,
        mend: typescript
          ? 'Start the compiled JavaScript or use tsx; or put "type": "module" into package.json.'
          : 'Put "type": "module" into package.json, or use require.',
        places,
      };
    },
  },
  {
    pattern: /(require|module|exports|__dirname|__filename) is not defined(?: in ES module scope|$)/,
    explain: ([, name = ''], { lines, at, facts }) => {
      const places = placeIn(lines, at, facts, `${name} in an ES module`);
      return {
        kind: 'module-system',
        cause: `it uses ${name} in an ES module${where(places)}`,
        mend: 'Use import, or take "type": "module" out of package.json.',
        places,
      };
    },
  },
  {
    pattern:
      /ERR_REQUIRE_(?:ESM|ASYNC_MODULE)\]?:? ?(?:require\(\) of ES Module (\S{1,300}))?|require\(\) of ES Module (\S{1,300})/,
    explain: ([, first, second], { lines, at, facts }) => ({
      kind: 'module-system',
      cause: `it requires ${(first ?? second) === undefined ? 'an ES module' : `"${shortPath(first ?? second ?? '').replace(/^.*node_modules\//, '')}", an ES module`}`,
      mend: 'Use import, or a release of the package that is CommonJS.',
      places: placeIn(lines, at, facts, 'it is required here'),
    }),
  },
  {
    pattern: /Unknown file extension "(\.\w{1,5})" for (\S{1,300})/,
    explain: ([, extension = '', file = ''], { facts }) => ({
      kind: 'module-system',
      cause: `Node can’t run ${shortPath(file)} as it is: "${extension}" is not JavaScript`,
      mend: 'Start it with tsx, or build it first and start the JavaScript.',
      places: facts.sources.has(shortPath(file))
        ? [{ file: shortPath(file), line: 1, message: 'started as it is' }]
        : [],
    }),
  },
  {
    pattern: /^(?:Uncaught |\[\w+\] )?SyntaxError:? ?(?:\[\w{1,60}\]: )?(.{1,200})/,
    explain: ([, message = ''], { lines, at, facts }) => {
      const places = placeIn(lines, at, facts, message);
      return {
        kind: 'syntax',
        cause: `it has a syntax error${where(places)}: ${message}`,
        mend: places.length > 0 ? 'Correct that line.' : 'Correct the line that Node names in the log.',
        places,
      };
    },
  },
  {
    // esbuild, as tsx has it: "/app/src/server.ts:7:3: ERROR: Expected ")" but found ";"".
    pattern:
      /^(\/\S{1,300}):(\d{1,6}):\d{1,6}: ERROR: (.{1,200})|^(\S{1,300}\.tsx?)[(:](\d{1,6})[,:]\d{1,6}\)?:? - error TS1\d{3}: (.{1,200})/,
    explain([, tsxFile, tsxLine, tsxText, tscFile, tscLine, tscText], { facts }) {
      const file = shortPath(tsxFile ?? tscFile ?? '');
      const message = tsxText ?? tscText ?? '';
      const places = facts.sources.has(file) ? [{ file, line: Number(tsxLine ?? tscLine), message }] : [];
      return {
        kind: 'syntax',
        cause: `it has a syntax error${where(places)}: ${message}`,
        mend: 'Correct that line.',
        places,
      };
    },
  },
];

function missingFile(name: string, importedBy: string | undefined, places: Cause['places'], facts: Facts): Cause {
  const target = targetOf(name, importedBy);
  const shown = shortPath(target);
  const spelled = facts.sources.paths.find((path) =>
    ['', ...EXTENSIONS].some((extension) => path.toLowerCase() === `${shown}${extension}`.toLowerCase()),
  );
  const base = { kind: 'missing-module', places } as const;
  if (spelled !== undefined && !spelled.startsWith(shown)) {
    return {
      ...base,
      cause: `it asks for the file "${shown}", but the file’s name is ${spelled}${where(places)}`,
      mend: 'Write the name as the file has it, upper and lower case too: Linux tells them apart.',
    };
  }
  if (spelled !== undefined && spelled !== shown) {
    return {
      ...base,
      kind: 'module-system',
      cause: `it imports "${shown}" without the extension (${spelled}) in an ES module${where(places)}`,
      mend: `Write the whole name: ${posix.basename(spelled)}.`,
    };
  }
  if (/^(dist|build|out|lib)\//.test(withoutFolder(shown, facts))) {
    return {
      ...base,
      kind: 'missing-build',
      cause: `the file "${shown}", which a build makes, is not there`,
      mend: 'Give package.json a script "build" that makes it (such as tsc), or name the command in grade.yaml (build: npx tsc).',
    };
  }
  return {
    ...base,
    cause: `it can’t find the file "${shown}"${where(places)}`,
    mend: 'Check the path and its spelling, upper and lower case too, and that the file is committed.',
  };
}

function missingPackage(name: string, places: Cause['places'], facts: Facts): Cause {
  const parts = name.split('/');
  const own = name.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? name);
  const alias = /^[@~]\/|^@(src|app|config|models|routes)\b|^src\//.test(name);
  const { manifest } = facts;
  const listed =
    manifest !== undefined &&
    [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some(
      (list) => list !== undefined && Object.hasOwn(list, own),
    );
  return {
    kind: 'missing-module',
    cause: alias
      ? `it can’t find "${name}", a short name for a folder of its own${where(places)}`
      : `it can’t find the package "${own}"${manifest === undefined || listed ? '' : ', which package.json does not list'}${where(places)}`,
    mend: alias
      ? 'Short names of tsconfig.json mean nothing to Node: use relative paths, or a loader such as tsx.'
      : listed
        ? `It is in package.json: check that its release still has "${name}".`
        : `Add it to the dependencies: npm install ${own}`,
    places,
  };
}

/** "Require stack:\n- /app/src/server.js" stands below the error. */
function requiredBy(lines: readonly string[], at: number): string | undefined {
  const stack = lines.slice(at + 1, at + 4);
  const first = /^\s*- (\/\S{1,300})/.exec(stack[stack.findIndex((line) => /Require stack/.test(line)) + 1] ?? '');
  return first?.[1] === undefined ? undefined : shortPath(first[1]);
}

function targetOf(name: string, importedBy: string | undefined): string {
  return name.startsWith('.') && importedBy !== undefined ? posix.join(posix.dirname(importedBy), name) : name;
}

function lineOf(file: string, name: string, facts: Facts): number {
  const text = facts.sources.text(file) ?? '';
  const last = posix.basename(name).replace(/\.[cm]?[jt]s$/, '');
  const index = text.split('\n').findIndex((line) => /\b(require|import|from)\b/.test(line) && line.includes(last));
  return index === -1 ? 1 : index + 1;
}

function withoutFolder(path: string, { appFolder }: Facts): string {
  return appFolder !== '' && path.startsWith(`${appFolder}/`) ? path.slice(appFolder.length + 1) : path;
}

function isFile(name: string): boolean {
  return /^[./]|^[A-Za-z]:|^file:/.test(name);
}
