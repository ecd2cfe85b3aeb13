import type { PackageJson } from '../package-json.ts';
import type { ManagerChoice } from '../packages/manager.ts';
import type { StartPlan, Submission } from '../submission.ts';
import type { Habit } from '../variables/habits.ts';
import type { Variable } from '../variables/variable.ts';
import { commandLine, describeMeaning, lineOf, SERVICE_TITLES } from './describe.ts';
import type { Fact, Survey } from './findings.ts';

/** What package.json and the files beside it say. */
export interface PackageFacts {
  manifest: PackageJson | undefined;
  manager: ManagerChoice | undefined;
  /** The build of a submission that needs no app. */
  build: string[] | undefined;
}

/** What was detected, as facts with their places, in the order in which a person asks for them. */
export function detectedFacts(
  found: Survey,
  submission: Submission,
  { manifest, manager, build }: PackageFacts,
): Fact[] {
  return [
    ...placeFacts(submission, { manifest, manager, build }, found.folder),
    ...planFacts(submission, found.plan, build),
    ...listenFacts(found),
    ...found.variables.filter(({ meaning }) => meaning.kind !== 'listen').map(variableFact),
    ...found.addresses.map(addressFact),
    ...found.routes.map(({ method, path, file, line }) => ({
      what: 'Route',
      value: `${method} ${path}`,
      at: `${file}:${line}`,
    })),
  ];
}

function placeFacts(submission: Submission, { manifest, manager }: PackageFacts, folder: string): Fact[] {
  const { sources, packageDir } = submission;
  const file = folder === '' ? 'package.json' : `${folder}/package.json`;
  const at = (key: string) => lineOf(sources, file, `"${key}"`);
  const typescript = sources.code(folder).find((path) => /\.[cm]?ts$/.test(path));
  const declared = { ...manifest?.devDependencies, ...manifest?.dependencies };
  const framework = Object.keys(FRAMEWORKS).find((name) => Object.hasOwn(declared, name));
  const modules = manifest?.type === 'module' ? 'ES modules' : 'CommonJS';
  return [
    { what: 'App folder', value: folder === '' ? 'the root of the repository' : `${folder}/` },
    ...(packageDir === undefined || manager === undefined
      ? []
      : [
          {
            what: 'Package manager',
            value: `${manager.name}${manager.lock === undefined ? ', without a lockfile' : ''}`,
            ...(manager.lock === undefined ? {} : { at: manager.lock }),
          },
        ]),
    typescript === undefined
      ? { what: 'Language', value: `JavaScript, ${modules}`, ...(manifest?.type === undefined ? {} : at('type')) }
      : { what: 'Language', value: 'TypeScript', at: typescript },
    ...(framework === undefined
      ? []
      : [{ what: 'Framework', value: FRAMEWORKS[framework] ?? framework, ...at(framework) }]),
    ...(manifest?.engines?.['node'] === undefined
      ? []
      : [{ what: 'Node', value: manifest.engines['node'], ...at('engines') }]),
  ];
}

const FRAMEWORKS: Readonly<Record<string, string>> = {
  '@nestjs/core': 'Nest',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
  '@hapi/hapi': 'Hapi',
  express: 'Express',
};

function planFacts(
  { sources, files, manifest }: Submission,
  plan: StartPlan | undefined,
  onlyBuild: string[] | undefined,
): Fact[] {
  const folder = files.appFolder ?? '';
  const file = folder === '' ? 'package.json' : `${folder}/package.json`;
  const build = plan?.build ?? onlyBuild;
  const own = manifest.start !== undefined;
  return [
    ...(build === undefined
      ? []
      : [
          {
            what: 'Build',
            value: commandLine(build),
            ...(manifest.build === undefined ? lineOf(sources, file, '"build"') : { at: 'grade.yaml' }),
          },
        ]),
    ...(plan === undefined
      ? []
      : [
          {
            what: 'Start',
            value: commandLine(plan.start),
            ...(own ? { at: 'grade.yaml' } : lineOf(sources, file, '"start"')),
          },
        ]),
    ...(plan?.instead ?? []).map(({ command, because }) => ({
      what: 'Else',
      value: `${commandLine(command)}  (${because})`,
    })),
    ...(plan?.migrate ?? []).map((one) => ({
      what: 'Migration',
      value: `${'command' in one ? commandLine(one.command) : one.sql.join(', ')}  (${one.because})`,
    })),
  ];
}

function listenFacts({ variables, ports, plan }: Survey): Fact[] {
  const listens = variables.filter(({ meaning }) => meaning.kind === 'listen');
  return [
    ...(plan?.port === undefined ? [] : [{ what: 'Port', value: String(plan.port), at: 'grade.yaml' }]),
    ...listens.map((one) => ({ ...variableFact(one), what: 'Listens on' })),
    ...ports.map(({ port, file, line }) => ({
      what: 'Listens on',
      value: `${port}, written in the code`,
      at: `${file}:${line}`,
    })),
  ];
}

function variableFact({ name, meaning, fallback, file, line }: Variable): Fact {
  const otherwise = fallback === undefined ? '' : `, else ${JSON.stringify(fallback)}`;
  return { what: 'Variable', value: `${name}: ${describeMeaning(meaning)}${otherwise}`, at: `${file}:${line}` };
}

function addressFact({ service, host, port, file, line }: Habit): Fact {
  return {
    what: 'Address',
    value: `${SERVICE_TITLES[service]} at ${host}:${port}, written in the code`,
    at: `${file}:${line}`,
  };
}
