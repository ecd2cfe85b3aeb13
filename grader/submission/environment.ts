import { randomBytes } from 'node:crypto';
import type { Assumption } from '../report/schema.ts';
import type { Submission } from './submission.ts';
import { exampleValues } from './variables/dotenv.ts';
import { findVariables } from './variables/detect.ts';
import { KeyPairs } from './variables/key-pairs.ts';
import { listenNames, type ListenNames } from './variables/listen-names.ts';
import { missingVariables } from './variables/missing.ts';
import { serviceValue, servicesIn } from './variables/service-values.ts';
import type { Variable } from './variables/variable.ts';

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
/** Reserved, but often the database's: what the grader puts there is harmless to the programs that it starts. */
const SERVICE_NAMES = new Set(['USER', 'PORT']);

/** Whether a submission may choose the value of this variable. */
export function mayBeSet(name: string): boolean {
  const upper = name.toUpperCase();
  if (upper === '__PROTO__') return false;
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

export interface AppEnvironment {
  /** All variables but those for where to listen. */
  env: Record<string, string>;
  /** The variables that are given the port and the host to listen on, which follow from where the app is started. */
  listen: ListenNames;
  /** @see missingVariables */
  missing: Variable[];
  assumptions: Assumption[];
}

/** A variable with what it is given. */
interface Given {
  variable: Variable;
  value: string;
}

/**
 * The variables of an app. Later ones win: its own `.env.example`, random secrets and keys for the names that
 * it uses, its grade.yaml, the rubric's, the services' usual names, and the services' for the names that its
 * source connects with.
 *
 * NODE_ENV is left unset, as it is when a learner types `npm start`: `test` keeps many apps from
 * listening, `production` turns on TLS to the database, secure cookies and hides Express's own stack
 * traces, `development` turns on traces that authors meant for themselves. A rubric may promise one.
 *
 * A `.env` of the submission is read by itself; what is set here goes before it.
 */
export async function appEnvironment(sources: EnvironmentSources): Promise<AppEnvironment> {
  const { submission, services, promised } = sources;
  const draw = sources.secret ?? (() => randomBytes(32).toString('hex'));
  const { appFolder = '' } = submission.files;
  const own = submission.manifest.env ?? {};
  const variables = findVariables(submission.sources, appFolder, servicesIn(services));
  const example = exampleValues(submission.sources, appFolder);
  const ours = new Set(
    variables.filter(({ meaning }) => ['listen', 'mode'].includes(meaning.kind)).map(({ name }) => name),
  );
  const examples = Object.fromEntries(example.values.filter(([name]) => mayBeSet(name) && !ours.has(name)));

  const connected = serviceVariables(variables, services);
  const drawn = await drawnVariables(
    variables.filter(({ name }) => mayBeSet(name) && !(name in promised) && !(name in own)),
    draw,
  );
  const byName = connected.filter(({ variable }) => !variable.byUse);
  const env: Record<string, string> = {
    ...examples,
    ...record(drawn),
    ...record(byName.filter(({ variable }) => !(variable.name in services))),
    ...own,
    ...promised,
    ...services,
    ...record(byName.filter(({ variable }) => variable.name in services)),
    ...record(connected.filter(({ variable }) => variable.byUse)),
  };
  const listen = listenNames(variables, env);
  const assumptions = [
    ...tell(connected, env, services),
    ...tellDrawn(drawn, env),
    ...fromExample(examples, env, example.file),
  ];
  const set = new Set([...Object.keys(env), ...listen.ports, ...listen.otherPorts, ...listen.hosts]);
  const missing = missingVariables(variables, (name) => set.has(name));
  return { env, listen, missing, assumptions };
}

function serviceVariables(variables: readonly Variable[], services: Readonly<Record<string, string>>): Given[] {
  return variables.flatMap((variable) => {
    const { name, meaning, byUse, local } = variable;
    if (meaning.kind !== 'service' || !(mayBeSet(name) || (byUse && SERVICE_NAMES.has(name)))) return [];
    const value = serviceValue(meaning, services, local);
    return value === undefined ? [] : [{ variable, value }];
  });
}

/** What only has to look right: secrets, keys, and settings without which an app breaks. */
async function drawnVariables(variables: readonly Variable[], draw: () => string): Promise<Given[]> {
  const pairs = new KeyPairs(variables.filter(({ meaning }) => meaning.kind === 'pem').map(({ name }) => name));
  const value = async ({ name, meaning, required, fallback }: Variable): Promise<string | undefined> => {
    switch (meaning.kind) {
      case 'secret':
        return draw();
      case 'stripe-key':
        return `sk_test_${draw()}`;
      case 'pem':
        return pairs.half(name, meaning);
      case 'setting':
        return required && fallback === undefined ? meaning.value : undefined;
      default:
        return undefined;
    }
  };
  const values = await Promise.all(variables.map(value));
  return variables.flatMap((variable, index) => {
    const given = values[index];
    return given === undefined ? [] : [{ variable, value: given }];
  });
}

/** Names that the app has for its services, other than the usual ones. */
function tell(
  given: readonly Given[],
  env: Readonly<Record<string, string>>,
  usual: Readonly<Record<string, string>>,
): Assumption[] {
  const own = given.filter(({ variable: { name }, value }) => env[name] === value && usual[name] !== value);
  return [
    ...Map.groupBy(own, ({ variable }) => `${variable.file} ${variable.byUse} ${serviceOf(variable)}`).values(),
  ].map((group) => {
    const [first] = group.map(({ variable }) => variable);
    const names = group.map(({ variable }) => variable.name).join(', ');
    const how = first?.byUse ? 'connects with' : 'reads';
    return {
      what: `${names} ${group.length === 1 ? 'is' : 'are'} set for ${first ? serviceOf(first) : ''}`,
      because: `${first?.file}:${first?.line} ${how} ${group.length === 1 ? 'it' : 'them'}`,
    };
  });
}

const TITLES = { mongo: 'MongoDB', postgres: 'Postgres', redis: 'Redis' } as const;

function serviceOf({ meaning }: Variable): string {
  return meaning.kind === 'service' ? TITLES[meaning.service] : '';
}

function tellDrawn(drawn: readonly Given[], env: Readonly<Record<string, string>>): Assumption[] {
  return drawn
    .filter(({ variable: { name, meaning }, value }) => env[name] === value && meaning.kind !== 'secret')
    .map(({ variable: { name, meaning, file, line }, value }) => ({
      what: meaning.kind === 'setting' ? `${name} is ${value}` : `${name} is a key made for this run`,
      because: `${file}:${line} reads it without a default`,
    }));
}

function fromExample(
  values: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  file: string,
): Assumption[] {
  const taken = Object.keys(values).filter((name) => env[name] === values[name]);
  if (taken.length === 0) return [];
  const because = 'the app names these variables and the grader has no others for them';
  return [{ what: `${taken.join(', ')} as in ${file}`, because }];
}

function record(given: readonly Given[]): Record<string, string> {
  return Object.fromEntries(given.map(({ variable, value }) => [variable.name, value]));
}
