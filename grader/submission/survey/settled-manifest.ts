import { stringify } from 'yaml';
import type { FoundOperation } from './operations.ts';
import { missingVariables } from '../variables/missing.ts';
import { commandLine } from './describe.ts';
import type { Survey, SurveyedRubric } from './findings.ts';

/**
 * A grade.yaml that settles what was found: what had to be assumed is written out, what is certain anyway stands
 * there as a comment. It boots the same app. Pure.
 *
 * @param rubric what the submission is graded by; undefined when that is not known
 */
export function settledManifest(found: Survey, rubric: SurveyedRubric | undefined): string {
  const heading =
    rubric === undefined
      ? '# How the grader finds and starts this app.'
      : `# How the grader finds and starts your work for ${rubric.rubric} (${rubric.title}).`;
  const sections = [
    [
      heading,
      '# Lines without a # settle what the grader would have to assume. Those with one are certain anyway, or examples:',
      '# take out the # where the default is wrong.',
    ],
    rubric === undefined
      ? []
      : [
          '# What this folder is graded by when a push changes it; a folder that is named after its rubric needs no such line.',
          comment(entry('rubric', rubric.rubric)),
        ],
    [
      '# The folder of the app, when it is not the root of the repository.',
      found.folder === '' ? comment(entry('path', rubric?.rubric ?? 'packages/api')) : entry('path', found.folder),
    ],
    rubric?.app === false ? [] : startSection(found),
    rubric?.app === false ? [] : portSection(found),
    variableSection(found),
    routeSection(found.operations),
    programSection(found, rubric),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function startSection({ plan, assumed }: Survey): string[] {
  const heading = '# How the app is started and, before that, built. Default: what package.json and the source show.';
  if (plan === undefined) return [heading, '# start: node src/server.js', '# build: npm run build'];
  const lines = [
    entry('start', commandLine(plan.start)),
    ...(plan.build === undefined ? [] : [entry('build', commandLine(plan.build))]),
  ];
  const tools = Object.keys(plan.tools);
  // A command that is named by hand gets no tools of the grader's.
  const certain = tools.length > 0 || !assumed.some((one) => plan.assumptions.includes(one));
  return [
    heading,
    ...(tools.length === 0
      ? []
      : [`# It needs ${tools.join(', ')}: declare it in package.json before these lines are taken in.`]),
    ...(certain ? lines.map(comment) : lines),
  ];
}

function portSection({ plan, ports, variables }: Survey): string[] {
  const heading = '# Where it listens, when it does not read PORT.';
  if (plan?.port !== undefined) return [heading, entry('port', plan.port)];
  const [only, ...others] = new Set(ports.map(({ port }) => port));
  const reads = variables.some(({ meaning }) => meaning.kind === 'listen' && meaning.part === 'port');
  if (only === undefined) return [heading, '# port: 3000'];
  const places = ports.map(({ port, file, line }) => `${port} at ${file}:${line}`).join(', ');
  const line = entry('port', only);
  return [`${heading} The code has ${places}.`, others.length > 0 || reads ? comment(line) : line];
}

function variableSection({ variables, plan }: Survey): string[] {
  const own = Object.entries(plan?.env ?? {});
  const unset = missingVariables(variables, (name) => own.some(([set]) => set === name)).filter(
    ({ meaning }) => meaning.kind === 'unknown',
  );
  const heading = '# Variables that it needs beside those that it is given (PORT, databases, secrets).';
  if (own.length === 0 && unset.length === 0) return [heading, '# env:', '#   LOG_LEVEL: info'];
  return [
    heading,
    own.length > 0 ? 'env:' : '# env:',
    ...own.map(([name, value]) => `  ${entry(name, value)}`),
    ...unset.map(({ name, file, line }) => `#   ${name}: ""  # ${file}:${line}`),
  ];
}

function routeSection(operations: readonly FoundOperation[]): string[] {
  if (operations.length === 0) return [];
  const moved = operations.filter(
    ({ request, route, doubtful }) => route !== undefined && route !== request && !doubtful,
  );
  const others = operations.filter((one) => !moved.includes(one));
  const line = ({ name, request, route }: FoundOperation) => entry(name, route ?? request);
  return [
    '# Where the operations of the contract are, when they are elsewhere.',
    moved.length > 0 ? 'routes:' : '# routes:',
    ...moved.map((one) => `  ${line(one)}`),
    ...others.map((one) => `#   ${line(one)}`),
  ];
}

function programSection({ programs }: Survey, rubric: SurveyedRubric | undefined): string[] {
  const specs = Object.entries(rubric?.programs ?? {});
  if (specs.length === 0) return [];
  const lines = specs.map(([name, { command }]) => {
    const own = programs[name] ?? command;
    return { line: entry(name, commandLine(own)), moved: own.join(' ') !== command.join(' ') };
  });
  return [
    '# How the programs of the brief are started, when their files have other names.',
    lines.some(({ moved }) => moved) ? 'commands:' : '# commands:',
    ...lines.filter(({ moved }) => moved).map(({ line }) => `  ${line}`),
    ...lines.filter(({ moved }) => !moved).map(({ line }) => `#   ${line}`),
  ];
}

/** One `key: value` line, quoted as YAML needs it. */
function entry(key: string, value: string | number): string {
  return stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
}

function comment(line: string): string {
  return `# ${line}`;
}
