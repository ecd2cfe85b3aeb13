import type { Pattern } from './cause.ts';
import { where, placeIn } from './place.ts';

/** Ports, files, commands, and what depends on the release of Node or on the machine. */
export const MACHINE_PATTERNS: readonly Pattern[] = [
  {
    pattern: /EADDRINUSE.*?:(\d{1,5})\b/,
    explain([, port = ''], { facts }) {
      const places = facts.ports
        .filter((one) => String(one.port) === port)
        .map(({ file, line }) => ({ file, line, message: `it listens on ${port} here` }));
      return {
        kind: 'port-in-use',
        cause: `port ${port} is in use already${where(places)}`,
        mend: 'Listen once only, on process.env.PORT.',
        places,
      };
    },
  },
  {
    pattern: /listen EACCES: permission denied.*?:(\d{1,4})\b/,
    explain: ([, port = ''], { facts }) => {
      const places = facts.ports
        .filter((one) => String(one.port) === port)
        .map(({ file, line }) => ({ file, line, message: `it listens on ${port} here` }));
      return {
        kind: 'port-denied',
        cause: `it may not listen on port ${port}${where(places)}`,
        mend: 'Listen on process.env.PORT.',
        places,
      };
    },
  },
  {
    pattern:
      /invalid ELF header|Could not locate the bindings file|Module did not self-register|was compiled against a different Node\.js version|version `GLIBC_[\d.]+' not found|Error loading shared library|could not locate the Query Engine|Cannot find module @rollup\/rollup-|You installed esbuild for another platform|ERR_DLOPEN_FAILED/i,
    explain: ([what = ''], { lines, at }) => {
      const near = lines.slice(Math.max(0, at - 6), at + 8).join('\n');
      const name = /node_modules\/((?:@[\w.-]{1,60}\/)?[\w.-]{1,60})\//.exec(near)?.[1];
      return {
        kind: 'native-module',
        cause: `${name === undefined ? 'a package' : `the package "${name}"`} has no native part that fits this machine (${what})`,
        mend: 'Keep node_modules out of the repository (.gitignore), and use a release of the package that is built for this Node; bcryptjs in place of bcrypt needs no build.',
        places: [],
      };
    },
  },
  {
    pattern:
      /node: bad option: (\S{1,80})|(?:\/node: |^)bad option: (\S{1,80})|No such built-in module: (\S{1,60})|Unknown or unsupported .{0,20}flag (\S{1,60})|(primordials is not defined)|(ERR_OSSL_EVP_UNSUPPORTED)|(Unsupported engine)|(The engine "node" is incompatible)|(Unexpected identifier 'assert')/,
    explain([, ...parts], { facts }) {
      const what = parts.find((part) => part !== undefined) ?? '';
      const engines = facts.manifest?.engines?.['node'];
      return {
        kind: 'node-version',
        cause: `it does not fit this release of Node: ${what}${engines === undefined ? '' : ` (package.json asks for Node ${engines})`}`,
        mend: 'Make it run on Node 22 and 24, the releases that are supported now.',
        places: [],
      };
    },
  },
  {
    pattern: /(?:EROFS|EACCES|EPERM): [^']{0,60}'([^']{1,200})'/,
    explain: ([, path = ''], { lines, at, facts }) => ({
      kind: 'file-denied',
      cause: `it may not write to ${path}`,
      mend: 'Write below the folder of the app, or to the folder that os.tmpdir() names.',
      places: placeIn(lines, at, facts, 'it writes here'),
    }),
  },
  {
    pattern: /ENOSPC/,
    explain: () => ({
      kind: 'disk-full',
      cause: 'it filled the disk space that it has',
      mend: 'Write less to disk.',
      places: [],
    }),
  },
  {
    pattern:
      /(?:sh|bash): (?:\d+: |line \d+: )?([\w./-]{1,80}): (?:command )?not found|exec: "([^"]{1,80})": (?:executable file not found|stat .{0,200}no such file)/,
    explain([, word, other], { facts }) {
      const name = word ?? other ?? '';
      return {
        kind: 'missing-command',
        cause: `the command "${name}" is not there`,
        mend: `Add the package that brings "${name}" to the dependencies.`,
        places: scriptWith(name, facts),
      };
    },
  },
  {
    pattern:
      /Missing script: "?([\w:-]{1,80})"?|Command "([\w:-]{1,80})" not found|ERR_PNPM_NO_SCRIPT\S*\s+Missing script: (\S{1,80})|error Couldn't find a .{0,20}script named "([\w:-]{1,80})"/,
    explain([, ...names], { facts }) {
      const name = names.find((one) => one !== undefined) ?? '';
      return {
        kind: 'missing-script',
        cause: `package.json has no script "${name}"`,
        mend: `Add "${name}" to the scripts of package.json.`,
        places: scriptWith(name, facts),
      };
    },
  },
];

/** The line of package.json whose script has this word. */
function scriptWith(word: string, facts: Parameters<Pattern['explain']>[1]['facts']) {
  const file = facts.appFolder === '' ? 'package.json' : `${facts.appFolder}/package.json`;
  const lines = facts.sources.text(file)?.split('\n') ?? [];
  const index = lines.findIndex((line) => line.includes(word) && /^\s*"[\w:-]+":/.test(line));
  return index === -1 ? [] : [{ file, line: index + 1, message: (lines[index] ?? '').trim().slice(0, 200) }];
}
