import type { Rubric } from './schema.ts';

/** A grade.yaml for a learner to fill in: everything commented out, with what the rubric makes of it. */
export function manifestTemplate(rubric: Rubric): string {
  const lines = [
    `# How the grader finds and starts your work for ${rubric.rubric} (${rubric.title}).`,
    '# Everything here is optional: without it, package.json and the usual conventions decide.',
    '',
    '# What this folder is graded by when a push changes it; a folder that is named after its rubric needs no such line.',
    `# rubric: ${rubric.rubric}`,
    '',
    '# The folder of the app, when it is not the root of the repository.',
    `# path: ${rubric.rubric}`,
  ];
  if (rubric.app) {
    lines.push(
      '',
      '# How the app is started and, before that, built. Default: the scripts "start" and "build" of package.json.',
      '# start: node src/server.js',
      '# build: npm run build',
      '',
      '# Where it listens, when it does not read PORT.',
      '# port: 3000',
      '',
      '# Variables that it needs beside the ones it is given (PORT, the URLs of its databases, JWT_SECRET).',
      '# env:',
      '#   LOG_LEVEL: info',
    );
  }
  const operations = Object.entries(rubric.contract);
  if (operations.length > 0) {
    lines.push('', '# Where the operations of the contract are, when they are elsewhere.', '# routes:');
    lines.push(
      ...operations.map(([name, { request }]) => `#   ${name}: ${request.includes('{') ? `"${request}"` : request}`),
    );
  }
  const programs = Object.entries(rubric.programs);
  if (programs.length > 0) {
    lines.push('', '# How the programs of the brief are started, when their files have other names.', '# commands:');
    lines.push(...programs.map(([name, { command }]) => `#   ${name}: ${command.join(' ')}`));
  }
  return `${lines.join('\n')}\n`;
}
