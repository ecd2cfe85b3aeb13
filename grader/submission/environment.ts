import { randomBytes } from 'node:crypto';
import type { Assumption } from '../report/schema.ts';
import type { Submission } from './submission.ts';

/** Names that decide how programs are found and loaded, or that belong to the sandbox. */
const RESERVED = new Set([
  'PATH',
  'HOME',
  'SHELL',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'PORT',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_REPL_EXTERNAL_MODULE',
  'BASH_ENV',
  'ENV',
  'IFS',
  'PROMPT_COMMAND',
  'PYTHONSTARTUP',
  'PERL5OPT',
  'RUBYOPT',
  'INVOCATION_ID',
]);
const RESERVED_PREFIXES = [
  'LD_',
  'DYLD_',
  'GRADE_',
  'NPM_CONFIG_',
  'GITHUB_',
  'ACTIONS_',
  'RUNNER_',
  'DOCKER_',
  'GIT_',
  'BASH_FUNC',
];

/** Secrets that an app signs tokens or sessions with; drawn anew for each run where the app names them. */
const SECRETS = [
  'JWT_SECRET',
  'JWT_SECRET_KEY',
  'JWT_KEY',
  'JWT_ACCESS_SECRET',
  'JWT_REFRESH_SECRET',
  'SECRET',
  'SECRET_KEY',
  'TOKEN_SECRET',
  'ACCESS_TOKEN_SECRET',
  'REFRESH_TOKEN_SECRET',
  'SESSION_SECRET',
  'COOKIE_SECRET',
  'AUTH_SECRET',
  'APP_SECRET',
];
const EXAMPLE_FILES = ['.env.example', '.env.sample', '.env.template', 'env.example', 'example.env'];
const SOURCE = /\.(js|cjs|mjs|jsx|ts|cts|mts|tsx)$|(^|\/)\.env(\.[\w-]+)?$|(^|\/)docker-compose\.ya?ml$/;
/** Most source files looked at for names of secrets. */
const MAX_SOURCES = 500;

/** Whether a submission may choose the value of this variable. */
export function mayBeSet(name: string): boolean {
  const upper = name.toUpperCase();
  return !RESERVED.has(upper) && !RESERVED_PREFIXES.some((prefix) => upper.startsWith(prefix));
}

export interface EnvironmentSources {
  submission: Submission;
  /** Connection facts of the databases. */
  services: Readonly<Record<string, string>>;
  /** What the rubric's brief promises to the app. */
  promised: Readonly<Record<string, string>>;
  /** Draws one secret; 32 random bytes as hex unless given. */
  secret?: () => string;
}

/**
 * The variables of an app, but for PORT, which follows from where it is started. Later ones win:
 * its own `.env.example`, random secrets for the names that it uses, its grade.yaml, the rubric's, the services'.
 *
 * NODE_ENV is left unset, as it is when a learner types `npm start`: `test` keeps many apps from
 * listening, `production` turns on TLS to the database, secure cookies and hides Express's own stack
 * traces, `development` turns on traces that authors meant for themselves. A rubric may promise one.
 */
export async function appEnvironment(
  sources: EnvironmentSources,
): Promise<{ env: Record<string, string>; assumptions: Assumption[] }> {
  const { submission, services, promised } = sources;
  const draw = sources.secret ?? (() => randomBytes(32).toString('hex'));
  const assumptions: Assumption[] = [];
  const prefix = submission.appDir === submission.root ? '' : `${relativeApp(submission)}/`;
  const example = await exampleValues(submission, prefix);
  const names = await secretNames(submission, prefix);
  const secrets = Object.fromEntries(names.filter((name) => !(name in promised)).map((name) => [name, draw()]));
  const env = { ...example.values, ...secrets, ...submission.manifest.env, ...promised, ...services };
  const taken = Object.keys(example.values).filter((name) => env[name] === example.values[name]);
  if (taken.length > 0)
    assumptions.push({
      what: `${taken.join(', ')} as in ${example.file}`,
      because: 'the app names these variables and the grader has no others for them',
    });
  return { env, assumptions };
}

/** Defaults from `.env.example`; none when a `.env` was handed in, which the app reads by itself. */
async function exampleValues(
  submission: Submission,
  prefix: string,
): Promise<{ file: string; values: Record<string, string> }> {
  if ((await submission.files.read(`${prefix}.env`, 1)) !== undefined) return { file: '.env', values: {} };
  for (const name of EXAMPLE_FILES) {
    const text = await submission.files.read(`${prefix}${name}`, 64 * 1024);
    if (text !== undefined) return { file: `${prefix}${name}`, values: parseDotenv(text) };
  }
  return { file: '', values: {} };
}

/** Simple `NAME=value` lines with a value; quotes are taken off, comments dropped. */
function parseDotenv(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/).slice(0, 500)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#]*))/.exec(line);
    const value = match?.[2] ?? match?.[3] ?? match?.[4]?.trim() ?? '';
    // NODE_ENV stays unset; a placeholder is no value.
    if (match?.[1] && value !== '' && mayBeSet(match[1]) && match[1] !== 'NODE_ENV' && !/^<.*>$/.test(value))
      values[match[1]] = value;
  }
  return values;
}

/** Names of secrets that stand in the app's sources or example files. */
async function secretNames(submission: Submission, prefix: string): Promise<string[]> {
  const files = (await submission.files.list()).filter(
    (path) => path.startsWith(prefix) && (SOURCE.test(path) || EXAMPLE_FILES.includes(path.slice(prefix.length))),
  );
  const seen = new Set<string>();
  for (const path of files.slice(0, MAX_SOURCES)) {
    const text = (await submission.files.read(path, 256 * 1024)) ?? '';
    for (const [word] of text.matchAll(/\b[A-Z][A-Z_]*(?:SECRET|KEY)[A-Z_]*\b/g)) seen.add(word);
  }
  return SECRETS.filter((name) => seen.has(name));
}

function relativeApp(submission: Submission): string {
  return submission.appDir
    .slice(submission.root.length + 1)
    .split('\\')
    .join('/');
}
