import { z } from 'zod';
import { LearnerError } from '../../platform/errors.ts';

/** How a learner's own test suite is run. */
export interface SuiteCommand {
  /** Steps for a shell, each run when the one before it ended well. */
  steps: readonly SuiteStep[];
  /** What was assumed. */
  notes: readonly string[];
}

export interface SuiteStep {
  line: string;
  /** It runs Jest, and options for Jest can be put at its end. */
  jest: boolean;
}

const MAX_SCRIPT_CHARS = 5000;

const manifestSchema = z.object({
  scripts: z.record(z.string(), z.string().max(MAX_SCRIPT_CHARS)).default({}),
  dependencies: z.record(z.string(), z.unknown()).default({}),
  devDependencies: z.record(z.string(), z.unknown()).default({}),
});
type Scripts = Readonly<Record<string, string>>;

/** What `npm init` writes. */
const PLACEHOLDER = /no test specified/;
/** Scripts that run scripts that run scripts; and steps in all, beyond which scripts stay as they are. */
const MAX_DEPTH = 4;
const MAX_STEPS = 30;

/**
 * Reads from package.json what `npm test` would run, step by step. Scripts that are run by scripts are put in
 * their place, coverage tools are taken out (the grader counts for itself, and two can't count at once), and
 * NODE_OPTIONS are added to those of the grader.
 *
 * @param manifest the text of package.json; undefined when there is none
 * @throws {LearnerError} when nothing tells how the tests are run
 */
export function suiteCommand(manifest: string | undefined): SuiteCommand {
  const { scripts, dependencies, devDependencies } = parse(manifest);
  const script = own(scripts, 'test');
  if (script !== undefined && !PLACEHOLDER.test(script)) {
    const steps = expand(scripts, 'test').map((line): SuiteStep => {
      const jest = endsWithJest(line);
      const plain = keepNodeOptions(withoutCoverage(line));
      return { line: jest ? withoutOwnOptions(plain) : plain, jest };
    });
    return { steps, notes: [] };
  }
  if (Object.hasOwn(dependencies, 'jest') || Object.hasOwn(devDependencies, 'jest')) {
    const note = 'package.json has no test script; since jest is among its packages, "jest" was run.';
    return { steps: [{ line: 'jest', jest: true }], notes: [note] };
  }
  throw new LearnerError('package.json has no test script, so that "npm test" runs nothing.', {
    mend: 'Add one, such as "test": "jest".',
  });
}

function parse(manifest: string | undefined): z.infer<typeof manifestSchema> {
  const mend = 'The tests are run by the "test" script of the package.json in the app’s folder.';
  if (manifest === undefined)
    throw new LearnerError('There is no package.json, so that "npm test" runs nothing.', { mend });
  try {
    return manifestSchema.parse(JSON.parse(manifest.replace(/^\uFEFF/, '')));
  } catch (cause) {
    throw new LearnerError('package.json can’t be read.', { mend, cause });
  }
}

function own(scripts: Scripts, name: string): string | undefined {
  return Object.hasOwn(scripts, name) ? scripts[name]?.trim() || undefined : undefined;
}

/** A script's steps, with the scripts that npm runs before and after it, and those that it runs itself. */
function expand(scripts: Scripts, name: string, depth = 0, found: string[] = []): string[] {
  for (const each of [`pre${name}`, name, `post${name}`]) {
    const script = own(scripts, each);
    for (const step of script === undefined ? [] : stepsOf(script)) {
      const inner = /^(?:npm run(?:-script)?|yarn(?: run)?|pnpm(?: run)?) ([\w:.-]+)$/.exec(step)?.[1];
      const known = inner !== undefined && own(scripts, inner) !== undefined;
      if (known && depth < MAX_DEPTH && found.length < MAX_STEPS) expand(scripts, inner, depth + 1, found);
      else found.push(step);
    }
  }
  return found;
}

/** Splits at `&&`, unless something else would have to be understood for that. */
function stepsOf(script: string): string[] {
  const quoted = /(["'])(?:(?!\1).)*&&(?:(?!\1).)*\1/.test(script);
  if (quoted || /[;|()`\n]|&(?!&)(?<!&&)/.test(script)) return [script];
  return script.split('&&').map((step) => step.trim());
}

function endsWithJest(line: string): boolean {
  return /(?:^|[\s/])jest(?:\.js)?(?=\s|$)/.test(line) && !/[;|&()`\n#]|\s--\s/.test(line);
}

/** `NODE_OPTIONS=--x jest` would replace the variable; it is to be added to. */
function keepNodeOptions(line: string): string {
  return line.replaceAll(
    /\bNODE_OPTIONS=(?:"([^"]*)"|'([^']*)'|(\S*))/g,
    (whole, double?: string, single?: string, bare?: string) =>
      whole.includes('$NODE_OPTIONS') ? whole : `NODE_OPTIONS="$NODE_OPTIONS ${double ?? single ?? bare ?? ''}"`,
  );
}

/** Programs that coverage tools are put before. */
const RUNNERS = String.raw`(?=(?:node|npx|npm|mocha|jest|ava|tape|tap|tsx|ts-node|vitest|jasmine|uvu|cross-env)\b)`;

function withoutCoverage(line: string): string {
  return line
    .replaceAll(new RegExp(String.raw`(?<=^|\s)(?:npx\s+)?(?:c8|nyc)\s+(?:\S+\s+)*?${RUNNERS}`, 'g'), '')
    .replaceAll(/\s--(?:experimental-test-coverage|test-coverage-[\w-]+(?:=(?:"[^"]*"|'[^']*'|\S*))?)(?=\s|$)/g, '');
}

/** Options of Jest that can't stand beside those of the grader. */
function withoutOwnOptions(line: string): string {
  return line.replaceAll(/\s(?:--maxWorkers|-w|--outputFile)(?:=|\s+)\S+/g, '');
}
